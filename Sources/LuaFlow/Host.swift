import Autodiff
import Chains
import Distributions
import Files
import Flows
@_exported import LuaHost
import Networks
import Optimizers
import Pictures
import Projections
@_exported import Runs
import Samplers
@_exported import Scripting
@_exported import Tensors
import Training

/// LuaFlow put together: an interpreter with all built-in modules.
///
///     let host = try Host()
///     try host.run(file: "scripts/problem3_inpainting.lua", arguments: ["--steps", "100"])
///
/// Another Swift module joins by being passed along: `try Host(adding: [MyModule()])`. The concurrency rules are
/// ``LuaHost/Interpreter``'s: one state, one executor. A host may be used from any thread, and everything it does
/// happens on its interpreter's.
public final class Host: @unchecked Sendable {
    /// The built-in modules. They use the same protocol as anybody's; the order is that of `luaflow doc`.
    public static let builtInModules: [any ScriptModule] = [
        TensorModule(), AutodiffModule(), RandomModule(), DistributionModule(adding: [Transformed.self]),
        SpecialModule(), NetworkModule(), FlowModule(methods: Fitting.methods), ProjectionModule(), ProxModule(),
        OptimModule(), MonteCarloModule(), MCMCModule(), DataModule(), CheckpointModule(), ImageModule(),
        PlotModule(), MPIModule(), HostModule(),
    ]

    /// The version that `host.version` and `luaflow --version` give.
    public static let version = "0.1.0"

    /// The folders of the models that LuaFlow ships, which sandboxed scripts may read.
    public static var shippedFolders: [ByteString] { ResourceSearch.shipped }

    /// A script that LuaFlow ships: it lies in `scripts`, beside the folder of the models. Nil where it is missing.
    public static func shippedScript(_ name: ByteString) -> ByteString? {
        shippedFolders.map { $0.splitPath.folder + "/scripts/" + name }.first { $0.fileExists }
    }

    public let interpreter: Interpreter
    /// Read and written on the interpreter's thread only, and so are the plugins.
    package let context = Context()
    var loadedPlugins: [Plugin] = []
    let plugin: PluginRunner
    /// The built-in modules and those added.
    public let modules: [any ScriptModule]

    /// - Parameters:
    ///   - modules: more modules beside the built-in ones.
    ///   - options: limits, globals and search paths.
    ///   - ranks: the programs that run the same script together, and how they talk; alone by default.
    /// - Throws: ``ScriptError`` when two modules clash.
    public convenience init(
        adding modules: [any ScriptModule] = [], options: Interpreter.Options = .init(),
        ranks: any Communicator = SingleProcess()
    ) throws {
        try self.init(modules: Host.builtInModules + modules, areKnown: modules.isEmpty, options: options, ranks: ranks)
    }

    /// A host of these modules alone, as tests put together.
    /// - Parameter areKnown: whether they are known not to clash.
    package init(
        modules: [any ScriptModule], areKnown: Bool = false, options: Interpreter.Options = .init(),
        ranks: any Communicator = SingleProcess()
    ) throws {
        var options = options
        if ranks.size > 1 { context.install(Ranks(ranks)) }
        let isSandboxed = options.trust == .sandboxed
        let folders = isSandboxed ? ResourceSearch.shipped : ResourceSearch.folders(script: nil)
        // The shipped models are everybody's to read.
        if isSandboxed { for folder in folders { try options.files.allow(.read, folder: folder, option: "models") } }
        self.modules = modules
        interpreter = try Interpreter(modules: modules, areKnown: areKnown, context: context, options: options)
        plugin = try PluginRunner(interpreter)
        context.service(ResourceFolders.self).folders = folders
        for module in self.modules {
            guard let scripted = module.scripted else { continue }
            context.service(Registry.self).reserve(scripted.kind) { module.functions.map(\.shortName) }
        }
        context.service(ScriptRunner.self).interpreter = interpreter
        ChainLoop.install(in: context)
        if ranks.size > 1 { try beginTogether(ranks) }
    }

    /// What differs from program to program by itself, and would take ranks apart: random seeds, the order of `pairs`.
    private func beginTogether(_ ranks: any Communicator) throws {
        let seed = try ranks.first(context.service(GlobalGenerator.self).generator.state.seed, for: "mpi")
        try interpreter.perform {
            context.service(GlobalGenerator.self).generator = Generator(seed: seed)
            try interpreter.orderPairs()
            try interpreter.run(
                code: "math.randomseed(...)", name: "=mpi", arguments: [.integer(Int(truncatingIfNeeded: seed))])
        }
    }

    /// Runs a script file. The script's own folder is where `require` looks first.
    /// - Parameter text: what to run in the file's place, under its name; nil for what is in it.
    @discardableResult
    public func run(file: String, arguments: [String] = [], text: [UInt8]? = nil) throws -> [Value] {
        try run(file: ByteString(file), arguments: arguments.map { ByteString($0) }, text: text)
    }

    /// The same for names and arguments of any bytes; `words` is what stood before the file on the command line.
    @discardableResult
    public func run(
        file: ByteString, arguments: [ByteString] = [], after words: [ByteString] = [], text: [UInt8]? = nil
    ) throws -> [Value] {
        try interpreter.perform {
            if !interpreter.isSandboxed {
                context.service(ResourceFolders.self).folders = ResourceSearch.folders(script: file)
            }
            context.install(ScriptCall(script: file, usage: "luaflow run \(file)", arguments: arguments))
            return try interpreter.run(file: file, arguments: arguments, after: words, text: text)
        }
    }

    /// What `host.arguments` reads from now on.
    public func install(_ call: ScriptCall) { try? interpreter.perform { context.install(call) } }

    /// Runs what was registered as `luaflow NAME`: the arguments are the function's, and `host.arguments` reads them.
    @discardableResult
    public func run(subcommand: Registration, arguments: [ByteString]) throws -> [Value] {
        let call = "local f, name = ... arg = {[0] = name, select(3, ...)} return f(select(3, ...))"
        return try interpreter.perform {
            context.install(
                ScriptCall(script: subcommand.name, usage: "luaflow \(subcommand.name)", arguments: arguments))
            return try interpreter.run(
                code: call, name: "=luaflow",
                arguments: [.function(subcommand.function), .string(subcommand.name)] + arguments.map { .string($0) })
        }
    }

    /// Runs a text.
    @discardableResult
    public func run(code: String, name: String = "(code)") throws -> [Value] {
        try interpreter.run(code: code, name: name)
    }
}
