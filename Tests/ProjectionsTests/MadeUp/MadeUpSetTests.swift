import PartChecks
import Projections
import Testing

@Suite struct MadeUpSetTests {
    @Test func oneFileAndOneLineAreEnough() throws {
        let part = ListedPart(
            "projection.Slab",
            right: """
                local w = tensor(1, {dtype = "float64"}):requires_grad_(true)
                local P = projection.Slab(w)
                local y = P(tensor({4, -1, 0}, {dtype = "float64"}))
                assert((y - tensor({4 - 2 / 3, -1 - 2 / 3, -2 / 3}, {dtype = "float64"})):abs():max():item() < 1e-12)
                assert(P:contains(tensor({4, -4})) and tostring(P) == "projection.Slab(1)")
                y:sum():backward()
                assert(math.abs(w.grad:item() - 1) < 1e-12)
                projection.verify(P)
                """,
            wrong: "projection.Slab('x')", typed: "projection.Sla", completed: "Slab")
        let faults = try part.faults(in: ProjectionModule(adding: [Slab.self]))
        #expect(faults == [])
        #expect(try part.faults(in: ProjectionModule()) == ["projection.Slab is not in the index"])
    }
}
