import Scripting
import Tensors

// Domains of parameters of plots and images: coordinates, matrices, labels, colours, images, figures.

extension Domain<[Double]> {
    /// Beyond this, differences of two values may overflow.
    private static let largest = 1e150

    /// Finite numbers, at least one: a tensor of shape (N) or a list.
    static var coordinates: Domain { .coordinates() }

    /// - Parameter gaps: whether NaN, infinite and too large elements are allowed, which all become NaN.
    static func coordinates(gaps: Bool = false) -> Domain {
        let type = ScriptType.either([.object(Variable.type.name), .list(.number)])
        return Domain(type, expected: "a tensor or a list of numbers", show: { _ in "numbers" }) { value in
            guard let numbers = try listed(value) else { return nil }
            guard !numbers.isEmpty else { throw Fault("at least one number expected, got none") }
            if gaps {
                let drawn = numbers.map { abs($0) <= largest ? $0 : .nan }
                guard drawn.contains(where: \.isFinite) else {
                    throw Fault("no number that can be drawn: all are NaN, infinite or beyond 1e150")
                }
                return drawn
            }
            if let bad = numbers.firstIndex(where: { !(abs($0) <= largest) }) {
                throw Fault("element \(bad + 1) is \(shown(numbers[bad])); only numbers up to 1e150 can be drawn")
            }
            return numbers
        }
    }

    private static func listed(_ value: Value) throws -> [Double]? {
        switch value {
        case .object(let variable as Variable):
            guard variable.shape.count == 1 else {
                throw Fault("shape (N) expected, got \(Shape.describe(variable.shape))")
            }
            return try variable.value.toArray()
        case .table(let table):
            guard let numbers = try table.numbers() else {
                throw Fault("a list of numbers expected, it holds something else")
            }
            return numbers
        default: return nil
        }
    }

    /// Half the lengths of error bars; gaps have none.
    static var halfLengths: Domain {
        Domain.coordinates(gaps: true).map(show: { _ in "numbers" }) { lengths in
            if let bad = lengths.firstIndex(where: { $0 < 0 }) {
                throw Fault("element \(bad + 1) is \(lengths[bad]); errors are not negative")
            }
            return lengths
        }
    }
}

/// Two numbers, of which `high` is greater.
struct Limits {
    let low: Double
    let high: Double
}

extension Domain<Limits> {
    /// A table `{low, high}`.
    static var limits: Domain {
        Domain<[Double]>.coordinates.map(show: { "{\(shown($0.low)), \(shown($0.high))}" }) { numbers in
            guard numbers.count == 2, numbers[0] < numbers[1] else {
                let given = numbers.prefix(3).map { Value.number($0).shown }.joined(separator: ", ")
                throw Fault("{low, high} with low < high expected, got {\(given)}")
            }
            return Limits(low: numbers[0], high: numbers[1])
        }
    }
}

/// A matrix of finite numbers, not empty.
struct Matrix {
    let values: [Double]
    let rows: Int
    let columns: Int

    /// - Throws: ``Fault`` for a tensor that is no matrix.
    init(_ tensor: Tensor) throws {
        let shape = tensor.shape
        guard shape.count == 2 || (shape.count == 3 && shape[0] == 1) else {
            throw Fault("shape (H, W) expected, got \(Shape.describe(shape))")
        }
        (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        try PixelLimits.check(width: columns, height: rows, for: "")
        values = try tensor.toArray()
        if let bad = values.firstIndex(where: { !(abs($0) <= 1e150) }) {
            throw Fault("element {\(bad / columns + 1), \(bad % columns + 1)} is \(shown(values[bad]))")
        }
    }
}

extension Domain<Matrix> {
    static var matrix: Domain {
        Domain<Tensor>.plainTensor.asking(for: "a tensor of shape (H, W)").map(show: { _ in "matrix" }, Matrix.init)
    }
}

extension Domain<String> {
    /// A label: a text, or a number.
    static var label: Domain {
        Domain(.either([.string, .number]), expected: "a text", show: { ByteString($0).quoted() }) { value in
            switch value {
            case .string(let text): MathText.written(text.text)
            case .integer(let whole): String(whole)
            case .number(let number): TickOptions.written(number)
            default: nil
            }
        }
    }
}

extension Domain<String> {
    /// A text in a figure, in which `$\\sigma$` is a letter.
    static var words: Domain { text.map(show: { ByteString($0).quoted() }) { MathText.written($0) } }

