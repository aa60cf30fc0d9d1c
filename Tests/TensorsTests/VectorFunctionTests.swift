import RealModule
import Tensors
import Testing

/// Vectorised elementary functions against the C library's, computed one number at a time and in twice the precision.
@Suite struct VectorFunctionTests {
    /// A vectorised function, and the C function that it is compared with.
    private struct Function: Sendable, CustomTestStringConvertible {
        let name: String
        let range: ClosedRange<Double>
        /// The largest error, in units in the last place.
        let bound: Double
        let apply: @Sendable (Tensor) throws -> Tensor
        let plain: @Sendable (Double) -> Double
        var testDescription: String { name }

        init<F: UnaryFunction>(
            _ name: String, _ range: ClosedRange<Double>, within bound: Double = 1.01, _ f: F,
            plain: (@Sendable (Double) -> Double)? = nil
        ) {
            (self.name, self.range, self.bound) = (name, range, bound)
            apply = { try $0.map(f) }
            self.plain = plain ?? { f($0) }
        }
    }

    private struct Exp: UnaryFunction {
        static var vectorized: VectorFunction? { .exp }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { .exp(x) }
    }
    private struct Expm1: UnaryFunction {
        static var vectorized: VectorFunction? { .expm1 }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { .expMinusOne(x) }
    }
    private struct Log: UnaryFunction {
        static var vectorized: VectorFunction? { .log }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { .log(x) }
    }
    private struct Log1p: UnaryFunction {
        static var vectorized: VectorFunction? { .log1p }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { .log(onePlus: x) }
    }
    private struct Sine: UnaryFunction {
        static var vectorized: VectorFunction? { .sin }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { .sin(x) }
    }
    private struct Cosine: UnaryFunction {
        static var vectorized: VectorFunction? { .cos }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { .cos(x) }
    }
    private struct Tangent: UnaryFunction {
        static var vectorized: VectorFunction? { .tan }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { .tan(x) }
    }
    private struct Tanh: UnaryFunction {
        static var vectorized: VectorFunction? { .tanh }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { .tanh(x) }
    }
    private struct Erf: UnaryFunction {
        static var vectorized: VectorFunction? { .erf }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { .erf(x) }
    }
    private struct Sigmoid: UnaryFunction {
        static var vectorized: VectorFunction? { .sigmoid }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { x < 0 ? .exp(x) / (1 + .exp(x)) : 1 / (1 + .exp(-x)) }
    }
    private struct Softplus: UnaryFunction {
        static var vectorized: VectorFunction? { .softplus }
        func callAsFunction<T: TensorElement>(_ x: T) -> T { x.isNaN ? x : max(x, 0) + .log(onePlus: .exp(-abs(x))) }
    }

    private static let functions = [
        Function("exp", -110...110, Exp()), Function("expm1", -110...110, Expm1()), Function("log", 0...1e3, Log()),
        Function("log1p", -1...1e3, Log1p()), Function("sin", -100...100, Sine()),
        Function("cos", -100...100, Cosine()),
        Function("tan", -100...100, Tangent()), Function("tanh", -20...20, within: 2.1, Tanh()),
        Function("erf", -6...6, within: 1.6, Erf()), Function("sigmoid", -120...120, within: 4, Sigmoid()),
        Function("softplus", -120...120, within: 4, Softplus()),
    ]

    /// Points over the whole range, near 0, and where formulas fail.
    private func points(_ function: Function) -> [Double] {
        let g = Generator(seed: 5)
        let spread = (0..<20_000).map { _ in
            function.range.lowerBound + (function.range.upperBound - function.range.lowerBound) * g.uniform()
        }
        let small = (0..<2_000).map { _ in
            Double.exp(-60 * g.uniform()) * (function.range.lowerBound < 0 ? g.uniform() - 0.5 : 1)
        }
        return spread + small + [
            0, -0.0, .infinity, -.infinity, .nan, 1, -1, 1e30, -1e30, 88.7, -87.3, -103.9, -104.1, 1e-40, -1e-40,
        ]
    }

    private func error(_ got: Double, _ wanted: Double, _ ulp: Double) -> Double {
        if got == wanted || (got.isNaN && wanted.isNaN) { return 0 }
        return got.isFinite && wanted.isFinite ? abs(got - wanted) / ulp : .infinity
    }

    @Test(arguments: functions) private func isAsExactAsItSays(_ function: Function) throws {
        let x = points(function)
        for dtype in [DType.float32, .float64] {
            let input = try Tensor(x, shape: [x.count], dtype)
            let got = try function.apply(input).toArray()
            // float32 is compared with float64; float64 with the C library's float64, whose last digit is uncertain as
            // well.
            let rounded = try input.toArray()
            for (x, got) in zip(rounded, got) {
                let exact = function.plain(x)
                let wanted = dtype == .float32 ? Double(Float(exact)) : exact
                let ulp = dtype == .float32 ? Double(Float(exact).ulp) : exact.ulp
                let off = error(got, wanted, ulp)
                let bound = dtype == .float32 ? function.bound + 0.5 : function.bound + 1
                #expect(off <= bound, "\(function.name)(\(x)) in \(dtype) is \(got), should be \(wanted): \(off) ulp")
            }
        }
    }

    /// The value does not depend on the layout or the position in memory.
    @Test(arguments: functions) private func aNumbersValueDoesNotDependOnItsPlace(_ function: Function) throws {
        for dtype in [DType.float16, .float32, .float64] {
            let x = try Tensor((0..<60).map { 0.031 * Double($0) + 0.01 }, shape: [60], dtype)
            let whole = try function.apply(x).toArray()
            for start in [1, 3, 7, 13] {
                let part = try function.apply(x.slice(0, from: start, count: 60 - start)).toArray()
                #expect(part == Array(whole[start...]), "\(function.name) from \(start)")
            }
            let every = try function.apply(x.slice(0, from: 2, count: 19, step: 3)).toArray()
            #expect(every == (0..<19).map { whole[2 + 3 * $0] })
            let turned = try function.apply(x.reshape([5, 12]).transpose(0, 1))
            #expect(try turned.transpose(0, 1).reshape([60]).toArray() == whole)
            #expect(try function.apply(x.select(0, 17)).item() == whole[17])
            #expect(try function.apply(x.slice(0, from: 0, count: 0)).count == 0)
        }
    }
}
