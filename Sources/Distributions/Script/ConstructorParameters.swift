import Scripting
import Tensors

/// A parameter of a distribution's constructor: a number, a tensor or a table of numbers, given by position or by name.
///
///     .numbers("scale", "above 0")
///     .numbers("loc", "finite", default: 0)
///     .numbers("probs", "from 0 to 1", or: .numbers("logits", "log p - log(1 - p)"))
struct ConstructorParameter: Sendable {
    let name: String
    private let note: String
    fileprivate let argument: Parameter<Numbers?>
    fileprivate let others: [ConstructorParameter]

    /// - Parameter others: options of which one may be given instead of this parameter.
    static func numbers(
        _ name: String, _ note: String = "", default fallback: Double? = nil, or others: ConstructorParameter...
    ) -> ConstructorParameter {
        typealias Argument = Parameter<Numbers>
        let argument: Parameter<Numbers?> =
            if !others.isEmpty {
                .argument(name, .optional(.numbers), note)
            } else if let fallback {
                Argument.argument(name, .numbers, default: .number(fallback), note).inContext { numbers, _ in numbers }
            } else {
                Argument.argument(name, .numbers, note).inContext { numbers, _ in numbers }
            }
        return ConstructorParameter(name: name, note: note, argument: argument, others: others)
    }

    /// The parameter as an option that may be given instead of another one.
    fileprivate var option: Parameter<Numbers?> { .option(name, .optional(.numbers), note) }
}

/// The values of a distribution's parameters, all in one dtype.
struct ConstructorArguments {
    fileprivate let values: [(name: String, value: Variable)]

    /// The parameter at an index, in the order of the declaration.
    subscript(_ index: Int) -> Variable { values[index].value }

    /// The parameter of that name; nil where an alternative was given instead.
    subscript(_ name: String) -> Variable? { values.first { $0.name == name }?.value }
}

extension Parameter<ConstructorArguments> {
    /// A distribution's parameters, and the option `dtype`: numbers take it, and tensors are converted. Without it
    /// everything is float64 if a tensor is, else float32.
    static func distribution(_ parameters: [ConstructorParameter]) -> Parameter<ConstructorArguments> {
        let arguments = parameters.map(\.argument)
        let options = parameters.map { $0.others.map(\.option) }
        let note = "of numbers and of everything computed; float64 where a tensor is"
        let shown = Parameter<DType>.option("dtype", .floatingDType, default: .float32, note)
        let dtype = Parameter<DType?>.option("dtype", .optional(.floatingDType))
        return Parameter<ConstructorArguments>(
            arguments.flatMap(\.specs) + options.joined().flatMap(\.specs) + shown.specs
        ) { call in
            let places = try arguments.map { try $0.read(&call) }
            let named = try options.map { try $0.map { try $0.read(&call) } }
            let dtype = try dtype.read(&call)
            let given = try zip(parameters, zip(places, named)).map { try $0.given($1.0, $1.1) }
            let isWide = given.contains { $0.numbers.dtype == .float64 }
            let common = dtype ?? (isWide ? .float64 : .float32)
            return ConstructorArguments(values: try given.map { ($0.name, try $0.numbers.converted(to: common)) })
        }
    }
}

extension ConstructorParameter {
    /// The alternative that was given, and its name.
    fileprivate func given(_ place: Numbers?, _ named: [Numbers?]) throws -> (name: String, numbers: Numbers) {
        let given = zip([name] + others.map(\.name), [place] + named).compactMap { name, numbers in
            numbers.map { (name: name, numbers: $0) }
        }
        if let first = given.first, given.count == 1 { return first }
        let names = [name] + others.map { "{\($0.name) = ...}" }
        let all = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        throw Fault("\(all) expected, got \(given.isEmpty ? "nothing" : given.map(\.name).joined(separator: " and "))")
    }
}

extension Numbers {
    /// The numbers as a tensor in `dtype`.
    func converted(to dtype: DType) throws -> Variable {
        let variable = try variable(dtype)
        return variable.dtype == dtype ? variable : try variable.converted(to: dtype)
    }
}
