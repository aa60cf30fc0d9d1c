import Autodiff
import Distributions
import Files
import Networks
import Scripting
import Tensors

/// Reads a flow of couplings or autoregressive transforms from a state dict of zuko 1.6 (MAF, NSF, NICE, RealNVP), or
/// one that LuaFlow saved under the same names. The architecture is read from names and shapes.
///
/// What zuko's files do not say is taken as zuko's default: ReLU, splines on [-5, 5], least slopes of 1e-3. A module
/// that was saved whole, and what it was converted to, names its classes: what they say counts, or is an error.
struct ZukoReader {
    let dict: StateDict
    let operation: String
    private(set) var unread: Set<String>
    /// The classes of a module that was saved whole.
    private let classes: Set<String>

    /// What a flow of couplings or autoregressive transforms has, and what a continuous one has.
    private static let marks = ["transform.transforms.0.hyper.", "transform.transforms.0.phi.", "transform.ode.0."]

    static func recognises(_ names: [String]) -> Bool { !prefixes(names).isEmpty }

    /// The prefixes before the names, one for each flow among these (`module.`), in order.
    private static func prefixes(_ names: [String]) -> [String] {
        let found = names.flatMap { name in
            marks.compactMap { mark -> String? in
                guard let place = name.firstRange(of: mark),
                    place.lowerBound == name.startIndex || name[..<place.lowerBound].last == "."
                else { return nil }
                return String(name[..<place.lowerBound])
            }
        }
        return Set(found).sorted()
    }

    /// - Throws: ``ScriptError`` naming the tensor that is missing, unexpected or does not fit.
    static func read(_ dict: StateDict, for operation: String) throws -> Flow {
        let prefixes = prefixes(dict.names)
        guard prefixes.count == 1, let prefix = prefixes.first else {
            throw ScriptError(
                operation,
                "holds \(prefixes.count) flows, named "
                    + "\(prefixes.prefix(4).map { "\($0)transform" }.joined(separator: ", ")): save one of them"
            )
        }
        let outer = prefix.dropLast("transform.".count)
        if prefix.hasSuffix("transform."), !dict.names.contains(where: { $0.hasPrefix(prefix + "base.") }),
            dict.names.contains(where: { $0.hasPrefix(outer + "base.") })
        {
            throw ScriptError(
                operation,
                "\(prefix)transforms is the inverse of a flow's transform (zuko.lazy.LazyInverse), which is not read; "
                    + "save the flow itself, and turn it by flow.Inverse")
        }
        var reader = ZukoReader(dict, prefix: prefix, operation)
        return try reader.flow()
    }

    private init(_ dict: StateDict, prefix: String, _ operation: String) {
        let own = dict.entries.filter { $0.name.hasPrefix(prefix) }.map {
            (name: String($0.name.dropFirst(prefix.count)), tensor: $0.tensor)
        }
        self.dict = StateDict(own, metadata: dict.metadata)
        self.operation = operation
        classes = dict.classes
        unread = Set(self.dict.names.filter { $0.hasPrefix("transform.") || $0.hasPrefix("base.") })
    }

    private mutating func flow() throws -> Flow {
        try checkMaps()
        if unread.contains(where: { $0.hasPrefix("transform.ode.") }) { return try continuous() }
        let activation = try readActivation(.relu, "ReLU")
        var parts: [any FlowTransform] = []
        var map: any UnivariateMap = AffineMap()
        while unread.contains(where: { $0.hasPrefix("transform.transforms.\(parts.count).") }) {
            let (part, found) = try part("transform.transforms.\(parts.count)", activation)
            parts.append(part)
            map = found
        }
        guard let first = parts.first else {
            throw ScriptError(operation, "transform.transforms.0 is missing: no transform of zuko's is in the file")
        }
        let features =
            (first as? UnivariateCoupling)?.mask.count ?? (first as? MaskedAutoregressive)?.order.count ?? 0
        let (prior, buffers) = try readPrior(features)
        try checkAllIsRead()
        let name = first is UnivariateCoupling ? "RealNVP" : map is SplineMap ? "NSF" : "MAF"
        let metadata = metadata(name, activation.key == Activation.relu.key ? nil : activation)
        return Flow(
            name: metadata["architecture"] ?? name, dimension: features,
            transforms: parts.enumerated().map { ("transform.transforms.\($0)", $1) }, prior: prior, metadata: metadata,
            priorBuffers: buffers)
    }

