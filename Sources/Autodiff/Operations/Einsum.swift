import Scripting
import Tensors

/// The parsed subscripts of an einsum, such as `ij,jk->ik`.
///
/// A label is a letter; dimensions behind an ellipsis have labels of their own, counted from the last.
private struct Subscripts {
    enum Label: Hashable {
        case letter(Character)
        /// The n-th dimension of an ellipsis, counted from its end.
        case unnamed(Int)
    }

    /// For each operand the labels of its dimensions.
    var inputs: [[Label]] = []
    var output: [Label] = []

    /// - Throws: ``Fault`` for a malformed equation, or one that does not fit the shapes.
    init(_ equation: String, shapes: [[Int]]) throws {
        let text = equation.filter { $0 != " " }
        let sides = text.split(separator: "->", omittingEmptySubsequences: false)
        guard sides.count <= 2 else { throw Fault("equation", "\"\(equation)\" has more than one ->") }
        let parts = sides[0].split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == shapes.count else {
            let operands = "\(shapes.count) tensor\(shapes.count == 1 ? "" : "s")"
            throw Fault(
                "equation",
                "\"\(equation)\" names \(parts.count) operand\(parts.count == 1 ? "" : "s"), \(operands) given")
        }
        var widest = 0
        for (index, (part, shape)) in zip(parts, shapes).enumerated() {
            let (letters, place) = try Self.read(part, equation)
            let unnamed = shape.count - letters.count
            guard place == nil ? unnamed == 0 : unnamed >= 0 else {
                throw Fault(
                    "equation",
                    "operand \(index + 1) has shape \(Shape.describe(shape)), its subscripts \"\(part)\" name "
                        + "\(letters.count) dimension\(letters.count == 1 ? "" : "s")")
            }
            widest = max(widest, place == nil ? 0 : unnamed)
            inputs.append(Self.labels(letters, place, unnamed))
        }
        let all = Set(inputs.joined())
        guard sides.count == 2 else {
            // Without an arrow: the ellipsis' dimensions, then every letter that occurs once.
            let once = inputs.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }
            let letters = all.compactMap { label -> Character? in
                if case .letter(let letter) = label, once[label] == 1 { letter } else { nil }
            }
            output = Self.labels(letters.sorted { $0.asciiValue ?? 0 < $1.asciiValue ?? 0 }, 0, widest)
            return
        }
        let (letters, place) = try Self.read(sides[1], equation)
        output = Self.labels(letters, place, place == nil ? 0 : widest)
        for (index, letter) in letters.enumerated() {
            guard all.contains(.letter(letter)) else {
                throw Fault("equation", "the result's \"\(letter)\" is in no operand of \"\(equation)\"")
            }
            guard !letters[..<index].contains(letter) else {
                throw Fault("equation", "the result of \"\(equation)\" names \"\(letter)\" twice")
            }
        }
    }

    /// The letters of one operand, and before which of them the ellipsis stands; nil without one.
    private static func read(_ part: Substring, _ equation: String) throws -> (letters: [Character], ellipsis: Int?) {
        var (letters, ellipsis): ([Character], Int?) = ([], nil)
        var rest = part
        while let next = rest.first {
            if rest.hasPrefix("...") {
                guard ellipsis == nil else {
                    throw Fault("equation", "\"\(part)\" in \"\(equation)\" has two ellipses")
                }
                ellipsis = letters.count
                rest = rest.dropFirst(3)
                continue
            }
            guard next.isASCII, next.isLetter else {
                throw Fault(
                    "equation",
                    "\"\(next)\" in \"\(equation)\": letters a to z and A to Z, \"...\", \",\" and \"->\" expected")
            }
            letters.append(next)
            rest = rest.dropFirst()
        }
        return (letters, ellipsis)
    }

    private static func labels(_ letters: [Character], _ place: Int?, _ unnamed: Int) -> [Label] {
        var labels = letters.map { Label.letter($0) }
        if let place { labels.insert(contentsOf: (0..<unnamed).reversed().map { .unnamed($0) }, at: place) }
        return labels
    }
}

