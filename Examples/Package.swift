// swift-tools-version: 6.0
import PackageDescription

// Programs that depend on the LuaFlow library. In this folder: swift run Embedding, swift run SwiftModule
let package = Package(
    name: "LuaFlowExamples",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Your own package names LuaFlow's folder, or its repository: .package(url: ..., branch: "main")
        .package(name: "LuaFlow", path: "..")
    ],
    targets: [
        .executableTarget(name: "Embedding", dependencies: [.product(name: "LuaFlow", package: "LuaFlow")]),
        .executableTarget(
            name: "SwiftModule", dependencies: [.product(name: "LuaFlow", package: "LuaFlow")], exclude: ["demo.lua"]),
    ],
    swiftLanguageModes: [.v6]
)
