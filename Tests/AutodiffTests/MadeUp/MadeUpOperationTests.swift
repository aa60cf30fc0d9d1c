import Autodiff
import PartChecks
import Testing

@Suite struct MadeUpOperationTests {
    @Test func oneFileAndOneLineAreEnough() throws {
        let part = ListedPart(
            "tensor.cube",
            right: """
                local x = tensor({{1, -2}, {0.5, 3}}, {dtype = "float64"}):requires_grad_(true)
                local y = tensor.cube(x)
                assert(y[{1, 2}] == -8 and x:cube()[{2, 2}] == 27)
                y:sum():backward()
                assert(x.grad[{2, 1}] == 0.75)
                assert(tensor({2}):cube_()[{1}] == 8)
                for _, dtype in ipairs{"float32", "int64", "bool"} do
                  assert(tensor({1}):to(dtype):cube().dtype == "float32")
                end
                """,
            wrong: "tensor.cube('x')", typed: "tensor.cub", completed: "cube")
        let faults = try part.faults(in: TensorModule(adding: [.cube]))
        #expect(faults == [])
        #expect(try part.faults(in: TensorModule()) == ["tensor.cube is not in the index"])
    }
}
