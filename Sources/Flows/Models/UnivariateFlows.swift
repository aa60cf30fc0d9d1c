import Autodiff
import Distributions
import Networks
import Scripting
import Tensors

/// Flows of couplings or autoregressive transforms with univariate maps, with the architectures and parameter names of
/// zuko, so that state dicts can be exchanged.
enum UnivariateFlows {
    /// Options that the constructors have in common.
    struct Settings {
        var features = 2
        var context = 0
        var transforms = 3
        var hiddenFeatures = [64, 64]
        var activation = Activation.relu
        /// The seed of random orders or masks; nil for zuko's alternating ones.
        var orderSeed: UInt64?
    }

    /// Couplings that pass the even features (counted from 0) as they are, then the odd ones, in turn
    /// (zuko.flows.RealNVP).
    static func couplings(
        _ name: String, _ given: Settings, map: any UnivariateMap, from generator: Generator, for operation: String
    ) throws -> Flow {
        guard given.features >= 2 else { throw Fault("features", "2 or more expected, as couplings divide them") }
        let orders = given.orderSeed.map { Generator(seed: $0) }
        let parts = try (0..<given.transforms).map { index -> any FlowTransform in
            let places = orders?.permutation(given.features) ?? Array(0..<given.features)
            let mask = places.map { $0 % 2 == index % 2 }
            let passing = mask.count { $0 }
            var settings = MLP.Settings()
            (settings.hiddenFeatures, settings.activation) = (given.hiddenFeatures, given.activation)
            let hyper = try MLP.make(
                passing + given.context, (given.features - passing) * map.parameterCount, settings, from: generator,
                for: operation)
            return try UnivariateCoupling(mask: mask, context: given.context, map: map, hyper: hyper)
        }
        return assemble(name, given, parts, map: map)
    }

    /// Masked autoregressive transforms, of ascending and descending order in turn (zuko.flows.MAF, zuko.flows.NSF).
    /// - Parameter passes: how many orders there are; one for each feature where nil. 2 makes couplings.
    static func autoregressive(
        _ name: String, _ given: Settings, map: any UnivariateMap, passes: Int?, from generator: Generator,
        for operation: String
    ) throws -> Flow {
        try MaskedAutoregressive.checkSize(given.features, given.context, each: map.parameterCount)
        let passes = min(passes ?? given.features, given.features)
        let group = (given.features + passes - 1) / passes
        let orders = given.orderSeed.map { Generator(seed: $0) }
        let parts = try (0..<given.transforms).map { index -> any FlowTransform in
            var places = orders?.permutation(given.features) ?? Array(0..<given.features)
            if orders == nil, index % 2 == 1 { places.reverse() }
            let order = places.map { $0 / group }
            let hyper = try MaskedAutoregressive.network(
                order: order, context: given.context, each: map.parameterCount, hidden: given.hiddenFeatures,
                activation: given.activation, from: generator, for: operation)
            return try MaskedAutoregressive(order: order, context: given.context, map: map, hyper: hyper)
        }
        return assemble(name, given, parts, map: map)
    }

    static func assemble(
        _ name: String, _ given: Settings, _ parts: [any FlowTransform], map: any UnivariateMap
    ) -> Flow {
        // Written to files: what names and shapes of tensors do not tell.
        var metadata: [ByteString: String] = ["architecture": name]
        metadata["activation"] = given.activation.key
        if let spline = map as? SplineMap { metadata["bound"] = "\(spline.bound)" }
        return Flow(
            name: name, dimension: given.features,
            transforms: parts.enumerated().map { ("transform.transforms.\($0)", $1) }, prior: StandardNormal(),
            metadata: metadata)
    }
}
