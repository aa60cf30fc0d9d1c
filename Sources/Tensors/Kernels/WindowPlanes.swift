import CKernels
import Scripting

/// Images laid out in planes with their border (`ck_planes`), a few images at a time so that they fit the innermost
/// caches.
///
/// The division into lots depends on shapes only, and so do all bits of results.
struct WindowPlanes {
    var layout: ck_planes
    /// How many elements of one image lie in one plane.
    let plane: Int
    let imagesPerLot: Int
    let images: Int

    /// - Parameters:
    ///   - border: rows and columns of zeros above and to the left; negative: so many are left out.
    ///   - steps: the distance in the image of consecutive rows and columns of a plane.
    ///   - size: the rows and columns of an image.
    /// - Returns: nil when planes have more elements than 32 bits can count.
    init?(images: Int, channels: Int, of size: [Int], border: [Int], steps: [Int], rows: Int, columns: Int) {
        layout = ck_planes(
            channels: channels, height: size[0], width: size[1], border: (border[0], border[1]),
            steps: (steps[0], steps[1]), rows: rows,
            columns: columns)
        self.images = images
        let (area, tooLarge) = rows.multipliedReportingOverflow(by: columns)
        plane = area
        guard !tooLarge, area > 0 else { return nil }
        imagesPerLot = max(1, min(images, 1024 / area))
        let lot = [steps[0], steps[1], channels, imagesPerLot].reduce((area, false)) { product, factor in
            let (next, overflow) = product.0.multipliedReportingOverflow(by: factor)
            return (next, product.1 || overflow)
        }
        guard !lot.1, lot.0 < Int(Int32.max) - 2 * ck_windows_slack.count else { return nil }
    }

    var lots: Int { (images + imagesPerLot - 1) / imagesPerLot }

    /// What depends on the number of images in a lot, computed once for all full lots and once for the last.
    func forLots<R>(_ make: (_ images: Int) throws -> R) rethrows -> (_ images: Int) -> R {
        let (full, rest) = (try make(imagesPerLot), try make(images(in: lots - 1)))
        return { [imagesPerLot] in $0 == imagesPerLot ? full : rest }
    }
    func images(in lot: Int) -> Int { min(imagesPerLot, images - lot * imagesPerLot) }
    var planesPerChannel: Int { layout.steps.0 * layout.steps.1 }

    /// A buffer for one lot.
    func buffer<T: WindowElement>(_: T.Type, _ operation: String) throws -> Tensor {
        try Tensor.zeros(
            [layout.channels * planesPerChannel * imagesPerLot * plane + ck_windows_slack.count], T.dtype,
            for: operation)
    }

    /// Lays out one lot of contiguous images.
    func lay<T: WindowElement>(_ source: UnsafePointer<T>, lot: Int, in buffer: UnsafeMutablePointer<T>) {
        let step = layout.channels * layout.height * layout.width
        var layout = layout
        T.lay(&layout, source + lot * imagesPerLot * step, step, images(in: lot), buffer)
    }

    /// How many lots make a piece of work for a thread, given the products per window.
    func grain(work: Int) -> Int {
        max(1, 500_000 / max(1, work.multipliedReportingOverflow(by: imagesPerLot * plane).partialValue))
    }

    /// Calls `body`, on several threads, with every lot, its images, a buffer to lay them out in, and a buffer for the
    /// sums of a tile of outputs with the step from one output to the next.
    func forEachLot<T: WindowElement>(
        _: T.Type, work: Int, _ operation: String,
        _ body: (
            _ lot: Int, _ images: Int, _ laid: UnsafeMutablePointer<T>, _ scratch: UnsafeMutablePointer<T>,
            _ stride: Int
        ) throws -> Void
    ) throws {
        try Parallel.forEach(lots, grain: grain(work: work)) { lots in
            let (buffer, stride) = (try buffer(T.self, operation), imagesPerLot * plane + ck_windows_slack.count)
            let scratch = try Tensor.uninitialized([ck_windows_tile.count, stride], T.dtype, for: operation)
            defer { withExtendedLifetime((buffer, scratch)) {} }
            for lot in lots { try body(lot, images(in: lot), buffer.base(T.self), scratch.base(T.self), stride) }
        }
    }

    /// The offset, in a lot of so many images, of the element `y` rows and `x` columns from the first one in a channel
    /// with its border.
    func offset(_ channel: Int, _ y: Int, _ x: Int, images: Int) -> Int32 {
        let (stepY, stepX) = layout.steps
        let part = (channel * stepY + y % stepY) * stepX + x % stepX
        return Int32(truncatingIfNeeded: part * images * plane + y / stepY * layout.columns + x / stepX)
    }

    /// The number of elements from the first window of a lot to the last.
    func length(_ images: Int, height: Int, width: Int) -> Int {
        (images - 1) * plane + (height - 1) * layout.columns + width
    }
}

extension ck_windows_constants {
    var count: Int { Int(rawValue) }
}

/// Weights by tiles of outputs, in which the weights of one tap are adjacent; the last tile is padded with zeros.
struct WindowWeights<T: WindowElement> {
    let groups: Int
    let outs: Int
    let taps: Int
    let tiles: Int
    private let packed: Tensor
    private let biases: Tensor

    /// - Parameters:
    ///   - outs: the outputs of a group.
    ///   - bias: one per output, of all groups in sequence.
    ///   - weight: the weight of an output and a tap in a group.
    init(
        groups: Int, outs: Int, taps: Int, bias: Tensor?, _ operation: String,
        weight: (_ group: Int, _ out: Int, _ tap: Int) -> T
    ) throws {
        let tile = ck_windows_tile.count
        (self.groups, self.outs, self.taps) = (groups, outs, taps)
        tiles = (outs + tile - 1) / tile
        packed = try Tensor.zeros([groups * tiles, taps, tile], T.dtype, for: operation)
        biases = try Tensor.zeros([groups * tiles, tile], T.dtype, for: operation)
        let given = try bias?.cast(T.dtype).contiguous()
        defer { withExtendedLifetime(given) {} }
        let (to, toBias, from) = (packed.base(T.self), biases.base(T.self), given?.base(T.self))
        for group in 0..<groups {
            for out in 0..<outs {
                let (panel, place) = (group * tiles + out / tile, out % tile)
                if let from { toBias[panel * tile + place] = from[group * outs + out] }
                for tap in 0..<taps { to[(panel * taps + tap) * tile + place] = weight(group, out, tap) }
            }
        }
    }

    /// Calls `body` with the index of every output and its sums over a lot, one for each of `length` windows.
    func forEachOutput(
        _ planes: UnsafePointer<T>, groupStep: Int, _ offsets: [Int32], length: Int,
        in scratch: UnsafeMutablePointer<T>, stride: Int,
        _ body: (Int, UnsafePointer<T>) -> Void
    ) throws {
        let tile = ck_windows_tile.count
        for group in 0..<groups {
            for part in 0..<tiles {
                try Cancellation.check()
                let panel = group * tiles + part
                T.sums(
                    planes + group * groupStep, offsets, packed.base(T.self) + panel * taps * tile,
                    biases.base(T.self) + panel * tile, length,
                    scratch, stride)
                for place in 0..<min(tile, outs - part * tile) {
                    body(group * outs + part * tile + place, scratch + place * stride)
                }
            }
        }
    }
}
