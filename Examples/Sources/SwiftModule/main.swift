import Foundation
import LuaFlow

// swift run SwiftModule [SCRIPT [ARGUMENTS...]]: a luaflow of one's own, with one module more.
let arguments = Array(CommandLine.arguments.dropFirst())
let demo = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("demo.lua").path

do {
    let host = try LuaFlow.Host(adding: [RunningModule()])
    try host.run(file: arguments.first ?? demo, arguments: Array(arguments.dropFirst()))
} catch let error as LuaError {
    StandardStream.error.write(error.report + "\n")
    exit(1)
}
