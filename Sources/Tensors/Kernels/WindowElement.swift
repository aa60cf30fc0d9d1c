import CKernels

/// The types that convolutions are computed in, with their kernels (CKernels/convolution.c).
protocol WindowElement: TensorElement {
    static func lay(
        _ planes: inout ck_planes, _ from: UnsafePointer<Self>, _ step: Int, _ images: Int,
        _ to: UnsafeMutablePointer<Self>)
    static func sums(
        _ planes: UnsafePointer<Self>, _ offsets: [Int32], _ weights: UnsafePointer<Self>, _ bias: UnsafePointer<Self>,
        _ length: Int,
        _ to: UnsafeMutablePointer<Self>, _ stride: Int)
    static func dots(
        _ g: UnsafePointer<Self>, _ gStride: Int, _ outs: Int, _ planes: UnsafePointer<Self>, _ offsets: [Int32],
        _ runs: Int, _ run: Int,
        _ step: Int, _ to: UnsafeMutablePointer<Self>)
    static func take(
        _ from: UnsafePointer<Self>, _ plane: Int, _ columns: Int, _ size: (height: Int, width: Int),
        _ to: UnsafeMutablePointer<Self>,
        _ steps: (image: Int, row: Int, column: Int), _ images: Int)
}

extension Float: WindowElement {
    static func lay(
        _ planes: inout ck_planes, _ from: UnsafePointer<Float>, _ step: Int, _ images: Int,
        _ to: UnsafeMutablePointer<Float>
    ) {
        ck_windows_lay_floats(&planes, from, step, images, to)
    }
    static func sums(
        _ planes: UnsafePointer<Float>, _ offsets: [Int32], _ weights: UnsafePointer<Float>,
        _ bias: UnsafePointer<Float>, _ length: Int,
        _ to: UnsafeMutablePointer<Float>, _ stride: Int
    ) {
        ck_windows_sum_floats(planes, offsets, offsets.count, weights, bias, length, to, stride)
    }
    static func dots(
        _ g: UnsafePointer<Float>, _ gStride: Int, _ outs: Int, _ planes: UnsafePointer<Float>, _ offsets: [Int32],
        _ runs: Int, _ run: Int,
        _ step: Int, _ to: UnsafeMutablePointer<Float>
    ) {
        ck_windows_dot_floats(g, gStride, outs, planes, offsets, offsets.count, runs, run, step, to)
    }
    static func take(
        _ from: UnsafePointer<Float>, _ plane: Int, _ columns: Int, _ size: (height: Int, width: Int),
        _ to: UnsafeMutablePointer<Float>,
        _ steps: (image: Int, row: Int, column: Int), _ images: Int
    ) {
        ck_windows_take_floats(
            from, plane, columns, size.height, size.width, to, steps.image, steps.row, steps.column, images)
    }
}

extension Double: WindowElement {
    static func lay(
        _ planes: inout ck_planes, _ from: UnsafePointer<Double>, _ step: Int, _ images: Int,
        _ to: UnsafeMutablePointer<Double>
    ) {
        ck_windows_lay_doubles(&planes, from, step, images, to)
    }
    static func sums(
        _ planes: UnsafePointer<Double>, _ offsets: [Int32], _ weights: UnsafePointer<Double>,
        _ bias: UnsafePointer<Double>, _ length: Int,
        _ to: UnsafeMutablePointer<Double>, _ stride: Int
    ) {
        ck_windows_sum_doubles(planes, offsets, offsets.count, weights, bias, length, to, stride)
    }
    static func dots(
        _ g: UnsafePointer<Double>, _ gStride: Int, _ outs: Int, _ planes: UnsafePointer<Double>, _ offsets: [Int32],
        _ runs: Int, _ run: Int,
        _ step: Int, _ to: UnsafeMutablePointer<Double>
    ) {
        ck_windows_dot_doubles(g, gStride, outs, planes, offsets, offsets.count, runs, run, step, to)
    }
    static func take(
        _ from: UnsafePointer<Double>, _ plane: Int, _ columns: Int, _ size: (height: Int, width: Int),
        _ to: UnsafeMutablePointer<Double>,
        _ steps: (image: Int, row: Int, column: Int), _ images: Int
    ) {
        ck_windows_take_doubles(
            from, plane, columns, size.height, size.width, to, steps.image, steps.row, steps.column, images)
    }
}
