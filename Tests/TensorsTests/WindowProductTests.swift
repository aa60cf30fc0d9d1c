import CKernels
import LawChecks
import Scripting
import Tensors
import Testing

/// The convolution kernels that form no matrix of columns, against those that do.
@Suite struct WindowProductTests {
    private struct Setting: CustomStringConvertible {
        let images: Int, groups: Int, inside: Int, outs: Int
        let geometry: WindowGeometry

        /// Random sizes; nil where no window fits.
        init?(_ generator: Generator) {
            func pick(_ range: ClosedRange<Int>) -> Int {
                range.lowerBound + Int(generator.uniform() * Double(range.count))
            }
            (images, groups, inside, outs) = (pick(0...5), pick(1...3), pick(1...5), pick(1...10))
            guard
                let geometry = try? WindowGeometry(
                    input: [pick(1...17), pick(1...40)], window: [pick(1...4), pick(1...4)],
                    stride: [pick(1...3), pick(1...4)],
                    padding: [pick(0...4), pick(0...5)], dilation: [pick(1...3), pick(1...2)], for: "test")
            else { return nil }
            self.geometry = geometry
        }

        var image: [Int] { [images, groups * inside] + geometry.input }
        var weight: [Int] { [groups * outs, inside] + geometry.window }
        var result: [Int] { [images, groups * outs] + geometry.output }
        var description: String {
            """
            \(images) images of \(groups) x \(inside) channels, \(outs) outputs, input \(geometry.input), \
            window \(geometry.window), stride 
            """
                + "\(geometry.stride), padding \(geometry.padding), dilation \(geometry.dilation)"
        }
    }

    private func check(_ fast: Tensor, _ plain: Tensor, _ label: String) throws {
        guard fast.shape == plain.shape, fast.dtype == plain.dtype else {
            Issue.record("\(label): \(fast.dtype) \(fast.shape), by columns \(plain.dtype) \(plain.shape)")
            return
        }
        let tolerance = fast.dtype == .float64 ? 1e-11 : 2e-4
        for (index, (x, y)) in zip(try fast.toArray(), try plain.toArray()).enumerated() {
            let agrees = x == y || (x.isNaN && y.isNaN) || abs(x - y) <= tolerance * max(1, abs(y))
            guard agrees else {
                Issue.record("\(label): element \(index) is \(x), by columns \(y)")
                return
            }
        }
    }

    private func check(_ setting: Setting, _ x: Tensor, _ w: Tensor, _ g: Tensor, _ label: String) throws {
        let (geometry, groups) = (setting.geometry, setting.groups)
        let label = "\(label), \(x.dtype), \(setting)"
        try check(
            x.windowSums(w, nil, geometry, groups: groups, for: "test"),
            x.windowSumsByColumns(w, geometry, groups, "test"), "sums, \(label)")
        try check(
            g.windowSumsBack(w, geometry, groups: groups, for: "test"),
            g.windowSumsBackByColumns(w, geometry, groups, "test"), "back, \(label)")
        try check(
            x.windowProducts(g, geometry, groups: groups, for: "test"),
            x.windowProductsByColumns(g, geometry, groups, "test"),
            "products, \(label)")
    }

    @Test(arguments: [DType.float64, .float32]) func agreeWithColumnsOnRandomShapes(_ dtype: DType) throws {
        let generator = Generator(seed: 11)
        for _ in 0..<150 {
            guard let setting = Setting(generator) else { continue }
            func normals(_ shape: [Int]) throws -> Tensor { try generator.normals(shape, dtype, for: "test") }
            try check(setting, normals(setting.image), normals(setting.weight), normals(setting.result), "normals")
            // Another order in memory.
            let turned = try normals(setting.image.reversed()).permute([3, 2, 1, 0])
            try check(
                setting, turned, normals(setting.weight.reversed()).permute([3, 2, 1, 0]), normals(setting.result),
                "turned")
        }
    }

    /// An infinity or NaN affects the windows that contain it, and no others.
    @Test func whatIsNotFiniteReachesOnlyItsWindows() throws {
        let generator = Generator(seed: 12)
        for round in 0..<120 {
            guard let setting = Setting(generator), setting.images > 0 else { continue }
            var tensors = try [setting.image, setting.weight, setting.result].map {
                try generator.normals($0, .float64, for: "test")
            }
            let chosen = round % 3
            let place = Int(generator.uniform() * Double(tensors[chosen].count))
            try tensors[chosen].reshape([tensors[chosen].count]).select(0, place).fill(
                [Double.infinity, -.infinity, .nan][round / 3 % 3])
            tensors = try tensors.map { try $0.contiguous() }
            try check(
                setting, tensors[0], tensors[1], tensors[2],
                "\(["image", "weight", "cotangent"][chosen]) not finite at \(place)")
        }
    }

    @Test func theBiasIsAdded() throws {
        let generator = Generator(seed: 13)
        let geometry = try WindowGeometry(
            input: [5, 7], window: [2, 3], stride: [1, 1], padding: [0, 0], dilation: [1, 1], for: "test")
        let (x, w) = (
            try generator.normals([2, 2, 5, 7], .float64, for: "test"),
            try generator.normals([11, 2, 2, 3], .float64, for: "test")
        )
        let bias = try generator.normals([11], .float64, for: "test")
        let (with, without) = (
            try x.windowSums(w, bias, geometry, groups: 1, for: "test"),
            try x.windowSums(w, nil, geometry, groups: 1, for: "test")
        )
        let difference = try with.toArray().enumerated().map { try $1 - bias.select(0, $0 / 20 % 11).item() }
        for (x, y) in zip(difference, try without.toArray()) { #expect(abs(x - y) < 1e-12) }
    }

    /// All three products, with many batches of images, with one group and with several.
    @Test(arguments: [1, 3], [DType.float32, .float64]) func theBitsAreTheSameForEveryNumberOfThreads(
        _ groups: Int, _ dtype: DType
    ) throws {
        let geometry = try WindowGeometry(
            input: [19, 23], window: [3, 3], stride: [2, 1], padding: [1, 1], dilation: [1, 1], for: "test")
        let results = try [1, 2, 4].map { threads in
            try ThreadCount.$current.withValue(try ThreadCount(threads)) {
                let generator = Generator(seed: 14)
                func normals(_ shape: [Int]) throws -> Tensor { try generator.normals(shape, dtype, for: "test") }
                let (x, w) = (try normals([37, 6] + geometry.input), try normals([9, 6 / groups, 3, 3]))
                let g = try normals([37, 9] + geometry.output)
                let products = [
                    try x.windowSums(w, nil, geometry, groups: groups, for: "test"),
                    try g.windowSumsBack(w, geometry, groups: groups, for: "test"),
                    try x.windowProducts(g, geometry, groups: groups, for: "test"),
                ]
                return try products.map { try $0.toArray().map(\.bitPattern) }
            }
        }
        #expect(results[1] == results[0] && results[2] == results[0])
    }
}
