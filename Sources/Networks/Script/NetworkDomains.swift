import Autodiff
import Scripting
import Tensors

// Domains of the arguments of functions in `nn`.

extension Domain<Module> {
    /// The network itself, shared with the script.
    public static var module: Domain { .object(Module.type).asking(for: "a module such as nn.Linear(2, 2)") }
}

extension Results<Module> {
    static var module: Results { .object(Module.type) }
}

extension Domain<[Module]> {
    static var modules: Domain { .list(of: .module, expected: "a table of modules") }
}

extension Domain<Int> {
    /// A count of features, channels or groups, within what tensors can be.
    public static var width: Domain { .integer(from: 1, to: 1 << 24) }
}

extension Domain<[Int]> {
    /// A number for both directions, or a table {vertical, horizontal}.
    static func pair(from least: Int) -> Domain {
        let element = Domain<Int>.integer(from: least, to: 1 << 24)
        return .oneOrMore(element).map(
            expected: "a whole number from \(least) or a table of two",
            show: { $0[0] == $0[1] ? "\($0[0])" : "{\($0[0]), \($0[1])}" }
        ) { numbers in
            guard (1...2).contains(numbers.count) else {
                throw Fault("a number or a table of two expected, got \(numbers.count) numbers")
            }
            return numbers.count == 1 ? [numbers[0], numbers[0]] : numbers
        }
    }

    /// One extent, or a table of extents.
    static var extents: Domain {
        .oneOrMore(.width).map { extents in
            guard !extents.isEmpty else { throw Fault("a table of extents expected, got an empty one") }
            return extents
        }
    }
}

extension Domain<Tensor> {
    /// A bool tensor, or one of zeros and ones.
    static var mask: Domain {
        Domain<Tensor>.plainTensor.map(expected: "a tensor of zeros and ones", show: { _ in "mask" }) { mask in
            if mask.dtype == .bool { return mask }
            let numbers = try mask.cast(.float64).toArray()
            if let other = numbers.first(where: { $0 != 0 && $0 != 1 }) {
                throw Fault("a mask of zeros and ones expected, got \(shown(other)) in it")
            }
            return try mask.cast(.bool)
        }
    }
}

extension Domain<Activation> {
    /// The name of an activation.
    public static var activation: Domain {
        let names = Activation.named.compactMap(\.key)
        return Domain<String>.choice(names).map(show: { "\"\($0.key ?? "")\"" }) { name in
            Activation.named.first { $0.key == name }
        }
    }
}

/// A name without a dot, as dots separate the parts of names in a file.
private func part(_ name: ByteString) throws -> String {
    guard let text = name.utf8Text, !text.isEmpty, !text.contains(".") else {
        throw Fault("the name \(name.quoted()): UTF-8 without a dot expected, as names are joined by dots")
    }
    return text
}

extension Domain<[(name: String, value: Variable)]> {
    /// `{name = tensor}`, in the order of the names.
    static var namedParameters: Domain {
        Domain<[NamedTensor]>.namedTensors.map(show: { _ in "{}" }) { tensors in
            try tensors.sorted { $0.name < $1.name }.map { (try part($0.name), $0.value) }
        }
    }
}

extension Domain<[(name: String, module: Module)]> {
    /// `{name = module}`, in the order of the names.
    public static var namedModules: Domain {
        let type = ScriptType.map(.object(Module.type.name))
        return Domain(type, expected: "a table {name = module}", show: { _ in "{}" }) { value in
            guard case .table(let table) = value else { return nil }
            let entries = try table.entries().map { key, value in
                guard case .string(let name) = key, case .object(let module as Module) = value else {
                    throw Fault("a table from names to modules expected, got \(key.shown) = \(value.shown)")
                }
                return (name, module)
            }
            return try entries.sorted { $0.0 < $1.0 }.map { (try part($0.0), $0.1) }
        }
    }
}
