import Scripting
import Tensors

extension Variable {
    /// The lower median of each row along an axis (kept with extent 1), and its 1-based position in int64; if there is
    /// a NaN, NaN and its position.
    func medians(_ axis: Int) throws -> (values: Variable, indices: Variable) {
        let operation = "tensor.median"
        try checkElements(along: axis, operation)
        let middle = (shape[axis] - 1) / 2
        var places = try value.order(axis, limit: middle + 1, for: operation).slice(axis, from: middle, count: 1)
        if dtype.isFloating {
            // `extremum` returns NaN if there is one, and the median is to do the same.
            let (peak, place) = try value.extremum(axis, largest: true, for: operation)
            places = try place.choose(peak.compare(peak, NotEqual(), for: operation), places)
        }
        let indices = try Variable(places) + 1
        return (try gather(axis, indices, for: operation), indices)
    }

    /// The lower median of all elements; elements equal to it share the gradient.
    func median() throws -> Variable {
        let operation = "tensor.median"
        let kept = try reshape([value.count]).detached().medians(0).values.value.reshape([])
        return try .recorded(operation, self, kept, keeps: [.inputs, .outputs]) { call in
            let winners = Variable(try call.inputs[0].value.compare(call.outputs[0].value, Same(), for: operation))
            return [try (call.cotangent / winners.sum()).kept(where: winners)]
        }
    }

    fileprivate func checkElements(along axis: Int, _ operation: String) throws {
        guard shape[axis] > 0 else { throw ScriptError(operation, "no elements in \(Shape.describe(shape))") }
    }
}

/// The value of a quantile that lies between two elements.
enum Interpolation: String, CaseIterable, Sendable {
    case linear, lower, higher, midpoint, nearest

    /// - Parameter rank: the position among the sorted elements, from 0.
    /// - Returns: the element below, and the weight of the next one.
    func place(_ rank: Double) -> (below: Int, weight: Double) {
        let below = rank.rounded(.down)
        return switch self {
        case .linear: (Int(below), rank - below)
        case .lower: (Int(below), 0)
        case .higher: (Int(rank.rounded(.up)), 0)
        case .midpoint: (Int(below), rank == below ? 0 : 0.5)
        case .nearest: (Int(rank.rounded(.toNearestOrEven)), 0)
        }
    }
}

extension Variable {
    /// The q-quantiles along an axis, for q (k) between 0 and 1; the axis is removed, and the result has k as first
    /// extent. NaN for a row with NaN. Linear interpolation has a gradient by q, too.
    func quantiles(_ q: Variable, _ axis: Int, _ interpolation: Interpolation) throws -> Variable {
        let operation = "tensor.quantile"
        try checkElements(along: axis, operation)
        // Its numbers are read below without being recorded.
        if GradMode.isEnabled { try q.checkFresh(operation) }
        // Ranks are computed in float64, which is exact for integers up to 2^53.
        guard shape[axis] <= 1 << 53 else {
            throw ScriptError(operation, "\(shape[axis]) elements in a row of \(Shape.describe(shape)); at most 2^53")
        }
        let x = try converted(to: dtype.computing).movedLast(axis)
        let (n, last) = (shape[axis], shape.count - 1)
        let ranks = try q.value.toArray().map { $0 * Double(n - 1) }
        let places = ranks.map { interpolation.place($0) }
        let order = try x.value.order(last, for: operation)
        // NaN is sorted last.
        let largest = try x.detached().gather(last, Variable(order.slice(last, from: n - 1, count: 1)) + 1).value
        let nan = try largest.compare(largest, NotEqual(), for: operation)
        func elements(_ positions: [Int]) throws -> Variable {
            let picked = try Slices(axis: last, positions: positions, extent: n).take(order)
            let whole = try order.slice(last, from: n - 1, count: 1).choose(nan, picked)
            return try x.gather(last, Variable(whole) + 1, for: operation)
        }
        let below = try elements(places.map(\.below))
        let varies = interpolation == .linear && q.requiresGrad
        guard varies || places.contains(where: { $0.weight > 0 }) else { return try below.movedFirst() }
        let above = try elements(places.map { Swift.min($0.below + 1, n - 1) })
        var weight = Variable(try Tensor(places.map(\.weight), shape: [places.count], .float64))
        if varies {
            let start = Variable(try Tensor(places.map { Double($0.below) }, shape: [places.count], .float64))
            weight = try q.converted(to: .float64) * Double(n - 1) - start
        }
        weight = try weight.converted(to: x.dtype)
        let gap = try above - below
        var result = try below + gap * weight
        // Between infinities, and between one and a number, the difference is not finite; a weighted sum is used there.
        let finite = try Variable((gap - gap).value.compare(Tensor(0, gap.dtype), Equal(), for: operation))
        if gap.value.count > 0, try finite.value.extremum(nil, largest: false, for: operation).values.item() == 0 {
            // An infinite element with weight 0 contributes nothing.
            let moves = Variable(try Tensor(places.map { $0.weight > 0 ? 1 : 0 }, shape: [places.count], .bool))
            result = try (below + gap.kept(where: finite) * weight).choose(
                finite, (below * (1 - weight) + above * weight).choose(moves, below))
        }
        // At weight 0 the next element does not matter.
        let isOn = Variable(try Tensor(places.map { varies || $0.weight > 0 ? 1 : 0 }, shape: [places.count], .bool))
        return try result.choose(isOn, below).movedFirst()
    }

