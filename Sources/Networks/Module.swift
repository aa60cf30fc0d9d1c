import Autodiff
import Scripting
import Tensors

/// A named tensor of a layer. Converting a module to another dtype replaces the value.
public final class ModuleTensor {
    /// In a state dict, behind the names of the modules around it: `weight`.
    public let name: String
    /// Replaced only when the module is converted to another dtype.
    public internal(set) var value: Variable

    /// The name as a state dict has it within its layer: `weight`.
    public init(_ name: String, _ value: Variable) {
        self.name = name
        self.value = value
    }
}

/// What a module computes: one kind of layer, or layers put together.
public protocol Layer: HoldsScriptValues {
    /// The layer's own parameters, which training changes, in PyTorch's order.
    var parameters: [ModuleTensor] { get }
    /// Tensors of the layer that belong to its state but are not trained.
    var buffers: [ModuleTensor] { get }
    /// The modules that it contains, by the prefixes of their names in a state dict.
    var children: [(name: String, module: Module)] { get }
    /// Generators that the layer draws from in training.
    var generators: [Generator] { get }
    /// The call that made it, as a script writes it: `nn.Linear(2, 3)`.
    var description: String { get }

    /// - Parameters:
    ///   - context: what a conditional network is told beside x; layers that do not read it ignore it.
    ///   - isTraining: whether layers such as dropout act.
    func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable
}

extension Layer {
    public var parameters: [ModuleTensor] { [] }
    public var buffers: [ModuleTensor] { [] }
    public var children: [(name: String, module: Module)] { [] }
    public var generators: [Generator] { [] }
    public var heldValues: [Value] { children.flatMap(\.module.heldValues) }
}

/// Something that contains networks and passes training mode on to them, such as a flow's transform.
public protocol HoldsModules {
    /// Those at the top; modules in these follow by their children.
    var modules: [Module] { get }
}

/// A network as a script object: a layer, and whether it is in training mode. As torch.nn.Module.
///
///     let net = Module(Linear.make(2, 3, from: generator))
///     let y = try net(x)          // (B, 2) -> (B, 3)
public final class Module: RemembersCall {
    /// What scripts see as its type: `module`.
    public static let type = ObjectType("module")
    public var scriptType: ObjectType { Module.type }

    /// What it computes, with the weights.
    public let layer: any Layer
    /// Whether dropout drops; changed by `train` and `eval` for all modules inside, too.
    public private(set) var isTraining = true
    public var origin: Origin?
    public var heldValues: [Value] { layer.heldValues }

    /// In training mode.
    public init(_ layer: any Layer) { self.layer = layer }

    /// The layer's answer, in the present mode; throws ``ScriptError`` for an x of another shape.
    public func callAsFunction(_ x: Variable, context: Variable? = nil) throws -> Variable {
        try layer.forward(x, context: context, isTraining: isTraining)
    }

    /// Turns training mode on or off, here and in all modules within.
    public func setTraining(_ flag: Bool) {
        isTraining = flag
        for (_, child) in layer.children { child.setTraining(flag) }
    }

    /// The training modes of this module and all modules within, in a fixed order.
    public var modes: [Bool] { [isTraining] + layer.children.flatMap(\.module.modes) }

    /// Sets ``modes`` that were read before; a list of another length is ignored.
    public func restore(modes: [Bool]) {
        var rest = modes[...]
        guard modes.count == self.modes.count else { return }
        take(&rest)
    }

    private func take(_ modes: inout ArraySlice<Bool>) {
        if let mode = modes.popFirst() { isTraining = mode }
        for (_, child) in layer.children { child.take(&modes) }
    }

    /// Generators that this and all modules within draw from in training.
    public var generators: [Generator] { layer.generators + layer.children.flatMap(\.module.generators) }

    /// Every parameter by its name in a state dict, each once; the layer's own come first.
    public var parameters: [(name: String, value: Variable)] {
        Module.distinct(named("") { $0.parameters }).map { ($0.name, $0.tensor.value) }
    }

    /// What belongs to the state and is not trained, by name.
    public var buffers: [(name: String, value: Variable)] {
        named("") { $0.buffers }.map { ($0.name, $0.tensor.value) }
    }

    /// Parameters and buffers by name: what a file holds.
    public var state: [(name: String, value: Variable)] {
        named("") { $0.parameters + $0.buffers }.map { ($0.name, $0.tensor.value) }
    }

    private func named(_ prefix: String, _ own: (any Layer) -> [ModuleTensor]) -> [(name: String, tensor: ModuleTensor)]
    {
        own(layer).map { (prefix + $0.name, $0) }
            + layer.children.flatMap { $0.module.named("\(prefix)\($0.name).", own) }
    }

    /// Tensors of a module that stands in two places are listed once.
    private static func distinct(
        _ tensors: [(name: String, tensor: ModuleTensor)]
    ) -> [(name: String, tensor: ModuleTensor)] {
        var seen: Set<ObjectIdentifier> = []
        return tensors.filter { seen.insert(ObjectIdentifier($0.tensor.value)).inserted }
    }

    /// Converts floating-point parameters and buffers. Parameters are new leaves, so make the optimiser afterwards.
    public func convert(to dtype: DType, for operation: String = "module:to") throws {
        var converted: [ObjectIdentifier: Variable] = [:]
        // All are converted before the first is replaced, so that an error changes nothing.
        let tensors = named("") { $0.parameters + $0.buffers }.map(\.tensor)
        for old in tensors.map(\.value) where old.dtype.isFloating && old.dtype != dtype {
            guard converted[ObjectIdentifier(old)] == nil else { continue }
            let new = Variable(try old.value.cast(dtype))
            try new.setRequiresGrad(old.requiresGrad, for: operation)
            converted[ObjectIdentifier(old)] = new
        }
        for tensor in tensors {
            if let new = converted[ObjectIdentifier(tensor.value)] { tensor.value = new }
        }
    }
}
