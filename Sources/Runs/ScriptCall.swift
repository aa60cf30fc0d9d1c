import Scripting

/// The call of the running script, which `host.arguments` reads.
public final class ScriptCall: Service {
    public let script: ByteString
    /// The command that runs it: `luaflow run train.lua`.
    public let usage: String
    public let arguments: [ByteString]

    public init() {
        script = "script"
        usage = "luaflow run script"
        arguments = []
    }

    public init(script: ByteString, usage: String, arguments: [ByteString]) {
        self.script = script
        self.usage = usage
        self.arguments = arguments
    }

    public convenience init(script: String, usage: String, arguments: [String]) {
        self.init(script: ByteString(script), usage: usage, arguments: arguments.map { ByteString($0) })
    }
}
