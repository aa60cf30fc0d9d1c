extension Skeleton {
    static func module(_ name: SkeletonName, luaflow: String) -> Skeleton {
        func filled(_ text: String) -> String {
            text.replacing("NAMEhost", with: name.capital + "Host").replacing("Name", with: name.capital)
                .replacing("NAME", with: name.lower).replacing("LUAFLOW", with: swiftLiteral(luaflow))
        }
        let folder = name.text
        return Skeleton(
            files: [
                ("\(folder)/Package.swift", filled(package)),
                ("\(folder)/Sources/\(name.capital)/\(name.capital)Module.swift", filled(module)),
                ("\(folder)/Sources/\(name.capital)Host/main.swift", filled(main)),
                ("\(folder)/demo.lua", filled(demo)),
                ("\(folder)/.gitignore", ".build\n"),
            ],
            next: [
                ("cd DIR/\(folder)", "the first build takes minutes"),
                ("swift run -c release \(name.capital)Host demo.lua", "builds and runs the demonstration"),
            ],
            ownFolder: folder)
    }

    private static func swiftLiteral(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }

    private static let package = """
        // swift-tools-version: 6.0
        import PackageDescription

        let package = Package(
            name: "Name",
            platforms: [.macOS(.v15)],
            products: [.library(name: "Name", targets: ["Name"])],
            dependencies: [.package(name: "LuaFlow", path: "LUAFLOW")],
            targets: [
                // The module, for any program.
                .target(name: "Name", dependencies: [.product(name: "LuaFlow", package: "LuaFlow")]),
                // A program that runs scripts with it.
                .executableTarget(
                    name: "NAMEhost", dependencies: ["Name", .product(name: "LuaFlow", package: "LuaFlow")]),
            ],
            swiftLanguageModes: [.v6]
        )

        """

    private static let module = """
        import LuaFlow

        /// `require "NAME"`.
        public struct NameModule: ScriptModule {
            public init() {}

            public let name = "NAME"
            public let summary = "What the module is for, in a sentence."
            public var functions: [NativeFunction] { [NativeFunction(NameModule.twice), NativeFunction(Counter.make)] }
            public var types: [TypeFace] { [Counter.face] }

            static let twice = Declaration(
                "NAME.twice", "Two times x.",
                takes: .argument("x", .number), returns: .number, example: "assert(NAME.twice(21) == 42)"
            ) { x in 2 * x }
        }

        /// An object that scripts hold. `NAME.counter()` makes one.
        public final class Counter: ScriptObject {
            public static let type = ObjectType("counter")
            public var scriptType: ObjectType { Counter.type }
            private var count = 0

            static let make = Declaration(
                "NAME.counter", "A counter at 0.", returns: .object(type), example: "assert(#NAME.counter() == 0)"
            ) { Counter() }

            private static let counter = Parameter<Counter>.argument("c", .object(type))

            private static let up = Declaration(
                "counter:up", "Counts up.", called: .method,
                takes: counter, .argument("by", .integer, default: 1), returns: .object(type),
                example: "assert(#NAME.counter():up(2) == 2)"
            ) { counter, by in
                let (sum, overflow) = counter.count.addingReportingOverflow(by)
                guard !overflow else { throw Fault("by", "the count has no room for that") }
                counter.count = sum
                return counter
            }

            private static let length = Declaration(
                "counter:count", "The count.", called: .symbol("#c"), takes: counter, returns: .integer,
                example: "assert(#NAME.counter() == 0)"
            ) { counter in counter.count }

            static let face = TypeFace(
                type, "Counts.", methods: [NativeFunction(up)], operators: [.length: NativeFunction(length)])
        }

        """

    private static let main = """
        import Foundation
        import LuaFlow
        import Name

        // NAMEhost SCRIPT [ARGUMENTS...]: runs a script with every module of LuaFlow's, and this one.
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let script = arguments.first else {
            StandardStream.error.write("usage: NAMEhost SCRIPT [ARGUMENTS...]\\n")
            exit(2)
        }

        do {
            let host = try LuaFlow.Host(adding: [NameModule()])
            try host.run(file: script, arguments: Array(arguments.dropFirst()))
        } catch let error as LuaError {
            StandardStream.error.write(error.report + "\\n")
            exit(1)
        }

        """

    private static let demo = """
        local NAME = require "NAME"

        print(NAME.twice(21))
        print(#NAME.counter():up():up(2))

        """
}