extension Subscripts.Label: CustomStringConvertible {
    var description: String {
        switch self {
        case .letter(let letter): "\"\(letter)\""
        case .unnamed(let place): "dimension -\(place + 1) of ..."
        }
    }
}

/// A tensor whose dimensions have distinct labels.
private struct Labelled {
    typealias Label = Subscripts.Label
    var tensor: Variable
    var labels: [Label]

    /// An operand. A label that occurs twice selects the diagonal; dimensions of extent 1 that are broadcast are
    /// dropped.
    init(_ x: Variable, _ names: [Label], extents: [Label: Int]) throws {
        (tensor, labels) = (x, names)
        while let (first, second) = Self.repeated(labels) {
            let others = labels.indices.filter { $0 != first && $0 != second }
            let turned = try tensor.permute(others + [first, second])
            tensor = try turned.rearranged("tensor.einsum", turned.value.diagonal(for: "tensor.einsum")) {
                cotangent, shape in
                try cotangent.placed(into: shape) { try $0.diagonal(for: "tensor.einsum") }
            }
            labels = others.map { labels[$0] } + [labels[first]]
        }
        let kept = labels.indices.filter { tensor.shape[$0] == extents[labels[$0]] }
        if kept.count < labels.count {
            tensor = try tensor.reshape(kept.map { tensor.shape[$0] })
            labels = kept.map { labels[$0] }
        }
    }

    private init(_ tensor: Variable, _ labels: [Label]) { (self.tensor, self.labels) = (tensor, labels) }

    private static func repeated(_ labels: [Label]) -> (Int, Int)? {
        for (place, label) in labels.enumerated() {
            if let first = labels[..<place].firstIndex(of: label) { return (first, place) }
        }
        return nil
    }

    private func extent(_ label: Label) -> Int { labels.firstIndex(of: label).map { tensor.shape[$0] } ?? 1 }

    func size(_ wanted: some Sequence<Label>) -> Double { wanted.reduce(1) { $0 * Double(extent($1)) } }

    /// Summed over labels that are not in `needed`.
    func summed(to needed: Set<Label>) throws -> Labelled {
        let gone = labels.indices.filter { !needed.contains(labels[$0]) }
        return gone.isEmpty ? self : Labelled(try tensor.sum(gone), labels.filter { needed.contains($0) })
    }

    /// The dimensions in that order; each group becomes one dimension.
    private func grouped(_ groups: [[Label]]) throws -> Variable {
        let order = groups.joined().compactMap { labels.firstIndex(of: $0) }
        return try tensor.permute(order).reshape(groups.map { try Shape.count($0.map(extent), for: "tensor.einsum") })
    }

    func ordered(_ wanted: [Label]) throws -> Variable {
        try tensor.permute(wanted.compactMap { labels.firstIndex(of: $0) })
    }

    /// The product with another one, summed over labels that both have and that are not needed afterwards. Labels of
    /// only one operand that are not needed have been summed already.
    func times(_ other: Labelled, needed: Set<Label>) throws -> Labelled {
        let shared = labels.filter { other.labels.contains($0) }
        let (batch, inner) = (shared.filter { needed.contains($0) }, shared.filter { !needed.contains($0) })
        let (left, right) = (labels.filter { !shared.contains($0) }, other.labels.filter { !shared.contains($0) })
        let result = batch + left + right
        let shape = batch.map(extent) + left.map(extent) + right.map(other.extent)
        // Many products of small vectors are faster as one elementwise product.
        if inner.isEmpty || (!batch.isEmpty && size(left) == 1 && other.size(right) == 1) {
            let product = try grouped([batch, left, [], inner]) * other.grouped([batch, [], right, inner])
            return Labelled(try (inner.isEmpty ? product : product.sum([3])).reshape(shape), result)
        }
        let product = try grouped([batch, left, inner]).matmul(
            other.grouped([batch, inner, right]), for: "tensor.einsum")
        return Labelled(try product.reshape(shape), result)
    }
}

