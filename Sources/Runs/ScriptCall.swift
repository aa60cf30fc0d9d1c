import Scripting

/// The call of the running script, which `host.arguments` reads.
public final class ScriptCall: Service {
    /// As named on the command line.
    public let script: ByteString
    /// The command that runs it: `luaflow run train.lua`.
    public let usage: String
    public let arguments: [ByteString]

    /// For code that was not started from a command line.
    public init() {
        script = "script"
        usage = "luaflow run script"
        arguments = []
    }

    /// The arguments are those behind the script's name, options included.
    public init(script: ByteString, usage: String, arguments: [ByteString]) {
        self.script = script
        self.usage = usage
        self.arguments = arguments
    }
}
