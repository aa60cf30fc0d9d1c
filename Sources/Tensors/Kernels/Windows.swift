import Scripting

/// Where a two-dimensional convolution's windows lie on its input.
public struct WindowGeometry: Sendable {
    /// Height and width of: the input, the window, the step between windows, the border of zeros, the step between
    /// elements of a window.
    public let input: [Int]
    public let window: [Int]
    public let stride: [Int]
    public let padding: [Int]
    public let dilation: [Int]
    /// How many windows lie below and beside each other.
    public let output: [Int]

    /// - Throws: when an extent is out of range, or no window fits.
    public init(
        input: [Int], window: [Int], stride: [Int], padding: [Int], dilation: [Int], for operation: String
    ) throws {
        let bound = 1 << 30
        guard window.allSatisfy({ $0 >= 1 && $0 <= bound }), stride.allSatisfy({ $0 >= 1 && $0 <= bound }),
            dilation.allSatisfy({ $0 >= 1 && $0 <= bound }), padding.allSatisfy({ $0 >= 0 && $0 <= bound }),
            input.allSatisfy({ $0 >= 0 && $0 <= bound }),
            [input, window, stride, padding, dilation].allSatisfy({ $0.count == 2 })
        else {
            throw ScriptError(
                operation,
                "input \(Shape.describe(input)), window \(Shape.describe(window)), stride \(Shape.describe(stride)), "
                    + "padding \(Shape.describe(padding)), dilation \(Shape.describe(dilation)): extents and steps "
                    + "from 1 (padding from 0) to \(bound) expected"
            )
        }
        output = (0..<2).map { axis in
            let room = input[axis] + 2 * padding[axis] - dilation[axis] * (window[axis] - 1) - 1
            return room < 0 ? 0 : room / stride[axis] + 1
        }
        guard output.allSatisfy({ $0 > 0 }) else {
            throw ScriptError(
                operation,
                "a window of \(Shape.describe(window)) with dilation \(Shape.describe(dilation)) does not fit "
                    + "\(Shape.describe(input)) with padding \(Shape.describe(padding))"
            )
        }
        _ = try Shape.count(output, for: operation)
        (self.input, self.window, self.stride, self.padding, self.dilation) = (input, window, stride, padding, dilation)
    }

    /// Along one axis: the outputs for which element `i` of the window lies inside the input, and its position for the
    /// first.
    fileprivate func inside(_ axis: Int, _ i: Int) -> (outputs: Range<Int>, first: Int) {
        let shift = i * dilation[axis] - padding[axis]
        let low = shift >= 0 ? 0 : (-shift + stride[axis] - 1) / stride[axis]
        let high = input[axis] - shift <= 0 ? 0 : (input[axis] - 1 - shift) / stride[axis] + 1
        let start = min(low, output[axis])
        return (start..<max(start, min(high, output[axis])), start * stride[axis] + shift)
    }
}

extension Tensor {
    /// (n, c, h, w) -> (n, c * window, windows): each column is what one window sees ("im2col").
    public func unfolded(_ geometry: WindowGeometry, for operation: String) throws -> Tensor {
        let source = try cast(dtype.computing).contiguous()
        let columns = try Tensor.zeros(
            [
                shape[0], Shape.count([shape[1]] + geometry.window, for: operation),
                geometry.output[0] * geometry.output[1],
            ], source.dtype,
            for: operation)
        defer { withExtendedLifetime(source) {} }
        if source.dtype == .float64 {
            let (to, from) = (columns.base(Double.self), source.base(Double.self))
            try Tensor.forEachRun(geometry, shape[0] * shape[1]) { image, column, n in
                for i in 0..<n { to[column + i] = from[image + i * geometry.stride[1]] }
            }
        } else {
            let (to, from) = (columns.base(Float.self), source.base(Float.self))
            try Tensor.forEachRun(geometry, shape[0] * shape[1]) { image, column, n in
                for i in 0..<n { to[column + i] = from[image + i * geometry.stride[1]] }
            }
        }
        return columns
    }