    /// What a file of this flow says beside its tensors: the names of its kind and of an activation that is not the
    /// usual one. Classes are not needed with them.
    private func metadata(_ name: String, _ unusual: Activation?) -> [ByteString: String] {
        var metadata = dict.metadata
        metadata["architecture"] = metadata["architecture"] ?? name
        if let unusual { metadata["activation"] = unusual.key }
        metadata[StateDict.classesKey] = nil
        return metadata
    }

    private func checkAllIsRead() throws {
        guard let extra = unread.sorted().first else { return }
        throw ScriptError(
            operation,
            "\(extra) \(Shape.describe(dict[extra]?.shape ?? [])) is no tensor of a flow that is known here"
                + (unread.count > 1 ? " (nor are \(unread.count - 1) more)" : ""))
    }

    /// A CNF: widths follow from the shapes; activation and tolerances are zuko's defaults.
    private mutating func continuous() throws -> Flow {
        guard let freqs = take("transform.freqs"), freqs.rank == 1, freqs.count > 0 else {
            throw ScriptError(operation, "transform.freqs (freqs) is missing: what a CNF's network is told of the time")
        }
        var settings = CNF.Settings()
        let usual = settings.activation
        settings.activation = try readActivation(usual, "ELU")
        settings.freqs = freqs.count
        let times = try take("transform.times") ?? Tensor([0, 1], shape: [2], .float32)
        try checkFinite(freqs, "transform.freqs")
        try checkFinite(times, "transform.times")
        guard times.shape == [2], try times.select(0, 0).item() != times.select(0, 1).item() else {
            throw ScriptError(
                operation, "transform.times of shape \(Shape.describe(times.shape)): two different numbers expected")
        }
        let (ode, inputs, outputs) = try network("transform.ode", settings.activation)
        guard inputs >= outputs + 2 * freqs.count else {
            throw ScriptError(
                operation,
                "transform.ode takes \(inputs) numbers; \(outputs) features and 2 x \(freqs.count) of the time, at "
                    + "least, expected"
            )
        }
        (settings.features, settings.context) = (outputs, inputs - outputs - 2 * freqs.count)
        let (prior, buffers) = try readPrior(outputs)
        try checkAllIsRead()
        return CNF.assemble(
            settings, ode: ode, freqs: freqs, times: times, from: Generator(seed: 0), prior: prior, buffers: buffers,
            metadata: metadata("CNF", settings.activation.key == usual.key ? nil : settings.activation))
    }

    /// The activation that the file names; the usual one where it names none.
    /// - Parameter word: the usual one's class in PyTorch.
    private func readActivation(_ usual: Activation, _ word: String) throws -> Activation {
        guard let name = dict.metadata["activation"] else { return try namedActivation(word) ?? usual }
        guard let found = Activation.named.first(where: { $0.key == name }) else {
            throw ScriptError(operation, "the file names an unknown activation \"\(name)\"")
        }
        return found
    }

    /// The activation that a module names, if it is not the usual one.
    private func namedActivation(_ usual: String) throws -> Activation? {
        let prefix = "torch.nn.modules.activation."
        let names = classes.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
        guard let name = names.first, names != [usual] else { return nil }
        // Of those without constants: what others were made with is not read.
        let keys = ["ReLU": "relu", "SiLU": "silu", "Tanh": "tanh", "Sigmoid": "sigmoid"]
        guard names.count == 1, let key = keys[name], let found = Activation.named.first(where: { $0.key == key })
        else {
            let constructor = usual == "ELU" ? "flow.CNF" : "flow.MAF"
            throw ScriptError(
                operation,
                "the file's module applies \(names.prefix(4).joined(separator: ", ")), not \(usual) alone: "
                    + "make such a flow, \(constructor){activation = ...}, and give it the weights, "
                    + "m:load_state_dict(checkpoint.load(path))")
        }
        return found
    }

