import Autodiff
import Scripting
import Tensors

/// A product of sets over the first dimension of x: each part of x is projected by a set of its own.
///
/// Three forms:
/// - `Product{P, Q, R}`: x has first dimension 3; P acts on x[1], Q on x[2], R on x[3] (that dimension is gone).
/// - `Product{P}`: P acts on every x[i], whatever the first dimension: a set per row.
/// - `Product{P, Q, sizes = {m, n}}`: x has first dimension m + n; P acts on its first m entries together, Q on the
///   next n (the dimension stays).
///
/// Convex when every factor is. Problem 3 of the problem sheet is the product of problem 2's sets, pixel by pixel.
public struct Product: CataloguedSet {
    /// Its name in the module `projection`.
    public static let name = "Product"
    private let sets: [any ProjectableSet]
    /// Script values that the sets keep alive.
    public var heldValues: [Value] { sets.flatMap(\.heldValues) }
    private let sizes: [Int]?
    /// How deeply sets are nested in it, itself included.
    public let depth: Int
    /// The constructor call as a script would write it.
    public let description: String

    /// - Throws: when there is no set, or `sizes` does not give each set a number from 0.
    public init(_ sets: [any ProjectableSet], sizes: [Int]? = nil) throws {
        let operation = Product.operation
        guard !sets.isEmpty else { throw ScriptError(operation, "at least one set expected") }
        if let sizes {
            guard sizes.count == sets.count else {
                throw ScriptError(
                    operation, "\(sets.count) sets and \(sizes.count) sizes: one size for each set expected")
            }
            // A sum that overflows belongs to a shape that no tensor has.
            guard sizes.allSatisfy({ (0...Int(UInt32.max)).contains($0) }) else {
                throw ScriptError(
                    operation, "sizes \(Shape.describe(sizes)): whole numbers from 0 to 2^32 - 1 expected")
            }
        }
        (self.sets, self.sizes) = (sets, sizes)
        depth = try nestedDepth(of: sets, for: operation)
        let option = sizes.map { ["sizes = {\($0.prefix(16).map(String.init).joined(separator: ", "))}"] } ?? []
        description = describe(Product.name, sets.map(\.description) + option)
    }

    /// Whether every factor is convex.
    public var isConvex: Bool { sets.allSatisfy(\.isConvex) }

    /// The shape of points, where the factors fix one: the first factor's with the dimension of parts in front, or with
    /// the sum of `sizes` as first dimension.
    public var preferredShape: [Int]? {
        let inner = sets.lazy.compactMap(\.preferredShape).first
        if let sizes { return [sizes.reduce(0, +)] + (inner ?? [1]).dropFirst() }
        return [sets.count == 1 ? 3 : sets.count] + (inner ?? (sets.allSatisfy { $0.elementwise != nil } ? [] : [4]))
    }

    /// Projects each part of x onto its set.
    public func project(_ x: Tensor) throws -> Tensor {
        let result = try Tensor.uninitialized(x.shape, x.dtype.computing, for: operation)
        let targets = try parts(of: result)
        for (target, (part, set, label)) in zip(targets, try parts(of: x)) {
            try Cancellation.check()
            try target.part.write(named(label) { try set.project(part) }, for: operation)
        }
        return result
    }

    /// The largest violation of a part.
    public func violation(_ x: Tensor) throws -> Double {
        try parts(of: x).reduce(0) { largest, part in
            max(largest, try named(part.label) { try part.set.violation(part.part) })
        }
    }

    /// The parameters of all factors.
    public var parameters: [SetParameter] { sets.flatMap(\.parameters) }
    /// The largest size of a factor.
    public var size: Double { sets.reduce(0) { max($0, $1.size) } }
    /// Whether every factor is differentiable.
    public var isDifferentiable: Bool { sets.allSatisfy(\.isDifferentiable) }

    /// The parts' formulas, concatenated.
    public func formula(at x: Variable) throws -> Variable {
        let places = try parts(of: x.value)
        let join: ([Variable]) throws -> Variable = { try sizes == nil ? .stack($0, 0) : .concatenate($0, 0) }
        guard !places.isEmpty else { return x }
        let pieces = try x.divided(operation, into: places.map(\.part), join: join)
        return try join(
            zip(pieces, places).map { piece, place in
                try Cancellation.check()
                return try named(place.label) { try place.set.project(piece) }
            })
    }

