import CKernels
import Scripting

/// The three products of a convolution: windows times weights, and its two transposes. Windows are not copied into
/// columns; see CKernels/convolution_loops.h.
extension Tensor {
    /// (n, c, h, w) with weights (out, c / groups, kh, kw) and a bias (out) -> (n, out, h', w').
    package func windowSums(
        _ weight: Tensor, _ bias: Tensor?, _ geometry: WindowGeometry, groups: Int, for operation: String
    ) throws -> Tensor {
        try dtype.promoted(with: weight.dtype).promoted(with: bias?.dtype ?? .float32) == .float64
            ? windowSums(weight, bias, geometry, groups, Double.self, operation)
            : windowSums(weight, bias, geometry, groups, Float.self, operation)
    }

    /// The cotangent (n, c, h, w) of the images, from a cotangent (n, out, h', w') of the sums.
    package func windowSumsBack(_ weight: Tensor, _ geometry: WindowGeometry, groups: Int, for operation: String) throws
        -> Tensor
    {
        try dtype.promoted(with: weight.dtype) == .float64
            ? windowSumsBack(weight, geometry, groups, Double.self, operation)
            : windowSumsBack(weight, geometry, groups, Float.self, operation)
    }

    /// The cotangent (out, c / groups, kh, kw) of the weights, from images (n, c, h, w) and a cotangent (n, out, h',
    /// w').
    package func windowProducts(_ cotangent: Tensor, _ geometry: WindowGeometry, groups: Int, for operation: String)
        throws -> Tensor
    {
        try dtype.promoted(with: cotangent.dtype) == .float64
            ? windowProducts(cotangent, geometry, groups, Double.self, operation)
            : windowProducts(cotangent, geometry, groups, Float.self, operation)
    }

    private func windowSums<T: WindowElement>(
        _ weight: Tensor, _ bias: Tensor?, _ geometry: WindowGeometry, _ groups: Int, _: T.Type, _ operation: String
    ) throws -> Tensor {
        let (source, weight) = (try cast(T.dtype).contiguous(), try weight.cast(T.dtype).contiguous())
        let (out, inside, window) = (weight.shape[0], weight.shape[1], geometry.window)
        let result = try Tensor.uninitialized([shape[0], out] + geometry.output, T.dtype, for: operation)
        if result.count == 0 { return result }
        let taps = inside * window[0] * window[1]
        guard let planes = geometry.planes(images: shape[0], channels: shape[1]) else {
            let sums = try source.windowSumsByColumns(weight, geometry, groups, operation)
            return try bias.map { try sums.zip($0.reshape([out, 1, 1]), Plus(), for: operation) } ?? sums
        }
        let w = weight.base(T.self)
        let weights = try WindowWeights<T>(groups: groups, outs: out / groups, taps: taps, bias: bias, operation) {
            group, o, tap in
            w[(group * (out / groups) + o) * taps + tap]
        }
        let (height, width) = (geometry.output[0], geometry.output[1])
        defer { withExtendedLifetime((source, weight)) {} }
        let (from, to) = (source.base(T.self), result.base(T.self))
        let offsets = planes.forLots { geometry.offsets(planes, channels: inside, images: $0) }
        try planes.forEachLot(T.self, work: out * taps, operation) { lot, images, laid, scratch, stride in
            planes.lay(from, lot: lot, in: laid)
            let first = to + lot * planes.imagesPerLot * out * height * width
            try weights.forEachOutput(
                laid, groupStep: inside * planes.planesPerChannel * images * planes.plane,
                offsets(images), length: planes.length(images, height: height, width: width),
                in: scratch, stride: stride
            ) { o, sums in
                T.take(
                    sums, planes.plane, planes.layout.columns, (height, width), first + o * height * width,
                    (out * height * width, width, 1), images)
            }
        }
        return result
    }

