// swift-tools-version: 6.0
import PackageDescription

// Fuzzers of everything that reads what others wrote; `make fuzz` builds and runs them (scripts/fuzz.sh has the flags).
// A package of its own, because the whole library is built with coverage counters and AddressSanitizer for it.
let package = Package(
    name: "Fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "LuaFlow", path: "..")],
    targets: [
        .executableTarget(
            name: "Fuzz",
            dependencies: [.product(name: "LuaFlow", package: "LuaFlow"), .product(name: "Editors", package: "LuaFlow")])
    ],
    swiftLanguageModes: [.v6]
)
