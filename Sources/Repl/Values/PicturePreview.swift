import Autodiff
import LuaFlow
import Pictures

/// Tensors that are pictures, as pictures.
///
/// A tensor of shape (H, W), 8 to 256 a side, or a batch (N, H, W) or a list of such, with all values in [0, 1] and not
/// all the same, is shown as image.show would: what image.load, flows and digits give.
enum PicturePreview {
    static let sides = 8...256
    /// Of a batch this many are shown.
    static let mostPictures = 8

    /// The picture's text, or nil when the value is none.
    static func text(_ value: Value, columns: Int) throws -> String? {
        guard let (pictures, total) = try pictures(in: value), !pictures.isEmpty else { return nil }
        // Side by side, each at least half as wide as it is.
        let widest = pictures.map { $0.shape.last ?? 1 }.max() ?? 1
        let fitting = max((columns + 2) / (max(widest / 2, 8) + 2), 1)
        let shown = Array(pictures.prefix(fitting))
        let text = try TerminalPicture.text(shown, columns: columns)
        return total > shown.count ? text + "... \(total - shown.count) more\n" : text
    }

    /// The first pictures of a value, and how many it has.
    private static func pictures(in value: Value) throws -> (first: [Tensor], total: Int)? {
        switch value {
        case .object(let object):
            guard let tensor = (object as? Variable)?.value else { return nil }
            if tensor.rank == 2 { return isPicture(tensor) ? ([tensor], 1) : nil }
            guard tensor.rank == 3, (1...100_000).contains(tensor.shape[0]) else { return nil }
            let first = try (0..<min(tensor.shape[0], mostPictures)).map { try tensor.select(0, $0, for: "repl") }
            return first.allSatisfy(isPicture) ? (first, tensor.shape[0]) : nil
        case .table(let table):
            guard (1...64).contains(table.count) else { return nil }
            var found: [Tensor] = []
            for position in 1...table.count {
                let element = try table.value(at: position)
                guard case .object(let object) = element, let tensor = (object as? Variable)?.value, tensor.rank == 2,
                    isPicture(tensor)
                else { return nil }
                if found.count < mostPictures { found.append(tensor) }
            }
            return (found, table.count)
        default: return nil
        }
    }

    private static func isPicture(_ tensor: Tensor) -> Bool {
        guard tensor.rank == 2, tensor.shape.allSatisfy(sides.contains), let values = try? tensor.toArray() else {
            return false
        }
        guard let first = values.first, values.contains(where: { $0 != first }) else { return false }
        return values.allSatisfy { (0...1).contains($0) }
    }
}