    /// The parts' derivatives, concatenated.
    public func slope(at x: Tensor) throws -> Slope {
        let slopes = try parts(of: x).map { (slope: try $0.set.slope(at: $0.part), count: $0.part.count) }
        return { v in
            var start = 0
            return try slopes.flatMap { slope, count in
                defer { start += count }
                return try slope(Array(v[start..<start + count]))
            }
        }
    }

    /// The views of x that the sets act on.
    private func parts(of x: Tensor) throws -> [(part: Tensor, set: any ProjectableSet, label: String)] {
        let expected = sizes?.reduce(0, +) ?? sets.count
        guard x.rank >= 1, x.shape[0] == expected || (sets.count == 1 && sizes == nil) else {
            throw ScriptError(
                operation,
                (sizes.map { "sizes \(Shape.describe($0)) want" } ?? "\(sets.count) sets want")
                    + " x of first dimension \(expected), x is \(Shape.describe(x.shape))")
        }
        guard let sizes else {
            return try Shape.positions(x.shape[0], for: operation).map { i in
                (try x.select(0, i, for: operation), sets.count == 1 ? sets[0] : sets[i], "x[\(i + 1)]")
            }
        }
        var start = 0
        return try zip(sets, sizes).map { set, size in
            defer { start += size }
            return (
                try x.slice(0, from: start, count: size, for: operation), set, "x[{{\(start + 1), \(start + size)}}]"
            )
        }
    }

    /// Adds to an error which part of x it is about.
    private func named<T>(_ label: String, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as ScriptError {
            throw ScriptError(operation, "\(label): \(error)")
        }
    }

    /// The constructor as scripts see it.
    public static let declaration = Declaration(
        "projection.Product",
        """
        A product over the first dimension of x. Several sets: one for each x[i], as many as x has. One set: for \
        every x[i], a set per row. With sizes: the first set for the first m entries of x together, the second for \
        the next n, and so on.
        """,
        by: .table,
        takes: .rest("P", .projection),
        .option(
            "sizes", .optional(.list(of: .integer(from: 0), expected: "a table of whole numbers")), "one for each set"),
        returns: .projection,
        errors: """
            The first dimension of x is not the number of sets, or the sum of the sizes; what a factor refuses, with \
            the part of x.
            """,
        source: "The problem sheet: problem 3's set is the product of problem 2's, pixel by pixel.",
        example: """
            local rows = projection.Product{projection.Simplex()}
            local y = rows(tensor({{1, 0.5}, {3, 0}}))
            assert(math.abs(y[{1, 1}] - 0.75) < 1e-6 and y[{2, 1}] == 1)
            local C = projection.Product{projection.Box(3, 3), projection.Box(0, 1)}   -- problem 2
            assert(C(tensor({-1, 2}))[1]:item() == 3)
            local blocks = projection.Product{projection.Ball(1), projection.Nonnegative(), sizes = {2, 1}}
            assert(blocks:contains(tensor({0.6, 0.8, 5})))
            """
    ) { sets, sizes in try Product(sets, sizes: sizes) }

    /// The set as a function of its numbers, for the derivatives by them.
    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([0.3, -0.2, 0.5], [0.7], shape: [2, 3]) {
                try Product([Ball(center: $0[0], radius: $0[1]), Simplex($0[1])])
            }
        ]
    }

    /// Small instances for the law tests.
    public static func examples() throws -> [SetExample] {
        [
            SetExample(try Product([Simplex()]), shape: [3, 4]),
            SetExample(try Product([Box(3, 3), Box(0, 1)]), shape: [2]),
            SetExample(
                try Product([Ball(center: Tensor(0), radius: 1), Sphere(center: Tensor(0), radius: 1)]), shape: [2, 3]),
            SetExample(try Product([SecondOrderCone(), Nonnegative()], sizes: [3, 2]), shape: [5]),
        ]
    }
}
