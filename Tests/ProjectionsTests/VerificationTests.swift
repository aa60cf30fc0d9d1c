import Scripting
import Tensors
import Testing

@testable import Projections

/// `verify` detects functions that are no projections, and names the law that fails.
@Suite struct VerificationTests {
    /// A set as a script defines one.
    private func set(
        convex: Bool = true, contains: (([Double]) -> Bool)? = nil, _ project: @escaping ([Double]) -> [Double]
    ) -> any ProjectableSet {
        func values(_ arguments: [Value]) throws -> Tensor {
            guard case .object(let object)? = arguments.first, let x = object as? Variable else {
                throw ScriptError("test", "no x")
            }
            return x.value
        }
        return ScriptSet(
            name: "mine", isConvex: convex, shape: [3],
            project: FakeFunction { arguments in
                let x = try values(arguments)
                return [.tensor(try Tensor(project(x.toArray()), shape: x.shape, x.dtype))]
            },
            contains: contains.map { contains in
                FakeFunction { [.boolean(contains(try values($0).toArray()))] }
            })
    }

    private func failure(_ set: any ProjectableSet) -> String { message { _ = try Verification().run(set) } }

    @Test func rightOnesPass() {
        #expect(failure(set { $0.map { max($0, 0.5) } }) == "no error")
        #expect(failure(set(contains: { $0.allSatisfy { $0 >= 0.5 } }) { $0.map { max($0, 0.5) } }) == "no error")
        #expect(failure(set(convex: false) { $0.map { $0 < 0 ? -1 : 1 } }) == "no error")
    }

    @Test func wrongOnesFailByTheLawTheyBreak() {
        // Moving half way is not idempotent.
        #expect(failure(set { $0.map { $0 / 2 } }).contains("breaks idempotence"))
        // An oblique map onto x1 = 0: its results lie in the set, and it is idempotent.
        #expect(failure(set { [0, $0[1] + $0[0], $0[2]] }).contains("breaks variational inequality"))
        // Maps to a corner of the box instead of the nearest point.
        #expect(failure(set { x in x.allSatisfy { (0...1).contains($0) } ? x : [0, 0, 0] }).contains("breaks"))
        // The integers are not convex.
        #expect(failure(set { $0.map { $0.rounded() } }).contains("breaks"))
        // The result violates the set's own `contains`.
        #expect(
            failure(set(contains: { $0.allSatisfy { $0 >= 1 } }) { $0.map { max($0, 0.5) } }).contains(
                "breaks membership"))
        // A point of the set is moved: the map projects onto a smaller set.
        #expect(
            failure(set(contains: { $0.allSatisfy { $0 >= 0.5 } }) { $0.map { max($0, 0.7) } }).contains(
                "breaks members stay"))
        // A map to signs with the wrong signs: never the nearest point.
        #expect(failure(set(convex: false) { $0.map { $0 < 0 ? 1 : -1 } }).contains("breaks"))
        // A sphere that is declared convex.
        #expect(failure(set { x in let n = norm(x); return n > 0 ? x.map { $0 / n } : [1, 0, 0] }).contains("breaks"))
    }

    @Test func theFailingCaseIsPrinted() {
        let text = failure(set { $0.map { $0 / 2 } })
        #expect(text.hasPrefix("projection.verify: projection.Set{name = \"mine\"} breaks idempotence by 0."))
        #expect(text.contains("x = {1, 1, 1}, P(x) = {0.5, 0.5, 0.5}, P(P(x)) = {0.25, 0.25, 0.25}"))
    }

    @Test func whatAScriptReturnsIsChecked() throws {
        func made(_ results: [Value]) -> any ProjectableSet {
            ScriptSet(name: "odd", isConvex: true, shape: nil, project: FakeFunction { _ in results }, contains: nil)
        }
        let x = try float32([1, 2])
        #expect(message { _ = try made([]).project(x) } == "projection.odd: project returned nil, a tensor expected")
        #expect(
            message { _ = try made([.integer(3)]).project(x) }
                == "projection.odd: project returned 3, a tensor expected")
        let long = Value.tensor(try float32([1, 2, 3]))
        #expect(
            message { _ = try made([long]).project(x) }
                == "projection.odd: project returned (3) for x (2): the same shape expected")
        let nan = Value.tensor(try float32([1, .nan]))
        #expect(message { _ = try made([nan]).project(x) } == "projection.odd: project returned nan at index 2")
    }

    @Test func theScriptBindingReports() throws {
        let results = try call(
            "verify", object(Box(0, 1)), table([], [("points", .integer(4)), ("shape", numbers([2, 2]))]))
        guard results.count == 2, case .boolean(true) = results[0], case .record(let report) = results[1] else {
            Issue.record("true and a report expected, got \(results)")
            return
        }
        #expect(report.map(\.key) == ["shape", "tolerance", "laws"])
        #expect(
            message { _ = try call("verify", object(Box(0, 1)), table([], [("pionts", .integer(4))])) }
                == """
                    projection.verify: unknown option pionts (did you mean \"points\"?); the options are points, seed, \
                    shape, dtype, tolerance
                    """
        )
        #expect(message { _ = try Verification(shape: [1 << 40]).run(Simplex()) }.contains("are too many numbers"))
        #expect(
            message { _ = try call("verify", object(Box(0, 1)), table([], [("tolerance", .number(.nan))])) }.contains(
                "a number from 0 expected"))
    }

    @Test func sameSeedSameReport() throws {
        let (a, b) = (try Verification(seed: 7).run(Simplex()), try Verification(seed: 7).run(Simplex()))
        #expect(a.laws.map(\.worst) == b.laws.map(\.worst))
        let c = try Verification(seed: 8).run(Simplex())
        #expect(a.laws.map(\.worst) != c.laws.map(\.worst))
    }
}
