import LawChecks
import Scripting
import Testing

@testable import Optimizers

/// Every optimiser and option against torch.optim, step by step, in float64.
@Suite struct TrajectoryTests {
    private static func code(_ trajectory: Trajectory, dtype: String = "float64") -> String {
        problem(dtype: dtype) + """
            local opt = optim.\(trajectory.optimizer)({a, b}, \(trajectory.lua))
            local result = {}
            for step = 1, \(trajectory.points.map(\.step).max() ?? 0) do
              local before = opt:step(closure(opt, a, b)):item()
              if ({\(trajectory.points.map { "[\($0.step)] = true" }.joined(separator: ", "))})[step] then
                result[#result + 1] = before
                for _, v in ipairs(numbers(a, b)) do result[#result + 1] = v end
              end
            end
            return result
            """
    }

    @Test func theFixtureCoversTheCatalogue() {
        #expect(Trajectory.all.count > 40)
        let named = Set(Trajectory.all.map(\.optimizer))
        // Every method that names PyTorch as its source must have a case.
        let ported = Catalogue.declarations.map { NativeFunction($0) }
            .filter { $0.documentation.source?.contains("torch.optim") == true }
        #expect(named == Set(ported.map(\.shortName)))
    }

    @Test(arguments: Trajectory.all) func followsPyTorch(_ trajectory: Trajectory) throws {
        let expected = trajectory.points.flatMap { [$0.loss] + $0.x }
        let actual = try Scripts().numbers(Self.code(trajectory))
        #expect(actual.count == expected.count)
        for (index, (x, y)) in zip(actual, expected).enumerated() {
            #expect(
                abs(x - y) <= 1e-9 * max(1, abs(y)), "point \(index / 10 + 1), number \(index % 10): \(x), PyTorch \(y)"
            )
        }
    }

    /// The same in float32, with state and updates in float32 too: the first steps agree to that precision.
    @Test(arguments: Trajectory.all.filter { $0.optimizer != "LBFGS" }) func followsInFloat32(_ trajectory: Trajectory)
        throws
    {
        let expected = trajectory.points.flatMap { [$0.loss] + $0.x }
        let actual = try Scripts().numbers(Self.code(trajectory, dtype: "float32"))
        for (x, y) in zip(actual, expected).prefix(30) {
            #expect(abs(x - y) <= 2e-4 * max(1, abs(y)), "\(x), PyTorch in float64 \(y)")
        }
    }

    /// Half of the run, a saved state, a new optimiser that loads it: bit for bit the uninterrupted run.
    @Test(arguments: Trajectory.all) func continuesFromASavedState(_ trajectory: Trajectory) throws {
        let difference = try Scripts().number(
            problem() + """
                local steps = \(trajectory.optimizer == "LBFGS" ? 2 : 8)
                local function make(a, b, options) return optim.\(trajectory.optimizer)({a, b}, options) end
                local opt = make(a, b, \(trajectory.lua))
                for step = 1, steps do opt:step(closure(opt, a, b)) end
                opt.lr = opt.lr * 0.9
                local state = opt:state_dict()
                local a2, b2 = a:detach():clone(), b:detach():clone()
                for step = 1, steps do opt:step(closure(opt, a, b)) end  -- must not reach the saved state

                local other = make(a2, b2, \(trajectory.lua))
                assert(other:load_state_dict(state) == other)
                assert(other.lr == opt.lr)
                for step = 1, steps do other:step(closure(other, a2, b2)) end
                return ((a - a2):abs():sum() + (b - b2):abs():sum()):item()
                """)
        #expect(difference == 0)
    }
}