    /// A module names the maps that its features go through: of other maps the numbers are no numbers of these.
    private func checkMaps() throws {
        let known = ["zuko.transforms.MonotonicAffineTransform", "zuko.transforms.MonotonicRQSTransform"]
        let maps = classes.filter { $0.hasPrefix("zuko.transforms.") && !known.contains($0) }
        if let other = maps.min() {
            throw ScriptError(
                operation, "the file's module is made of \(other); affine maps and rational-quadratic splines are read")
        }
        // What else a module does is not in its tensors. An NSF's splines have a slope at least by functools.partial.
        let others = classes.filter { name in
            name.hasPrefix("torch.distributions.") || name == "zuko.lazy.LazyInverse"
                || name == "functools.partial" && !classes.contains("zuko.flows.spline.NSF")
        }
        guard let other = others.min() else { return }
        throw ScriptError(
            operation,
            "the file's module holds \(other), whose settings are in none of its tensors; save it as plain zuko flows, "
                + "and put the parts together by flow.Flow")
    }

    mutating func take(_ name: String) -> Tensor? {
        unread.remove(name)
        return dict[name]
    }

    /// One transform: autoregressive if the file has its order, a coupling if it has its mask.
    private mutating func part(
        _ prefix: String, _ activation: Activation
    ) throws -> (any FlowTransform, any UnivariateMap) {
        if let mask = take("\(prefix).mask") {
            let flags = try numbers(mask, "\(prefix).mask").map {
                guard $0 == 0 || $0 == 1 else {
                    throw ScriptError(operation, "\(prefix).mask holds \(shown($0)); zeros and ones expected")
                }
                return $0 == 1
            }
            let (passing, changed) = (flags.count { $0 }, flags.count { !$0 })
            guard passing > 0, changed > 0 else {
                throw ScriptError(operation, "\(prefix).mask passes \(passing) of \(flags.count) features")
            }
            let (hyper, inputs, outputs) = try network("\(prefix).hyper", activation)
            let map = try univariate(outputs, changed, prefix)
            let part = try fitting(prefix) {
                try UnivariateCoupling(
                    mask: flags, context: contextSize(inputs, passing, prefix), map: map, hyper: hyper)
            }
            return (part, map)
        }
        if dict["\(prefix).order"] == nil, let alone = try alone(prefix, activation) { return alone }
        guard let tensor = take("\(prefix).order") else {
            throw ScriptError(
                operation,
                "\(prefix) has neither a mask nor an order: of zuko's transforms, couplings and masked autoregressive "
                    + "ones are read"
            )
        }
        let order = try numbers(tensor, "\(prefix).order").map { Int(exactly: $0) ?? -1 }
        guard !order.isEmpty, order.allSatisfy({ $0 >= 0 && $0 < order.count }) else {
            throw ScriptError(operation, "\(prefix).order: whole numbers from 0 to \(max(order.count - 1, 0)) expected")
        }
        let (hyper, inputs, outputs) = try network("\(prefix).hyper", activation)
        let map = try univariate(outputs, order.count, prefix)
        let size = try contextSize(inputs, order.count, prefix)
        return (
            try fitting(prefix) { try MaskedAutoregressive(order: order, context: size, map: map, hyper: hyper) }, map
        )
    }

    /// One feature by itself, as zuko has flows of one feature (ElementWiseTransform): the map's numbers come from a
    /// network of the context, or are parameters. Here it is an autoregressive transform whose network is cut off from
    /// the feature.
    private mutating func alone(
        _ prefix: String, _ activation: Activation
    ) throws -> (any FlowTransform, any UnivariateMap)? {
        if dict["\(prefix).phi.0"] != nil { return try constant(prefix) }
        guard dict["base.loc"]?.shape == [1], dict["\(prefix).hyper.0.weight"] != nil else { return nil }
        let (hyper, inputs, outputs) = try network("\(prefix).hyper", activation, unseen: 1)
        let map = try univariate(outputs, 1, prefix)
        let part = try fitting(prefix) {
            try MaskedAutoregressive(order: [0], context: inputs - 1, map: map, hyper: hyper)
        }
        return (part, map)
    }

