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

/// An interpreter with all built-in modules.
///
///     let host = try Host()
///     try host.run(file: "scripts/problem3_inpainting.lua", arguments: ["--steps", "100"])
///
/// Other Swift modules are passed to the initializer: `try Host(adding: [MyModule()])`. Concurrency is as described at
/// ``LuaHost/Interpreter``: a host may be used from any thread, and everything it does happens on its interpreter's
/// thread.
public final class Host: @unchecked Sendable {
    /// The built-in modules, which use the same protocol as others; in the order of `luaflow doc`.
    public static let builtInModules: [any ScriptModule] = [
        TensorModule(), AutodiffModule(), RandomModule(), DistributionModule(adding: [Transformed.self]),
        SpecialModule(), NetworkModule(), FlowModule(methods: Fitting.methods), ProjectionModule(), ProxModule(),
        OptimModule(), MonteCarloModule(), MCMCModule(), DataModule(), CheckpointModule(), ImageModule(),
        PlotModule(), MPIModule(), HostModule(),
    ]

    /// The version that `host.version` and `luaflow --version` show.
    public static let version = "0.1.0"

    /// The folders of the models that LuaFlow ships, which sandboxed scripts may read.
    public static var shippedFolders: [ByteString] { ResourceSearch.shipped }

    /// A script that LuaFlow ships: it lies in `scripts`, beside the folder of the models. Nil where it is missing.
    public static func shippedScript(_ name: ByteString) -> ByteString? {
        ResourceSearch.folders(script: nil).map { $0.splitPath.folder + "/scripts/" + name }.first { $0.fileExists }
    }

    /// Runs the scripts, one at a time, on a thread of its own.
    public let interpreter: Interpreter
    /// Used on the interpreter's thread only, as are the plugins.
    package let context = Context()
    var loadedPlugins: [Plugin] = []
    let plugin: PluginRunner
    /// The built-in modules and those added.
    public let modules: [any ScriptModule]

    /// - Parameters:
    ///   - modules: modules to add to the built-in ones.
    ///   - options: limits, globals and search paths.
    ///   - ranks: the communicator of the programs that run the same script together; alone by default.
    /// - Throws: ``ScriptError`` when two modules define the same member.
    public convenience init(
        adding modules: [any ScriptModule] = [], options: Interpreter.Options = .init(),
        ranks: any Communicator = SingleProcess()
    ) throws {
        try self.init(modules: Host.builtInModules + modules, areKnown: modules.isEmpty, options: options, ranks: ranks)
    }

    /// A host with only these modules, for tests.
    /// - Parameter areKnown: whether the modules are known not to clash, so that this need not be checked.
    package init(
        modules: [any ScriptModule], areKnown: Bool = false, options: Interpreter.Options = .init(),
        ranks: any Communicator = SingleProcess()
    ) throws {
        var options = options
        if ranks.size > 1 { context.install(Ranks(ranks)) }
        let isSandboxed = options.trust == .sandboxed
        let folders = isSandboxed ? ResourceSearch.shipped : ResourceSearch.folders(script: nil)
        // All scripts may read the shipped models.
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

    /// Makes equal on all ranks what otherwise differs between programs: random seeds, and the order of `pairs`.
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
    /// - Parameter text: code to run instead of the file's contents, under the file's name; nil for the contents.
    @discardableResult
    public func run(file: String, arguments: [String] = [], text: [UInt8]? = nil) throws -> [Value] {
        try run(file: ByteString(file), arguments: arguments.map { ByteString($0) }, text: text)
    }

    /// The same for names and arguments of any bytes; `words` are the words before the file on the command line.
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

    /// Sets the call that `host.arguments` reads from now on.
    public func install(_ call: ScriptCall) { try? interpreter.perform { context.install(call) } }

    /// Runs a subcommand that was registered for `luaflow NAME`; the function gets the arguments, and `host.arguments`
    /// reads them.
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

    /// Runs code.
    @discardableResult
    public func run(code: String, name: String = "(code)") throws -> [Value] {
        try interpreter.run(code: code, name: name)
    }

    /// The same for code of any bytes.
    @discardableResult
    public func run(code: ByteString, name: String = "(code)") throws -> [Value] {
        try interpreter.run(code: code, name: name)
    }
}
