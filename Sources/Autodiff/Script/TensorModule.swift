import Scripting
import Tensors

/// The module `tensor`: makers of tensors, every operation of the catalogue, and the userdata type itself.
public struct TensorModule: ScriptModule {
    private let added: [Operation]
    /// Operations of the catalogue and those passed to `init`. Created when first needed: most programs start without
    /// them.
    private var operations: [Operation] { Operation.catalogue + added }

    /// - Parameter operations: more operations beside the catalogue's.
    public init(adding operations: [Operation] = []) { added = operations }

    public let name = "tensor"
    public let summary = """
        Dense float32 (default), float64, int64 and bool arrays, with operations that can be differentiated.
        """
    public var functions: [NativeFunction] { TensorMakers.all + operations.map(\.function) }
    public var sections: [ModuleSection] {
        [ModuleSection("Making tensors", TensorMakers.all.map(\.shortName))]
            + Operation.sections.map { ModuleSection($0.title, $0.operations.map(\.name)) }
    }
    public var call: NativeFunction? { NativeFunction(TensorMakers.tensor) }

    public var types: [TypeBinding] {
        [
            TypeBinding(
                Variable.type,
                "A dense array of numbers. Indices and dimensions count from 1; negative ones from the end.",
                methods: TensorMethods.all + operations.compactMap(\.inPlace?.function)
                    + operations.filter(\.isMethod).map { $0.function.named("tensor:\($0.name)") },
                properties: TensorProperties.all,
                setters: TensorProperties.setters,
                operators: [
                    .add: Operation.add.function, .subtract: Operation.sub.function, .multiply: Operation.mul.function,
                    .divide: Operation.div.function, .floorDivide: Operation.floorDivide.function,
                    .modulo: Operation.remainder.function, .power: Operation.pow.function,
                    .negate: Operation.neg.function.trying { arguments in
                        // Lua passes the operand of a unary minus twice.
                        guard case .object(let x as Variable) = arguments[1] else { return nil }
                        return [.object(try -x)]
                    },
                    .less: TensorMethods.ordered("<", Operation.lt),
                    .lessOrEqual: TensorMethods.ordered("<=", Operation.le),
                    .length: NativeFunction(TensorMethods.length), .describe: NativeFunction(TensorMethods.describe),
                    .index: TensorIndexing.index, .newindex: NativeFunction(TensorIndexing.newindex),
                ])
        ]
    }
}
