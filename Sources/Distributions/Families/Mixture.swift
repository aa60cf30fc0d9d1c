import Autodiff
import RealModule
import Scripting
import Tensors

/// A mixture: p(x) = Σ w_i p_i(x). A draw is one of component i with probability w_i.
public struct Mixture: CataloguedDistribution {
    public static let name = "Mixture"
    /// The weights, divided by their sum.
    public let weights: Variable
    private let given: Variable
    /// Of equal event shapes; a single one if it is batched.
    public let components: [any Distribution]
    public var heldValues: [Value] { components.flatMap(\.heldValues) }
    /// Whether the components are one distribution whose last batch dimension counts them.
    private let isBatched: Bool
    public let batchShape: [Int]
    public let eventShape: [Int]
    private var count: Int { weights.shape.last ?? 0 }

    /// - Throws: unless weights (..., k) are from 0 and not all 0, and there are k distributions of one event shape.
    public init(_ weights: Variable, _ components: [any Distribution]) throws {
        guard let first = components.first, weights.shape.last == components.count else {
            throw ScriptError(
                Mixture.operation,
                "weights of shape \(Shape.describe(weights.shape)) and \(components.count) components: one weight per "
                    + "component, at least one, expected"
            )
        }
        try Mixture.checkAlike(components)
        var batch = Array(weights.shape.dropLast())
        for (index, component) in components.enumerated() {
            guard component.eventShape == first.eventShape else {
                throw ScriptError(
                    Mixture.operation,
                    "components[\(index + 1)] has events of shape \(Shape.describe(component.eventShape)): "
                        + "\(Shape.describe(first.eventShape)) expected, as of the first"
                )
            }
            guard let next = try? Shape.broadcast(batch, component.batchShape, for: Mixture.operation) else {
                throw ScriptError(
                    Mixture.operation,
                    "components[\(index + 1)]: its batch \(Shape.describe(component.batchShape)) does not broadcast "
                        + "with \(Shape.describe(batch)) before it"
                )
            }
            batch = next
        }
        try self.init(weights, components, batch, first.eventShape, isBatched: false)
    }

    /// - Throws: for probabilities of whole numbers beside densities, which are no parts of one sum.
    private static func checkAlike(_ components: [any Distribution]) throws {
        let discrete = try components.map { part in
            try unlessRefused { try part.support.kind }.map { $0 == .integers }
        }
        guard let whole = discrete.firstIndex(of: true), let other = discrete.firstIndex(of: false) else { return }
        throw ScriptError(
            operation,
            "components[\(whole + 1)], \(components[whole].operation), draws whole numbers and has probabilities; "
                + "components[\(other + 1)], \(components[other].operation), has a density: components of one kind "
                + "expected")
    }

    /// - Throws: unless weights (..., k) are from 0 and not all 0, and the distribution's last batch dimension is k.
    public init(_ weights: Variable, batched distribution: any Distribution) throws {
        guard let k = weights.shape.last, distribution.batchShape.last == k else {
            throw ScriptError(
                Mixture.operation,
                "weights of shape \(Shape.describe(weights.shape)) and a distribution of batch "
                    + "\(Shape.describe(distribution.batchShape)): the same last dimension expected"
            )
        }
        let batch = try Shape.broadcast(
            Array(weights.shape.dropLast()), Array(distribution.batchShape.dropLast()), for: Mixture.operation)
        try self.init(weights, [distribution], batch, distribution.eventShape, isBatched: true)
    }

    private init(_ weights: Variable, _ components: [any Distribution], _ batch: [Int], _ event: [Int], isBatched: Bool)
        throws
    {
        given = try promoted([weights])[0]
        self.weights = try normalised(given, "weights", for: Mixture.operation)
        (self.components, self.batchShape, self.eventShape, self.isBatched) = (components, batch, event, isBatched)
    }

    public var parameters: [DistributionParameter] { [DistributionParameter("weights", weights)] }
    public var dtype: DType { components.reduce(weights.dtype) { $0.promoted(with: $1.dtype) } }

    /// The results of a function of each component, stacked along a last axis.
    private func each(_ batch: [Int], _ event: [Int], _ function: (any Distribution) throws -> Variable) throws
        -> Variable
    {
        // With one float64 component or weights in float64, all components are computed in float64.
        let isWide = dtype == .float64
        func answer(_ component: any Distribution) throws -> Variable {
            guard isWide else { return try function(component) }
            return try function(component.dtype == .float32 ? component.widened() ?? component : component).wide
        }
        if isBatched {
            // The batched components' results (..., k, event), transposed to have k last.
            let value = try answer(components[0])
            let axis = value.shape.count - event.count - 1
            return try value.permute(value.shape.indices.filter { $0 != axis } + [axis])
        }
        return try Variable.stack(components.map { try answer($0).expand(batch + event) }, batch.count + event.count)
    }

    /// x with an extra axis for the components of a batched distribution.
    private func spread(_ x: Variable) throws -> Variable {
        guard isBatched else { return x }
        let lead = x.shape.count - eventShape.count
        return try x.reshape(Array(x.shape[..<lead]) + [1] + Array(x.shape[lead...]))
    }