    /// The map's numbers are parameters: two of shape (1), or widths, heights and slopes of a spline.
    private mutating func constant(_ prefix: String) throws -> (any FlowTransform, any UnivariateMap) {
        var parts: [Tensor] = []
        while let part = take("\(prefix).phi.\(parts.count)") { parts.append(part) }
        let shapes = parts.map(\.shape)
        let bins = shapes[0].count == 2 ? shapes[0][1] : 0
        guard shapes == [[1], [1]] || bins > 1 && shapes == [[1, bins], [1, bins], [1, bins - 1]] else {
            let told = shapes.map { Shape.describe($0) }.joined(separator: ", ")
            throw ScriptError(
                operation,
                "\(prefix).phi has shapes \(told); (1), (1) (an affine map) or (1, K), (1, K), (1, K - 1) (a spline of "
                    + "K bins) of one feature expected")
        }
        for (index, part) in parts.enumerated() where try !part.dtype.isFloating || !part.isFinite() {
            throw ScriptError(operation, "\(prefix).phi.\(index) does not hold finite floats")
        }
        let numbers = try Variable.concatenate(parts.map { Variable(try $0.reshape([$0.count])) }, 0, for: operation)
        let nothing = try Tensor.zeros([numbers.value.count, 1], numbers.dtype)
        let layer = MaskedLinear(
            weight: Variable(nothing), bias: numbers, mask: Variable(try nothing.cast(.bool)))
        let map = try univariate(numbers.value.count, 1, prefix)
        let part = try fitting(prefix) {
            try MaskedAutoregressive(order: [0], context: 0, map: map, hyper: Module(Sequential([Module(layer)])))
        }
        return (part, map)
    }

    private func fitting<T>(_ prefix: String, _ make: () throws -> T) throws -> T {
        do { return try make() } catch let fault as Fault { throw ScriptError(operation, "\(prefix): \(fault)") }
    }

    private func checkFinite(_ tensor: Tensor, _ name: String) throws {
        guard try !tensor.isFinite() else { return }
        throw ScriptError(operation, "\(name) holds a number that is not finite")
    }

    private func numbers(_ tensor: Tensor, _ name: String) throws -> [Double] {
        guard tensor.rank == 1, tensor.count > 0 else {
            throw ScriptError(operation, "\(name) has shape \(Shape.describe(tensor.shape)); (features) expected")
        }
        return try tensor.cast(.float64).toArray()
    }

    private func contextSize(_ inputs: Int, _ features: Int, _ prefix: String) throws -> Int {
        guard inputs >= features else {
            throw ScriptError(
                operation,
                "\(prefix).hyper.0.weight has \(inputs) inputs; \(features) features and the context expected")
        }
        return inputs - features
    }

    /// 2 outputs for each feature belong to an affine map, 3 K - 1 to a spline of K bins.
    private func univariate(_ outputs: Int, _ features: Int, _ prefix: String) throws -> any UnivariateMap {
        let each = outputs / features
        guard outputs == each * features, each >= 2, each == 2 || (each + 1) % 3 == 0 else {
            throw ScriptError(
                operation,
                """
                \(prefix).hyper makes \(outputs) numbers for \(features) features; 2 for each (an affine map) or 3 K - \
                1 (a spline of K bins) expected
                """)
        }
        // A spline of one bin has two numbers, too: only a module's classes tell.
        if each == 2, !classes.contains("zuko.transforms.MonotonicRQSTransform") { return AffineMap() }
        guard let bound = Double(dict.metadata["bound"] ?? "5"), bound.isFinite, bound > 0 else {
            throw ScriptError(
                operation, "the file's bound is \"\(dict.metadata["bound"] ?? "")\"; a positive number expected")
        }
        return SplineMap(bins: (each + 1) / 3, bound: bound)
    }

    /// zuko's base: a diagonal normal distribution.
    private mutating func readPrior(_ features: Int) throws -> (any Prior, [(name: String, value: Variable)]) {
        guard let loc = take("base.loc"), let scale = take("base.scale") else { return (StandardNormal(), []) }
        for (name, tensor) in [("base.loc", loc), ("base.scale", scale)] where tensor.shape != [features] {
            throw ScriptError(operation, "\(name) has shape \(Shape.describe(tensor.shape)); (\(features)) expected")
        }
        let buffers = [(name: "base.loc", value: Variable(loc)), (name: "base.scale", value: Variable(scale))]
        let isStandard = try loc.toArray().allSatisfy { $0 == 0 } && scale.toArray().allSatisfy { $0 == 1 }
        if isStandard { return (StandardNormal(), buffers) }
        return (try DistributionPrior(Normal(Variable(loc), Variable(scale)), for: operation), buffers)
    }
}
