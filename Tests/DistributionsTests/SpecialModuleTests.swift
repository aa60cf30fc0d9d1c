import Autodiff
import Distributions
import Foundation
import Scripting
import Tensors
import Testing

/// The module `special` against special.json, which make_special.py writes by mpmath; at the edges against SciPy's
/// conventions.
@Suite struct SpecialModuleTests {
    private struct Row: Decodable {
        let name: String
        let arguments: [Double]
        let value: Double
        let slopes: [Double]

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            name = try list.decode(String.self)
            arguments = try list.decode([Double].self)
            value = try list.decode(Double.self)
            slopes = try list.decode([Double].self)
        }
    }

    private func call(_ name: String, _ arguments: [Variable]) throws -> Variable {
        let function = try #require(SpecialModule().functions.first { $0.shortName == name }, "no special.\(name)")
        guard case .object(let result as Variable) = try function.call(arguments.map { .object($0) }).first ?? .none
        else {
            throw ScriptError("test", "special.\(name) returned no tensor")
        }
        return result
    }

    @Test func valuesAndSlopesAreMpmaths() throws {
        let url = try #require(
            Bundle.module.url(forResource: "special", withExtension: "json", subdirectory: "Fixtures"))
        let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: url))
        #expect(Set(rows.map(\.name)) == Set(SpecialModule().functions.map(\.shortName)))
        for row in rows {
            let points = try row.arguments.map { try scalar($0) }
            let (values, gradients) = try Transform.valueAndGradient(
                of: { [try call(row.name, $0)] }, at: points, for: "test")
            let value = try values[0].value.item()
            #expect(
                abs(value - row.value) <= 1e-12 * abs(row.value),
                "\(row.name)\(row.arguments) = \(value), expected \(row.value)")
            for (index, slope) in row.slopes.enumerated() {
                let got = try gradients[index].value.item()
                // Derivatives of incomplete functions by their shape are less exact.
                let tolerance = row.arguments.count > 1 && index + 1 < row.arguments.count ? 1e-7 : 1e-10
                #expect(
                    abs(got - slope) <= tolerance * abs(slope) + 1e-300,
                    "\(row.name)\(row.arguments) by argument \(index + 1): \(got), expected \(slope)")
            }
            // The float32 answer is the float64 answer rounded once.
            let singles = try row.arguments.map { Variable(try Tensor($0, .float32)) }
            let single = try call(row.name, singles)
            let wide = try call(row.name, singles.map { try $0.converted(to: .float64) }).value.item()
            let rounded = try single.value.item()
            #expect(single.dtype == .float32 && rounded == Double(Float(wide)), "\(row.name)\(row.arguments)")
        }
    }

    @Test func edges() throws {
        let (inf, nan) = (Double.infinity, Double.nan)
        let edges: [(String, [Double], Double)] = [
            ("lgamma", [0], inf), ("lgamma", [-2], inf), ("lgamma", [inf], inf), ("digamma", [0], -inf),
            ("digamma", [-1], nan),
            ("erfc", [inf], 0), ("erfc", [-inf], 2), ("erfinv", [1], inf), ("erfinv", [-1], -inf),
            ("erfinv", [1.5], nan),
            ("log_ndtr", [-inf], -inf), ("log_ndtr", [inf], 0), ("gammainc", [2, 0], 0), ("gammainc", [2, inf], 1),
            ("gammainc", [0, 1], 1), ("gammainc", [0, 0], nan), ("gammainc", [2, -1], nan), ("gammainc", [-2, 1], nan),
            ("gammaincc", [2, 0], 1), ("gammaincc", [2, inf], 0), ("gammaincc", [0, 1], 0), ("gammaincc", [inf, 1], 1),
            ("betainc", [1, 2, 0], 0), ("betainc", [1, 2, 1], 1), ("betainc", [1, 2, 2], nan),
            ("betainc", [0, 2, 0.5], nan),
            ("gammainc", [nan, 1], nan), ("betainc", [1, 1, nan], nan), ("lgamma", [nan], nan),
        ]
        for (name, arguments, expected) in edges {
            let value = try call(name, arguments.map { try scalar($0) }).value.item()
            #expect(
                value == expected || (value.isNaN && expected.isNaN),
                "\(name)\(arguments) = \(value), expected \(expected)")
        }
        #expect(try call("betainc", [vector([1, 2]), vector([3, 4]), scalar(0.5)]).shape == [2])
        for name in ["gammainc", "gammaincc"] {
            #expect {
                try call(name, [vector([1, 2]), vector([1, 2, 3])])
            } throws: { "\($0)" == "special.\(name): (2) and (3) do not broadcast: 2 ~= 3" }
        }
    }
}