extension Variable {
    /// Products of tensors, summed over dimensions as an equation says.
    ///
    /// Two tensors at a time, beginning with the pair whose product is smallest, each as a matrix product.
    static func einsum(_ equation: String, _ operands: [Variable]) throws -> Variable {
        let subscripts = try Subscripts(equation, shapes: operands.map(\.shape))
        for (index, (labels, operand)) in zip(subscripts.inputs, operands).enumerated() {
            for (place, label) in labels.enumerated() where labels.filter({ $0 == label }).count > 1 {
                guard let first = labels.firstIndex(of: label), operand.shape[first] != operand.shape[place] else {
                    continue
                }
                throw Fault(
                    "\(label) is \(operand.shape[first]) and \(operand.shape[place]) in operand \(index + 1), "
                        + "\(Shape.describe(operand.shape))"
                )
            }
        }
        var extents: [Subscripts.Label: Int] = [:]
        for (index, (labels, operand)) in zip(subscripts.inputs, operands).enumerated() {
            for (label, extent) in zip(labels, operand.shape) {
                guard let known = extents[label], known != 1 else {
                    extents[label] = extent
                    continue
                }
                guard extent == known || extent == 1 else {
                    throw Fault(
                        "\(label) is \(known) before and \(extent) in operand \(index + 1), "
                            + "\(Shape.describe(operand.shape))"
                    )
                }
            }
        }
        var parts = try zip(operands, subscripts.inputs).map { try Labelled($0, $1, extents: extents) }
        func needed(without taken: Set<Int>) -> Set<Subscripts.Label> {
            parts.indices.reduce(into: Set(subscripts.output)) {
                if !taken.contains($1) { $0.formUnion(parts[$1].labels) }
            }
        }
        for index in parts.indices { parts[index] = try parts[index].summed(to: needed(without: [index])) }
        while parts.count > 1 {
            var best: (size: Double, first: Int, second: Int)?
            for second in parts.indices.dropFirst() {
                for first in 0..<second {
                    let kept = Set(parts[first].labels + parts[second].labels).intersection(
                        needed(without: [first, second]))
                    let size = kept.reduce(1.0) { $0 * Double(extents[$1] ?? 1) }
                    if size < best?.size ?? .infinity { best = (size, first, second) }
                }
            }
            let (first, second) = (best?.first ?? 0, best?.second ?? 1)
            let product = try parts[first].times(parts[second], needed: needed(without: [first, second]))
            parts.remove(at: second)
            parts[first] = product
        }
        let result = try parts[0].ordered(subscripts.output)
        // A diagonal or a permutation may be a view of an operand: copied.
        return operands.contains { $0.value.storage === result.value.storage } ? try result.clone() : result
    }
}

extension Operation {
    static let einsum = Operation(
        Declaration(
            "tensor.einsum",
            """
            Products of tensors, summed as the equation says: a letter names a dimension of every operand that has it; \
            what is not named behind `->` is summed over. `"ij,jk->ik"` is the product of two matrices, `"ii->i"` the \
            diagonal, `"bij,bjk->bik"` products of matrices in pairs. `...` stands for the dimensions that are not \
            named, broadcast. Without `->` the result has those of `...`, then every letter that stands once, in \
            alphabetical order.
            """,
            takes: .argument("equation", .text), .restOrTable("operand", .tensor, "tensors, or one table of them"),
            returns: .tensor,
            errors: "subscripts that do not fit the tensors; extents that differ under one letter",
            source: "torch.einsum",
            example: """
                local A, B = tensor({{1, 2}, {3, 4}}), tensor({{5}, {6}})
                assert(tensor.einsum("ij,jk->ik", A, B)[{1, 1}] == 17)
                assert(tensor.einsum("ii", A):item() == 5)
                """
        ) { equation, operands in try Variable.einsum(equation, operands) },
        cases: [
            LawCase("einsum ij,jk->ik", [.init([2, 3]), .init([3, 2])]) { try .einsum("ij,jk->ik", $0) },
            LawCase("einsum iij,...j->i...", [.init([2, 2, 3]), .init([2, 3])]) { try .einsum("iij,...j->i...", $0) },
            LawCase("einsum bi,bij,bj->b", [.init([2, 2]), .init([2, 2, 3]), .init([2, 3])]) {
                try .einsum("bi,bij,bj->b", $0)
            },
            LawCase("einsum ij,ij", [.init([2, 3]), .init([1, 3])]) { try .einsum("ij,ij", $0) },
        ])
}
