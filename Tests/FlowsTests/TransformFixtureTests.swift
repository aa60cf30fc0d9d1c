import Autodiff
import Files
import Flows
import LawChecks
import Networks
import Scripting
import Tensors
import Testing

/// Single transforms beside zuko's, torch's and mpmath's values (Fixtures/make_transform_fixtures.py).
@Suite struct TransformFixtureTests {
    private static let names = ["lu", "permute", "sigmoid", "tanh", "softplus", "mixture"]

    private func transform(_ name: String, _ values: StateDict) throws -> any FlowTransform {
        switch name {
        case "lu": LULinear(lu: try values.variable("lu.lu"))
        case "permute": try Permute(order: values.variable("permute.order").value.toArray().map { Int($0) })
        case "sigmoid": Sigmoid()
        case "tanh": Tanh()
        case "softplus": Softplus()
        default:
            MapOfNumbers(
                map: LogisticMixtureMap(components: 3), numbers: try values.variable("mixture.numbers"))
        }
    }

    /// A univariate map whose numbers come from the fixture instead of a network.
    private struct MapOfNumbers: FlowTransform {
        let map: any UnivariateMap
        let numbers: Variable
        var parameters: [(name: String, value: Variable)] { [] }
        func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
            let (z, logSlope) = try map.toLatent(x, numbers)
            return (z, try logSlope.sum([1]))
        }
        func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
            let (x, logSlope) = try map.toData(z, numbers)
            return (x, try logSlope.sum([1]))
        }
    }

    @Test(arguments: names) func valuesAreThePeers(_ name: String) throws {
        let values = try Fixture.reference("transforms")
        let transform = try transform(name, values)
        let (x, z) = (try values.variable("\(name).x"), try values.variable("\(name).z"))
        let rows = [x.shape[0]]
        let there = try transform.toLatent(x)
        let back = try transform.toData(z)
        // mpmath has no inverse here: the expected value of the way back is x.
        let xBack = values["\(name).x_back"] ?? x.value
        let logBack = try values["\(name).log_det_back"] ?? (-values.variable("\(name).log_det")).value
        for (key, value, expected) in [
            ("z", there.z.value, z.value), ("x_back", back.x.value, xBack),
            ("log_det", try there.logDeterminant.expand(rows).value, try #require(values["\(name).log_det"])),
            ("log_det_back", try back.logDeterminant.expand(rows).value, logBack),
        ] {
            let fault = try difference(value, expected, absolute: 1e-11, relative: 1e-11)
            #expect(fault == nil, "\(name): \(key): \(fault ?? "")")
        }
    }
}
