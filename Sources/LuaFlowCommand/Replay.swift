import ArgumentParser
import Foundation
import LuaFlow
import Repl
import Scripting

extension LuaFlowCommand {
    struct Replay: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run again what a capsule recorded, and say whether every number is the same.",
            usage: "luaflow replay [OPTIONS] CAPSULE",
            discussion: """
                Checks that the files that the run read are what they were, starts the random generator where it \
                stood, runs with the same arguments in the same folder, and compares standard output, returned \
                values and the generator's end, bit for bit, and says what it did not compare. Status 0: the same; 1: \
                not. The recorded --plugins, --memory and --timeout hold unless others are given. Files below the \
                folder of capsule and script are found again where that folder is now. A capsule says which script \
                runs: replay one of somebody else's with --sandbox.
                """)

        @OptionGroup var host: HostOptions

        @Flag(help: "Run although files changed, or the run was changed by hand while it was recorded.")
        var anyway = false

        @Argument(help: "The capsule, as --capsule wrote it.", completion: .file())
        var capsule: ByteString

        func run() throws {
            var recorded: Capsule?
            try Session.leaving { recorded = try prepared() }
            guard let recorded else { return }
            var (differences, reasons, notCompared): ([String], [String], [String]) = ([], [], [])
            try host.with(recorded.host).withHost(
                globals: recorded.run.code != nil, script: recorded.run.script, repeats: true, sandboxes: true
            ) { host in
                let recorder = try RunRecorder(host, repeating: recorded.random)
                let result = Result { try HostOptions.execute(recorded.run, after: recorded.run.words ?? [], in: host) }
                if case .failure(let error as LuaError) = result, error.kind == .interrupted { throw error }
                let again = try recorder.capsule(of: recorded.run, result)
                if case .failure(let error as LuaError) = result, let message = again.result.error {
                    say("the script failed: \(Repl.shown(error.saying(message), in: host).message)")
                }
                differences = again.differences(from: recorded)
                reasons = again.reasons(for: recorded)
                notCompared = again.notCompared
            }
            try conclude(differences, reasons, notCompared, recorded)
        }

        /// Reads the capsule and checks whether it can be repeated.
        private func prepared() throws -> Capsule {
            let recorded = try Capsule(readingFrom: capsule)
            let obstacles = recorded.obstacles
            if !obstacles.isEmpty {
                let list = obstacles.map { "  \($0)" }.joined(separator: "\n")
                guard anyway else {
                    throw ScriptError(
                        "luaflow replay",
                        "the same numbers cannot be expected:\n\(list)\n"
                            + "Put back what changed, or replay with --anyway, with the files as they are.")
                }
                say("going on anyway:\n\(list)")
            }
            let others = Capsule.Versions.current.differences(from: recorded.versions)
            if !others.isEmpty { say("the last bits may differ: \(others.joined(separator: "; "))") }
            let folder = recorded.run.folder
            guard ByteString.workingFolder != folder else { return recorded }
            guard folder.withCString({ chdir($0) }) == 0 else {
                throw ScriptError(
                    "luaflow replay",
                    "the folder in which the run was recorded is gone: \(folder); make it, or record the run anew")
            }
            say("in \(folder)")
            return recorded
        }

        private func conclude(
            _ differences: [String], _ reasons: [String], _ notCompared: [String], _ recorded: Capsule
        ) throws {
            guard differences.isEmpty else {
                let lines = differences.map { "  \($0)" } + (reasons.isEmpty ? [] : ["which may come of this:"])
                say("not the same:\n" + (lines + reasons.map { "  \($0)" }).joined(separator: "\n"))
                throw ExitCode(1)
            }
            let values = recorded.result.valuesSHA256.count
            say(
                "the same, bit for bit: standard output (\(recorded.result.outputBytes) bytes), "
                    + "\(values) returned value\(values == 1 ? "" : "s"), the random generator. "
                    + "Not compared: \(notCompared.joined(separator: ", ")).")
        }

        /// With --sandbox the process that runs the script prints this; the other one only watches. A capsule may come
        /// from somebody else, so control characters in it are made visible.
        private func say(_ text: String) {
            if !host.limits.sandbox || Worker.isThisProcess || Worker.isConfined {
                Session.write("replay: \(text)\n".visible)
            }
        }
    }
}
