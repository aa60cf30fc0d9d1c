import ArgumentParser
import LuaFlow

extension LuaFlowCommand {
    /// `luaflow compress`: runs scripts/compress.lua, which ships beside the models; all words are the script's own.
    struct Compress: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pack pictures of digits without loss by a trained flow, or unpack them.",
            usage: "luaflow compress [OPTIONS]",
            discussion: "It runs scripts/compress.lua, whose options `luaflow compress --help` tells.", helpNames: [])

        @OptionGroup var host: HostOptions

        @Argument(parsing: .captureForPassthrough, help: "The script's options.", completion: .file())
        var arguments: [ByteString] = []

        func run() throws {
            guard let script = Host.shippedScript("compress.lua") else {
                throw ValidationError(
                    "scripts/compress.lua is missing: expected beside the models, in LUAFLOW_HOME or around the "
                        + "program")
            }
            try host.withHost(script: script, records: true) {
                try host.run(.init(script: script, arguments: arguments), after: ["luaflow", "compress"], in: $0)
            }
        }
    }
}