    /// The axis moved to the end.
    private func movedLast(_ axis: Int) throws -> Variable {
        try permute(shape.indices.filter { $0 != axis } + [axis])
    }

    /// The last axis moved to the front.
    private func movedFirst() throws -> Variable {
        try permute([shape.count - 1] + Array(0..<(shape.count - 1)))
    }
}

extension Domain<Numbers> {
    /// The argument of quantiles, numbers from 0 to 1: a number, a vector or a table.
    fileprivate static var shares: Domain {
        numbers.map(show: { _ in "q" }) { given in
            let values = try given.variable(.float64).value
            guard values.rank <= 1 else {
                throw Fault("a number or a vector expected, got shape \(Shape.describe(values.shape))")
            }
            if let wrong = try values.toArray().first(where: { !($0 >= 0 && $0 <= 1) }) {
                throw Fault("numbers from 0 to 1 expected, got \(shown(wrong))")
            }
            return given
        }
    }
}

extension Operation {
    static let median = Operation(
        Declaration(
            "tensor.median",
            """
            The lower median: of an even number of elements the smaller of the two in the middle, as in PyTorch \
            (quantile(0.5) has their mean). Along a dimension also where it is, counted from 1, in int64. NaN wins. \
            Without dim, elements that are equal to it share the gradient.
            """,
            called: .both,
            forms: Form(takes: .x, returns: .tensor) { x in try x.median() },
            Form(by: .placesOrNames, takes: .x, .oneDim, .keepdim, returns: .valuesAndIndices) { x, dim, keep in
                guard let dim = try x.oneDimension(dim) else { return [try x.median()] }
                return try x.along(dim) { row, axis in
                    let (values, indices) = try row.medians(axis)
                    return try [values, indices].map { keep ? $0 : try $0.dropping([axis]) }
                }
            },
            errors: "no elements; a dimension that is not there", source: "torch.median",
            example: """
                local v, i = tensor({{5, 1, 3}}):median(2)
                assert(v:tolist()[1] == 3 and i:tolist()[1] == 3)
                """),
        cases: [
            LawCase("median of all", [.init([2, 3])]) { try $0[0].median() },
            LawCase("median over columns", [.init([2, 4])]) { try $0[0].medians(1).values },
        ])

    static let quantile = Operation(
        Declaration(
            "tensor.quantile",
            """
            What a share q of the elements lies below, along dim or of all: between two elements, the point that \
            divides their distance as q says. For a vector or table of q the first dimension of the result has one \
            place for each. A row that holds NaN has NaN.
            """,
            called: .both, by: .placesOrNames, takes: .x, .argument("q", .shares, "from 0 to 1"), .oneDim, .keepdim,
            .option("interpolation", .choice(), default: Interpolation.linear, "what lies between two elements"),
            returns: .tensor, errors: "no elements; a dimension that is not there", source: "torch.quantile",
            example: """
                local x = tensor({4, 1, 3, 2})
                assert(x:quantile(0.5):item() == 2.5)
                assert(x:quantile({0, 1}):tolist()[2] == 4)
                """
        ) { x, q, dim, keep, interpolation in
            let axis = try x.oneAxis(dim)
            let shares = try q.variable(.float64)
            let row = try axis == nil ? x.reshape([x.value.count]) : x
            let all = try row.quantiles(shares.reshape([shares.value.count]), axis ?? 0, interpolation)
            let kept = x.shape.indices.map { axis == nil || $0 == axis ? 1 : x.shape[$0] }
            let rest = keep ? kept : Array(all.shape.dropFirst())
            return try all.reshape((shares.shape.isEmpty ? [] : [shares.value.count]) + rest)
        },
        cases: [
            LawCase("quantiles of all", [.init([2, 3])]) { inputs in
                try inputs[0].reshape([6]).quantiles(Variable(Tensor([0.1, 0.5, 1], shape: [3], .float64)), 0, .linear)
            },
            LawCase("quantiles over rows", [.init([5, 2])]) { inputs in
                try inputs[0].quantiles(Variable(Tensor([0.3], shape: [1], .float64)), 0, .linear)
            },
            LawCase("quantiles by q", [.init([5]), .init([2], 0.3...0.45)]) { try $0[0].quantiles($0[1], 0, .linear) },
        ])
}
