import ArgumentParser
import LuaFlow

extension LuaFlowCommand {
    /// `luaflow compress`: runs scripts/compress.lua, which ships beside the models.
    ///
    /// ArgumentParser knows it for help and completion only: every word behind `compress` is the script's own, `--help`
    /// too.
    struct Compress: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pack pictures of digits without loss by a trained flow, or unpack them.",
            usage: "luaflow compress [OPTIONS]",
            discussion: "It runs scripts/compress.lua, whose options `luaflow compress --help` tells.")

        @Argument(parsing: .captureForPassthrough, help: "The script's options.", completion: .file())
        var arguments: [ByteString] = []

        /// - Parameter words: what stands behind `compress`.
        static func run(_ words: [String], hostOptions: [String]) throws {
            guard let script = Host.shippedScript("compress.lua") else {
                throw ValidationError(
                    "scripts/compress.lua is missing: expected beside the models, in LUAFLOW_HOME or around the "
                        + "program")
            }
            let host = try HostOptions.parse(hostOptions)
            try host.withHost(script: script, records: true) {
                let arguments = words.map { CommandWords.word($0) }
                try host.run(.init(script: script, arguments: arguments), after: ["luaflow", "compress"], in: $0)
            }
        }
    }
}