    private func windowSumsBack<T: WindowElement>(
        _ weight: Tensor, _ geometry: WindowGeometry, _ groups: Int, _: T.Type, _ operation: String
    ) throws -> Tensor {
        let (source, weight) = (try cast(T.dtype).contiguous(), try weight.cast(T.dtype).contiguous())
        let (out, inside, window, step) = (weight.shape[0], weight.shape[1], geometry.window, geometry.stride)
        let (channels, outs, area) = (inside * groups, out / groups, geometry.window[0] * geometry.window[1])
        let result = try Tensor.uninitialized([shape[0], channels] + geometry.input, T.dtype, for: operation)
        if result.count == 0 { return result }
        // Positions of the input that are `step` apart belong to windows through the same taps: they form a convolution
        // of their own.
        func shifts(_ axis: Int, _ phase: Int) -> [(tap: Int, shift: Int)] {
            (0..<window[axis]).compactMap { tap in
                let distance = phase + geometry.padding[axis] - tap * geometry.dilation[axis]
                return distance % step[axis] == 0 ? (tap, distance / step[axis]) : nil
            }
        }
        let phases = (0..<2).map { axis in (0..<min(step[axis], geometry.input[axis])).map { shifts(axis, $0) } }
        let least = phases.map { $0.joined().map(\.shift).min() ?? 0 }
        let most = phases.map { $0.joined().map(\.shift).max() ?? 0 }
        func extent(_ axis: Int, _ phase: Int) -> Int { (geometry.input[axis] - phase + step[axis] - 1) / step[axis] }
        // An infinite weight would spread NaN (0 * infinity) beyond its windows: then every window is computed
        // separately.
        guard try weight.isFinite(),
            let planes = WindowPlanes(
                images: shape[0], channels: out, of: geometry.output, border: least.map { -$0 }, steps: [1, 1],
                rows: extent(0, 0) + most[0] - least[0], columns: extent(1, 0) + most[1] - least[1])
        else { return try source.windowSumsBackByColumns(weight, geometry, groups, operation) }
        let w = weight.base(T.self)
        let (height, width) = (geometry.input[0], geometry.input[1])
        defer { withExtendedLifetime((source, weight)) {} }
        let (from, to) = (source.base(T.self), result.base(T.self))
        let parts = try phases[0].indices.flatMap { y in
            try phases[1].indices.map { x in
                let taps = phases[0][y].flatMap { i in phases[1][x].map { j in (i: i, j: j) } }
                let weights = try WindowWeights<T>(
                    groups: groups, outs: inside, taps: outs * taps.count, bias: nil, operation
                ) { group, c, tap in
                    let (o, place) = (tap / taps.count, taps[tap % taps.count])
                    return w[((group * outs + o) * inside + c) * area + place.i.tap * window[1] + place.j.tap]
                }
                let offsets = planes.forLots { images in
                    (0..<outs).flatMap { o in
                        taps.map { planes.offset(o, $0.i.shift - least[0], $0.j.shift - least[1], images: images) }
                    }
                }
                return (y: y, x: x, offsets: offsets, weights: weights)
            }
        }
        try planes.forEachLot(T.self, work: out * inside * area, operation) { lot, images, laid, scratch, stride in
            planes.lay(from, lot: lot, in: laid)
            let first = to + lot * planes.imagesPerLot * channels * height * width
            for part in parts {
                let (rows, columns) = (extent(0, part.y), extent(1, part.x))
                try part.weights.forEachOutput(
                    laid, groupStep: outs * images * planes.plane, part.offsets(images),
                    length: planes.length(images, height: rows, width: columns),
                    in: scratch, stride: stride
                ) { c, sums in
                    T.take(
                        sums, planes.plane, planes.layout.columns, (rows, columns),
                        first + (c * height + part.y) * width + part.x,
                        (channels * height * width, step[0] * width, step[1]), images)
                }
            }
        }
        return result
    }