    /// The transpose of ``unfolded(_:for:)``: adds each column's elements where its window saw them ("col2im").
    public func folded(_ geometry: WindowGeometry, channels: Int, for operation: String) throws -> Tensor {
        let source = try cast(dtype.computing).contiguous()
        let image = try Tensor.zeros([shape[0], channels] + geometry.input, source.dtype, for: operation)
        defer { withExtendedLifetime(source) {} }
        if source.dtype == .float64 {
            let (to, from) = (image.base(Double.self), source.base(Double.self))
            try Tensor.forEachRun(geometry, shape[0] * channels) { image, column, n in
                for i in 0..<n { to[image + i * geometry.stride[1]] += from[column + i] }
            }
        } else {
            let (to, from) = (image.base(Float.self), source.base(Float.self))
            try Tensor.forEachRun(geometry, shape[0] * channels) { image, column, n in
                for i in 0..<n { to[image + i * geometry.stride[1]] += from[column + i] }
            }
        }
        return image
    }

    /// Calls `body` for every run of windows of a row that see inside the image: with the offset in the image (which
    /// advances by the horizontal stride), the offset in the columns (which advances by 1), and the length.
    private static func forEachRun(_ geometry: WindowGeometry, _ planes: Int, _ body: (Int, Int, Int) -> Void) throws {
        let (width, windows) = (geometry.input[1], geometry.output[0] * geometry.output[1])
        for plane in 0..<planes {
            for i in 0..<geometry.window[0] {
                try Cancellation.check()
                let rows = geometry.inside(0, i)
                for j in 0..<geometry.window[1] {
                    let line = ((plane * geometry.window[0] + i) * geometry.window[1] + j) * windows
                    let columns = geometry.inside(1, j)
                    if columns.outputs.isEmpty { continue }
                    for (step, row) in rows.outputs.enumerated() {
                        let y = rows.first + step * geometry.stride[0]
                        body(
                            (plane * geometry.input[0] + y) * width + columns.first,
                            line + row * geometry.output[1] + columns.outputs.lowerBound,
                            columns.outputs.count)
                    }
                }
            }
        }
    }
}

/// The three products of a convolution by columns ("im2col"): the reference for ``windowSums(_:_:_:groups:for:)`` and
/// its transposes in tests, and used where these are not exact or their counts too large.
extension Tensor {
    package func windowSumsByColumns(_ weight: Tensor, _ geometry: WindowGeometry, _ groups: Int, _ operation: String)
        throws -> Tensor
    {
        let (n, out, windows) = (shape[0], weight.shape[0], geometry.output[0] * geometry.output[1])
        let inside = try Shape.count(Array(weight.shape.dropFirst()), for: operation)
        let columns = try unfolded(geometry, for: operation).reshape([n, groups, inside, windows])
        return try weight.reshape([groups, out / groups, inside]).matmul(columns, for: operation).reshape(
            [n, out] + geometry.output)
    }

    package func windowSumsBackByColumns(
        _ weight: Tensor, _ geometry: WindowGeometry, _ groups: Int, _ operation: String
    ) throws -> Tensor {
        let (n, out, windows) = (shape[0], weight.shape[0], geometry.output[0] * geometry.output[1])
        let inside = try Shape.count(Array(weight.shape.dropFirst()), for: operation)
        let columns = try weight.reshape([groups, out / groups, inside]).transpose(1, 2)
            .matmul(reshape([n, groups, out / groups, windows]), for: operation)
        return try columns.reshape([n, groups * inside, windows]).folded(
            geometry, channels: weight.shape[1] * groups, for: operation)
    }

    package func windowProductsByColumns(
        _ cotangent: Tensor, _ geometry: WindowGeometry, _ groups: Int, _ operation: String
    ) throws -> Tensor {
        let (n, out, windows) = (shape[0], cotangent.shape[1], geometry.output[0] * geometry.output[1])
        let inside = try Shape.count([shape[1] / groups] + geometry.window, for: operation)
        let columns = try unfolded(geometry, for: operation).reshape([n, groups, inside, windows])
        let products = try cotangent.reshape([n, groups, out / groups, windows]).matmul(
            columns.transpose(2, 3), for: operation)
        return try products.sum([0]).reshape([out, shape[1] / groups] + geometry.window)
    }
}
