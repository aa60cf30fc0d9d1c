import Optimizers
import PartChecks
import Testing

@Suite struct MadeUpOptimizerTests {
    @Test func oneFileAndOneLineAreEnough() throws {
        let part = ListedPart(
            "optim.SignDescent",
            right: """
                local x = tensor({1, -1})
                local opt = optim.SignDescent({x}, {lr = 0.25, beta = 0.5})
                local loss = (x * x):sum()
                loss:backward()
                opt:step()
                assert(x[{1}] == 0.75 and x[{2}] == -0.75)
                assert(tostring(opt):find("beta = 0.5", 1, true))
                """,
            wrong: "optim.SignDescent({tensor({1})}, {beta = 'x'})", typed: "optim.SignDescent(x, {be",
            completed: "beta")
        let faults = try part.faults(in: OptimModule(adding: [SignDescent.declaration]))
        #expect(faults == [])
        #expect(try part.faults(in: OptimModule()) == ["optim.SignDescent is not in the index"])
    }
}