    private func windowProducts<T: WindowElement>(
        _ cotangent: Tensor, _ geometry: WindowGeometry, _ groups: Int, _: T.Type, _ operation: String
    ) throws -> Tensor {
        let (source, cotangent) = (try cast(T.dtype).contiguous(), try cotangent.cast(T.dtype).contiguous())
        let (out, inside, window) = (cotangent.shape[1], shape[1] / groups, geometry.window)
        let outs = out / groups
        let result = try Tensor.zeros([out, inside] + window, T.dtype, for: operation)
        if result.count == 0 || source.count == 0 { return result }
        guard let planes = geometry.planes(images: shape[0], channels: shape[1]),
            let flows = WindowPlanes(
                images: shape[0], channels: out, of: geometry.output, border: [0, 0], steps: [1, 1],
                rows: Int(planes.layout.rows),
                columns: Int(planes.layout.columns))
        else { return try source.windowProductsByColumns(cotangent, geometry, groups, operation) }
        let (height, width, taps) = (geometry.output[0], geometry.output[1], inside * window[0] * window[1])
        // At most eight parts of the images, each with sums of its own, whatever the number of threads.
        let grain = max(planes.grain(work: out * taps), (planes.lots + 7) / 8)
        let allOffsets = planes.forLots { geometry.offsets(planes, channels: inside, images: $0) }
        let sums = try Parallel.reduce(
            planes.lots, grain: grain,
            { lots in
                let sums = try Tensor.zeros(result.shape, T.dtype, for: operation)
                let (buffer, flowBuffer) = (try planes.buffer(T.self, operation), try flows.buffer(T.self, operation))
                let partial = try Tensor.zeros([outs, taps], T.dtype, for: operation)
                defer { withExtendedLifetime((source, cotangent, buffer, flowBuffer, partial)) {} }
                let (laid, flow, part, to) = (
                    buffer.base(T.self), flowBuffer.base(T.self), partial.base(T.self), sums.base(T.self)
                )
                for lot in lots {
                    try Cancellation.check()
                    let images = planes.images(in: lot)
                    planes.lay(source.base(T.self), lot: lot, in: laid)
                    flows.lay(cotangent.base(T.self), lot: lot, in: flow)
                    let offsets = allOffsets(images)
                    let (line, length) = (images * planes.plane, planes.length(images, height: height, width: width))
                    for group in 0..<groups {
                        let (from, g) = (
                            laid + group * inside * planes.planesPerChannel * line, flow + group * outs * line
                        )
                        part.update(repeating: 0, count: partial.count)
                        T.dots(g, line, outs, from, offsets, 1, length, 0, part)
                        if !(0..<partial.count).allSatisfy({ part[$0].isFinite }) {
                            // 0 * infinity between the rows of windows: then each row is computed separately.
                            part.update(repeating: 0, count: partial.count)
                            for image in 0..<images {
                                let place = image * planes.plane
                                T.dots(
                                    g + place, line, outs, from + place, offsets, height, width,
                                    Int(planes.layout.columns), part)
                            }
                        }
                        let target = to + group * partial.count
                        for index in 0..<partial.count { target[index] += part[index] }
                    }
                }
                return sums
            },
            { first, second in
                try first.add(inPlace: second, for: operation)
                return first
            })
        return sums ?? result
    }
}

private struct Plus: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x + y } }

extension WindowGeometry {
    /// The images in planes, for these windows.
    fileprivate func planes(images: Int, channels: Int) -> WindowPlanes? {
        let reach = (0..<2).map { (window[$0] - 1) * dilation[$0] / stride[$0] }
        return WindowPlanes(
            images: images, channels: channels, of: input, border: padding, steps: stride, rows: output[0] + reach[0],
            columns: output[1] + reach[1])
    }

    /// The offsets of the taps of a group of channels, in the order of the weights.
    fileprivate func offsets(_ planes: WindowPlanes, channels: Int, images: Int) -> [Int32] {
        (0..<channels).flatMap { channel in
            (0..<window[0]).flatMap { i in
                (0..<window[1]).map { planes.offset(channel, i * dilation[0], $0 * dilation[1], images: images) }
            }
        }
    }
}
