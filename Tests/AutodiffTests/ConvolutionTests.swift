import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

/// Convolution against its definition, over every combination of small parameters.
@Suite struct ConvolutionTests {
    @Test func everyCombinationIsWhatTheDefinitionSays() throws {
        for (height, width) in [(1, 1), (3, 4), (5, 2)] {
            for window in [[1, 1], [2, 3], [3, 1]] {
                for stride in [[1, 1], [2, 1], [3, 4]] {
                    for padding in [[0, 0], [1, 2], [4, 0]] {
                        for dilation in [[1, 1], [2, 3]] {
                            for groups in [1, 2] {
                                try check(height, width, window, stride, padding, dilation, groups)
                            }
                        }
                    }
                }
            }
        }
    }

    private func check(
        _ height: Int, _ width: Int, _ window: [Int], _ stride: [Int], _ padding: [Int], _ dilation: [Int],
        _ groups: Int
    ) throws {
        let (x, w, b) = (
            try normals([2, 4, height, width], seed: 1), try normals([6, 4 / groups, window[0], window[1]], seed: 2),
            try normals([6], seed: 3)
        )
        let (tall, wide) = (dilation[0] * (window[0] - 1), dilation[1] * (window[1] - 1))
        let fits = height + 2 * padding[0] > tall && width + 2 * padding[1] > wide
        let label =
            """
            \(height) x \(width), window \(window), stride \(stride), padding \(padding), dilation \(dilation), \
            \(groups) groups
            """
        guard fits else {
            #expect(
                try message {
                    _ = try x.convolved(w, b, stride: stride, padding: padding, dilation: dilation, groups: groups)
                }?.contains("does not fit") == true, "\(label)")
            return
        }
        let y = try x.convolved(w, b, stride: stride, padding: padding, dilation: dilation, groups: groups)
        let (xs, ws, bs) = (try x.value.toArray(), try w.value.toArray(), try b.value.toArray())
        var expected: [Double] = []
        let inside = 4 / groups
        for n in 0..<2 {
            for o in 0..<6 {
                for row in 0..<y.shape[2] {
                    for column in 0..<y.shape[3] {
                        var sum = bs[o]
                        for c in 0..<inside {
                            let channel = o / (6 / groups) * inside + c
                            for i in 0..<window[0] {
                                for j in 0..<window[1] {
                                    let v: Int = row * stride[0] + i * dilation[0] - padding[0]
                                    let h: Int = column * stride[1] + j * dilation[1] - padding[1]
                                    guard (0..<height).contains(v), (0..<width).contains(h) else { continue }
                                    let (image, kernel): (Int, Int) = (
                                        (n * 4 + channel) * height + v, (o * inside + c) * window[0] + i
                                    )
                                    sum += xs[image * width + h] * ws[kernel * window[1] + j]
                                }
                            }
                        }
                        expected.append(sum)
                    }
                }
            }
        }
        #expect(try difference(y.value, Tensor(expected, shape: y.shape, .float64)) == nil, "\(label)")
    }
}