    /// The lines of a title: a text, or a table of lines and settings, `{"SGD", lr = 0.1, steps = 400}`; settings are
    /// shown on a further line.
    static var title: Domain {
        Domain(
            .either([.string, .table]), expected: "a text or a table of texts and settings",
            show: { ByteString($0).quoted() }
        ) { value in
            var lines: [String] = []
            switch value {
            case .string(let text): lines = [text.text]
            case .table(let table):
                var settings: [String] = []
                for (key, value) in try table.entries().inOrderOfKeys {
                    switch (key, value) {
                    case (.integer, .string(let text)): lines.append(text.text)
                    case (.string(let name), .string(let text)): settings.append("\(name.text) = \(text.text)")
                    case (.string(let name), .boolean(let flag)): settings.append("\(name.text) = \(flag)")
                    case (.string(let name), .integer), (.string(let name), .number):
                        settings.append("\(name.text) = \(TickOptions.written(value.asNumber ?? .nan))")
                    case (.string(let name), _):
                        throw Fault(
                            "setting \(name.text): a number, a text or true or false expected, got \(value.shown)")
                    default: throw Fault("a text expected at \(key.shown), got \(value.shown)")
                    }
                }
                if !settings.isEmpty { lines.append(settings.joined(separator: ", ")) }
            default: return nil
            }
            lines = lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
            guard lines.count <= 8 else { throw Fault("at most 8 lines expected, got \(lines.count)") }
            return MathText.written(lines.joined(separator: "\n"))
        }
    }
}

extension Domain<[String]> {
    static var labels: Domain { .list(of: .label, expected: "a list of texts") }

    /// The captions of one or several images.
    static var captions: Domain {
        labels.or(Domain<String>.text.map { [$0] }).asking(for: "a string or a list of strings")
    }
}

extension Domain<Color> {
    /// A colour: a name in the palette, or `#rrggbb`.
    static var color: Domain {
        let names = Palette.named.map(\.name)
        let expected = "#rrggbb or one of \(names.joined(separator: ", "))"
        return Domain(.string, expected: expected, show: { _ in "color" }) { value in
            guard case .string(let text) = value else { throw Fault("a string expected, got \(value.shown)") }
            guard let color = Palette.color(named: text.text) else {
                throw Fault("\(expected) expected, got \(value.shown)\(suggestion(for: text.text, among: names))")
            }
            return color
        }
    }
}

extension Domain<[Tensor]> {
    /// A table of tensors, or one tensor: an image, or a batch.
    /// - Parameter batch: whether a tensor of three dimensions is a batch of grey images even if it could be one colour
    ///   image.
    static func pictures(batch: Bool) -> Domain {
        let one = Domain<Tensor>(.object(Variable.type.name), expected: "a tensor", show: { _ in "tensor" }) { value in
            if case .object(let object as Variable) = value { object.value } else { nil }
        }
        let several = one.map { tensor in
            guard tensor.rank == 4 || (batch && tensor.rank == 3) else { return [tensor] }
            return try Shape.positions(tensor.shape[0], for: "").map { try tensor.select(0, $0, for: "") }
        }
        return several.or(.list(of: one)).asking(for: "a tensor or a table of tensors")
    }
}

extension Domain<Figure> {
    static var figure: Domain { .object(Figure.type) }
}

extension Results<Figure> {
    static var figure: Results { .object(Figure.type) }
}
