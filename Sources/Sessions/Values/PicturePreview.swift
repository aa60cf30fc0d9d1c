import Autodiff
import LuaFlow
import Pictures

/// Shows image tensors and figures as images.
///
/// The shapes are those of image.show and image.grid: (H, W) and (1, H, W) in grey, (3, H, W) in colour, batches (N, C,
/// H, W) of these or (N, H, W) of grey ones, and lists of images. A tensor is shown as an image when its sides are at
/// least 8 and of similar size, and all values are in [0, 1] and not all equal.
package enum PicturePreview {
    package static let shortest = 8
    package static let mostUnlike = 4
    /// The most images of a batch that are shown.
    package static let mostPictures = 8
    /// Longer sides are subsampled, as no terminal has so many places.
    private static let longest = 1024

    /// The image as text; nil when the value is none.
    package static func text(_ value: Value, columns: Int) throws -> String? {
        if case .object(let object) = value, let figure = try TerminalPicture.text(figure: object, columns: columns) {
            return figure
        }
        guard let (pictures, total) = try pictures(in: value), !pictures.isEmpty else { return nil }
        // Side by side, each at least half as wide as it is.
        let widest = pictures.map { $0.shape.last ?? 1 }.max() ?? 1
        let fitting = max((columns + 2) / (max(widest / 2, 8) + 2), 1)
        let shown = Array(pictures.prefix(fitting))
        let text = try TerminalPicture.text(shown, columns: columns)
        return total > shown.count ? text + "... \(total - shown.count) more\n" : text
    }

    /// A figure or an image as representations; nil when the value is none.
    package static func representations(_ value: Value) throws -> [Representation]? {
        if case .object(let object) = value,
            let made = try PictureFile.representations(figure: object, for: "display")
        {
            return made
        }
        guard let (pictures, _) = try pictures(in: value), !pictures.isEmpty else { return nil }
        return try PictureFile.representations(of: pictures, for: "display")
    }

    /// A picture after some step, behind what it was after earlier ones; nil where the value is none, or nothing is
    /// known of it.
    package static func filmstrip(
        _ value: Value, _ step: Int, earlier: [(step: Int, tensor: Tensor)]
    ) throws -> [Representation]? {
        guard case .object(let object) = value, let last = (object as? Variable)?.value, let now = try picture(last)
        else { return nil }
        var frames: [(step: Int, picture: Tensor)] = []
        for (step, tensor) in earlier where tensor.shape == last.shape {
            if let picture = try picture(tensor) { frames.append((step, picture)) }
        }
        guard !frames.isEmpty else { return nil }
        frames.append((step, now))
        return try PictureFile.representations(
            of: frames.map(\.picture), captions: frames.map { "step \($0.step)" }, for: "host.steps")
    }

    /// The first pictures of a value, and how many it has.
    private static func pictures(in value: Value) throws -> (first: [Tensor], total: Int)? {
        switch value {
        case .object(let object):
            guard let tensor = (object as? Variable)?.value else { return nil }
            if isShape(tensor.shape) { return try picture(tensor).map { ([$0], 1) } }
            guard (3...4).contains(tensor.rank), (1...100_000).contains(tensor.shape[0]) else { return nil }
            var found: [Tensor] = []
            for index in 0..<min(tensor.shape[0], mostPictures) {
                guard let next = try picture(tensor.select(0, index, for: "display")) else { return nil }
                found.append(next)
            }
            return (found, tensor.shape[0])
        case .table(let table):
            let count = try table.count
            guard (1...64).contains(count) else { return nil }
            var found: [Tensor] = []
            for position in 1...count {
                guard case .object(let object) = try table.value(at: position),
                    let tensor = (object as? Variable)?.value, let next = try picture(tensor)
                else { return nil }
                if found.count < mostPictures { found.append(next) }
            }
            return (found, count)
        default: return nil
        }
    }

    private static func isShape(_ shape: [Int]) -> Bool {
        shape.count == 2 || (shape.count == 3 && (shape[0] == 1 || shape[0] == 3))
    }

    /// The tensor with no more pixels than can be seen; nil when it is no image.
    private static func picture(_ tensor: Tensor) throws -> Tensor? {
        guard isShape(tensor.shape) else { return nil }
        let (height, width) = (tensor.rank - 2, tensor.rank - 1)
        let sides = [tensor.shape[height], tensor.shape[width]].sorted()
        guard sides[0] >= shortest, (sides[1] - 1) / mostUnlike < sides[0] else { return nil }
        let step = (sides[1] + longest - 1) / longest
        var seen = tensor
        for axis in [height, width] where step > 1 {
            let count = (seen.shape[axis] + step - 1) / step
            seen = try seen.slice(axis, from: 0, count: count, step: step, for: "display")
        }
        let values = try seen.toArray()
        guard let first = values.first, values.contains(where: { $0 != first }),
            values.allSatisfy({ (0...1).contains($0) })
        else { return nil }
        return seen
    }
}
