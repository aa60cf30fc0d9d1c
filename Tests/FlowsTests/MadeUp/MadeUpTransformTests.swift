import Flows
import PartChecks
import Testing

@Suite struct MadeUpTransformTests {
    @Test func oneFileAndOneLineAreEnough() throws {
        let part = ListedPart(
            "flow.Bend",
            right: """
                local t = flow.Bend(0.5)
                assert(tostring(t) == "flow.Bend(0.5)" and t:parameters().a:item() == 0.5)
                t:check(tensor({{1, -2}, {0, 3}}))
                local m = flow.Flow("normal", {t}, {dim = 2})
                local z, log_det = t:to_latent(tensor({1, 1}))
                local expected = distribution.Normal(0, 1):log_prob(z):sum() + log_det
                assert((m:log_prob(tensor({1, 1})) - expected):abs():item() < 1e-5)
                """,
            wrong: "flow.Bend('x')", typed: "flow.Ben", completed: "Bend")
        let faults = try part.faults(in: FlowModule(adding: [Bend.self]))
        #expect(faults == [])
        #expect(try part.faults(in: FlowModule()) == ["flow.Bend is not in the index"])
    }
}
