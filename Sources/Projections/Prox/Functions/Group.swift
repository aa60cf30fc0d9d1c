import Autodiff
import Scripting
import Tensors

/// weight times the sum of the Euclidean norms of groups of elements; its proximal map makes whole groups 0. Without
/// `groups` each x[i] is a group.
public struct Group: VectorFunction {
    public static let name = "Group"
    private let weight: Double
    /// Positions from 0 in row-major order.
    private let groups: [[Int]]?

    /// - Parameter groups: positions from 1; elements in no group do not count.
    public init(_ weight: Double = 1, groups: [[Int]]? = nil) throws {
        self.weight = try checkedWeight(weight, for: Group.operation)
        var seen: Set<Int> = []
        for (index, group) in (groups ?? []).enumerated() {
            for position in group {
                guard position >= 1 else {
                    throw ScriptError(
                        Group.operation, "group \(index + 1) has the position \(position); they count from 1")
                }
                guard seen.insert(position).inserted else {
                    throw ScriptError(
                        Group.operation, "position \(position) is in two groups, or twice in group \(index + 1)")
                }
            }
        }
        self.groups = groups?.map { $0.map { $0 - 1 } }
    }

    func check(shape: [Int]) throws {
        let count = try Shape.count(shape, for: operation)
        if let last = groups?.joined().max(), last >= count {
            throw ScriptError(
                operation, "a group has the position \(last + 1), x \(Shape.describe(shape)) has \(count) elements")
        }
        guard groups != nil || !shape.isEmpty else {
            throw ScriptError(operation, "x is a single number, which has no x[i] to be groups")
        }
        if groups == nil { _ = try Shape.positions(shape.first ?? 0, for: operation) }
    }

    private func places(_ shape: [Int]) -> [[Int]] {
        if let groups { return groups }
        let size = shape.dropFirst().reduce(1, *)
        return (0..<(shape.first ?? 0)).map { Array($0 * size..<($0 + 1) * size) }
    }

    func value(of x: [Double], shape: [Int]) -> Double {
        weight * places(shape).reduce(0) { sum, group in sum + norm(group.map { x[$0] }) }
    }

    func nearest(to x: [Double], step: Double, shape: [Int]) -> [Double] {
        var result = x
        for group in places(shape) {
            for (place, value) in zip(group, shortened(group.map { x[$0] }, by: weight * step)) {
                result[place] = value
            }
        }
        return result
    }

    func conjugate(of y: [Double], shape: [Int], slack: Double) -> Double {
        var rest = y
        for group in places(shape) {
            let slack = slack * Double(group.count).squareRoot()
            guard norm(group.map { y[$0] }) <= weight + slack else { return .infinity }
            for place in group { rest[place] = 0 }
        }
        return rest.largestMagnitude <= slack ? 0 : .infinity
    }

    /// The elements of each group, then those of no group; and the order that puts them back.
    private func parts(_ x: Variable) throws -> (parts: [Variable], order: [Int]) {
        let groups = places(x.shape)
        let grouped = Set(groups.joined())
        let all = (groups + [(0..<x.value.count).filter { !grouped.contains($0) }])
        let flat = try x.reshape([x.value.count])
        let parts = try all.map { group in
            try flat.indexSelect(0, Variable(group.map { Double($0 + 1) }, shape: [group.count]))
        }
        return (parts, all.flatMap { $0 })
    }

    public func valueFormula(at x: Variable) throws -> Variable {
        try parts(x).parts.dropLast().reduce(try (x * 0).sum()) { sum, part in
            try part.value.toArray().contains { $0 != 0 } ? sum + part.length() * weight : sum
        }
    }

    public func proxFormula(at x: Variable, step: Double) throws -> Variable {
        let (parts, order) = try parts(x)
        guard let rest = parts.last else { return x }
        let moved = try parts.dropLast().map { try $0.shortened(by: weight * step) } + [rest]
        var back = [Double](repeating: 0, count: order.count)
        for (position, place) in order.enumerated() { back[place] = Double(position + 1) }
        return try Variable.concatenate(moved, 0).indexSelect(0, Variable(back, shape: [back.count])).reshape(x.shape)
    }

    public var description: String {
        "prox.Group(\(format(weight))\(groups.map { ", {groups = \($0.count) lists}" } ?? ""))"
    }

    public static let declaration = Declaration(
        "prox.Group",
        """
        weight times the sum of the Euclidean lengths of groups of elements: the proximal map shortens each group, and \
        makes short ones 0 as a whole (the group lasso). Without groups they are x[1], x[2], ...
        """,
        takes: .weight,
        .option(
            "groups",
            .optional(
                .list(of: .list(of: .integer(from: 1), expected: "a list of positions"), expected: "a list of lists")),
            "lists of positions in x (row-major, from 1), none of them twice; elements in none stay as they are"),
        returns: .prox, errors: "weight is negative or not finite; a position is there twice, or beyond x.",
        source: "Yuan and Lin 2006; Parikh and Boyd 2014, section 6.5.4.",
        example: """
            local y = prox.Group(1)(tensor({{3, 4}, {0.3, 0.4}}), 2.5)
            assert(math.abs(y[{1, 1}] - 1.5) < 1e-6 and y[{2, 1}] == 0 and y[{2, 2}] == 0)
            local pair = prox.Group(1, {groups = {{1, 3}}})
            assert(pair(tensor({3, 7, 4}), 5)[{2}] == 7)
            """
    ) { weight, groups in try Group(weight, groups: groups) }

    public static func examples() throws -> [FunctionExample] {
        [
            FunctionExample(try Group(0.7), shape: [3, 2]),
            FunctionExample(try Group(0.5, groups: [[1, 4], [2, 3]]), shape: [5]),
        ]
    }
}