    /// The smallest support that contains those of all components.
    public var support: Support {
        get throws {
            guard isBatched else { return try .joined(components.map { try $0.support }, batchShape) }
            let own = try components[0].support
            func extreme(_ end: Variable, largest: Bool) throws -> Variable {
                let all = try end.detached().expand(components[0].batchShape)
                let values = try all.value.extremum(all.shape.count - 1, largest: largest, for: "distribution:support")
                    .values
                return Variable(try values.reshape(Array(all.shape.dropLast())))
            }
            return Support(own.kind, try extreme(own.low, largest: false), try extreme(own.high, largest: true))
        }
    }

    public func logDensity(_ x: Variable) throws -> Variable {
        let batch = try Shape.broadcast(
            Array(x.shape.dropLast(eventShape.count)), batchShape, for: "distribution:log_prob")
        let point = try spread(x)
        return try weights.weighedLogSum(each(batch, []) { try $0.logDensity(point) })
    }

    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let batch = try Shape.broadcast(x.shape, batchShape, for: "distribution:cdf")
        let point = try spread(x)
        func part(_ side: TailSide) throws -> Variable {
            let parts = try each(batch, []) { try $0.tail(point, side, form) }
            return try form == .probability ? (parts * weights).sumOfLast(1) : weights.weighedLogSum(parts)
        }
        return try .tail(
            side, form, lower: { try part(.lower) }, upper: { try part(.upper) }, logarithms: form == .logarithm)
    }

    /// Components that compute in their own dtype do so here, too.
    public func widened() throws -> (any Distribution)? {
        let wide = try components.map { try $0.widened() ?? $0 }
        return try Mixture(given.wide, wide, batchShape, eventShape, isBatched: isBatched)
    }

    /// Weights with axes of extent 1 for the event.
    private var eventWeights: Variable {
        get throws { try weights.reshape(Array(weights.shape.dropLast()) + eventShape.map { _ in 1 } + [count]) }
    }

    public func wideMean() throws -> Variable {
        try eventWeights.averaging(each(batchShape, eventShape) { try $0.wideMean() }).sumOfLast(1)
    }

    /// Σ w (variance + (mean - overall mean)²).
    public func wideVariance() throws -> Variable {
        let means = try each(batchShape, eventShape) { try $0.wideMean() }
        let weights = try eventWeights
        let centre = try weights.averaging(means).sum([means.shape.count - 1], keepingDimensions: true)
        let away = try means - centre
        return try weights.averaging(each(batchShape, eventShape) { try $0.wideVariance() } + away * away).sumOfLast(1)
    }

    /// Everything is divided by the largest deviation or distance, so that no square over- or underflows.
    public func wideStandardDeviation() throws -> Variable {
        let means = try each(batchShape, eventShape) { try $0.wideMean() }
        let weights = try eventWeights
        let last = means.shape.count - 1
        let away = try means - weights.averaging(means).sum([last], keepingDimensions: true)
        let own = try each(batchShape, eventShape) { try $0.wideStandardDeviation() }
        let sizes = try own.value.zip(away.value, Pairwise { max(abs($0), abs($1)) }, for: operation)
        let largest = Variable(try sizes.extremum(last, largest: true, for: operation).values)
        let peak = try largest.reshape(Array(sizes.shape.dropLast())).constant { $0 > 0 && $0.isFinite ? $0 : 1 }
        let column = try peak.reshape(peak.shape + [1])
        let (first, second) = (try own / column, try away / column)
        return try weights.averaging(first * first + second * second).sumOfLast(1).sqrt() * peak
    }

    /// A draw of every component, of which one is chosen by the weights.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let lead = shape + batchShape
        let chosen = try Categorical(probs: weights.detached().expand(batchShape + [count])).draw(
            shape, from: generator, for: operation)
        let draws = try each(lead, eventShape) { component in
            // A component with fewer batch dimensions is drawn anew for each element of the mixture's batch.
            let own = isBatched ? batchShape + [count] : batchShape
            let missing = own.count - component.batchShape.count
            if missing == 0 && component.batchShape == own {
                return try component.draw(shape, from: generator, for: operation)
            }
            return try drawBroadcast(component, shape, own, generator, operation)
        }
        let index = try chosen.reshape(lead + eventShape.map { _ in 1 } + [1]).expand(lead + eventShape + [1])
        return try draws.gather(lead.count + eventShape.count, index).reshape(lead + eventShape)
    }

    /// Independent draws for a batch to which the distribution's own broadcasts: as many as the batch has per own
    /// element, rearranged.
    private func drawBroadcast(
        _ distribution: any Distribution, _ shape: [Int], _ batch: [Int], _ generator: Generator, _ operation: String
    ) throws -> Variable {
        let extra = batch.count - distribution.batchShape.count
        let repeats = batch.enumerated().map { $0 < extra || distribution.batchShape[$0 - extra] == 1 ? $1 : 1 }
        // (shape, repeats, own batch, event): axis i of the batch is repeats[i] times own[i], one of which is 1.
        let drawn = try distribution.draw(shape + repeats, from: generator, for: operation)
        var order = Array(shape.indices)
        for i in batch.indices {
            order.append(shape.count + i)
            if i >= extra { order.append(shape.count + batch.count + i - extra) }
        }
        let head = shape.count + batch.count + distribution.batchShape.count
        return try drawn.permute(order + Array(head..<drawn.shape.count)).reshape(shape + batch + eventShape)
    }

    public var description: String {
        "\(Self.operation)(weights = \(Shape.describe(weights.shape)), "
            + components.map(\.description).prefix(4).joined(separator: ", ") + (components.count > 4 ? ", ..." : "")
            + ")"
    }
}
