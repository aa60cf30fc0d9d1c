import Distributions
import PartChecks
import Testing

@Suite struct MadeUpDistributionTests {
    @Test func oneFileAndOneLineAreEnough() throws {
        let part = ListedPart(
            "distribution.UnitLogistic",
            right: """
                local d = distribution.UnitLogistic{loc = tensor({1, 2}), dtype = "float64"}
                assert(d:log_prob(tensor({1, 2}, {dtype = "float64"})):sum():item() == 2 * math.log(0.25))
                assert(math.abs(d:icdf(0.75)[{1}] - 1 - math.log(3)) < 1e-12 and d.mean[{2}] == 2)
                assert(d:sample({3}).shape[2] == 2 and d:rsample().dtype == "float64")
                """,
            wrong: "distribution.UnitLogistic('x')", typed: "distribution.Unit", completed: "UnitLogistic")
        let faults = try part.faults(in: DistributionModule(adding: [UnitLogistic.self]))
        #expect(faults == [])
        #expect(try part.faults(in: DistributionModule()) == ["distribution.UnitLogistic is not in the index"])
    }
}
