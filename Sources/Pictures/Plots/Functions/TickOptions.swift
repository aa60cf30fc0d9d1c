import Scripting

/// The positions of an axis's ticks, with labels if they are not the numbers: `{0, 1}` or `{{0, 1}, {"zero", "one"}}`.
struct TickOptions {
    let places: [Double]
    let labels: [String]?

    /// The most ticks that can be given.
    private static let most = 1000

    static let domain = Domain<TickOptions>(
        .either([.object("tensor"), .list(.any)]), expected: "a tensor or a list of numbers", show: { _ in "numbers" }
    ) { value in
        guard case .table(let table) = value, try table.count == 2, case .table = try table.value(at: 1) else {
            return try numbers(value).map { TickOptions(places: $0, labels: nil) }
        }
        let (places, labels) = (try table.value(at: 1), try table.value(at: 2))
        guard let texts = try Domain<[String]>.labels.read(labels) else {
            throw Fault("a list of texts expected behind the numbers, got \(labels.shown)")
        }
        return try numbers(places).map { TickOptions(places: $0, labels: texts) }
    }

    /// An empty list means no ticks.
    private static func numbers(_ value: Value) throws -> [Double]? {
        if case .table(let table) = value, try table.elements().isEmpty { return [] }
        guard let numbers = try Domain<[Double]>.coordinates.read(value) else { return nil }
        guard numbers.count <= most else { throw Fault("at most \(most) marks expected, got \(numbers.count)") }
        return numbers
    }

    /// The ticks of an axis.
    /// - Parameters:
    ///   - name: the option with the positions.
    ///   - given: the labels in the option `labelName`.
    func marks(_ name: String, _ given: [String]?, _ labelName: String, on axis: Axis) throws -> [Ticks.Mark] {
        if given != nil, labels != nil { throw Fault(labelName, "option \(name) holds labels already") }
        if axis.isLogarithmic, let bad = places.first(where: { $0 <= 0 }) {
            throw Fault(name, "a logarithmic axis has only positive numbers, got \(bad)")
        }
        guard let labels = given ?? labels else {
            return places.map { Ticks.Mark(value: $0, label: Ticks.Label(Self.written($0))) }
        }
        guard labels.count == places.count else {
            throw Fault(labelName, "\(labels.count) labels for \(places.count) marks (\(name))")
        }
        return zip(places, labels).map { Ticks.Mark(value: $0, label: Ticks.Label($1)) }
    }

    /// A number as scripts write it, integers without a point.
    static func written(_ number: Double) -> String {
        let text = Int(exactly: number).map(String.init) ?? Value.number(number).shown
        return text.replacing("-", with: Ticks.minus)
    }
}
