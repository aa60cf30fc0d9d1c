// swift-tools-version: 6.0
import PackageDescription

// Rooms, lowest first; a target imports only targets above it in this list (ARCHITECTURE.md tells why).
let package = Package(
    name: "LuaFlow",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "LuaFlow", targets: ["LuaFlow"]),
        // What `luaflow check` reads scripts with; the fuzzers are a package of their own.
        .library(name: "Editors", targets: ["Editors"]),
        .executable(name: "luaflow", targets: ["LuaFlowMain"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    ],
    targets: [
        // System libraries.
        .systemLibrary(
            name: "CLua", pkgConfig: "lua5.4",
            providers: [.apt(["liblua5.4-dev"]), .brew(["lua@5.4"])]),
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
        .systemLibrary(
            name: "CSleef", pkgConfig: "sleef",
            providers: [.apt(["libsleef-dev"]), .brew(["sleef"])]),
        .systemLibrary(
            name: "CCairo", pkgConfig: "cairo",
            providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
        .systemLibrary(
            name: "CZip", pkgConfig: "libzip",
            providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
        .systemLibrary(
            name: "CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CEdit", pkgConfig: "libedit",
            providers: [.apt(["libedit-dev"]), .brew(["libedit"])]),
        // Of Linux only.
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),

        // The only C we write.
        .target(name: "CLuaTrampolines", dependencies: ["CLua"]),
        .target(name: "CKernels", dependencies: ["CSleef"], cSettings: [.define("NDEBUG")]),
        .target(name: "CLineEditor", dependencies: ["CEdit"]),
        .target(
            name: "CConfinement", dependencies: [.target(name: "CSeccomp", condition: .when(platforms: [.linux]))]),

        // The mathematics, which knows no Lua.
        .target(name: "Scripting"),
        .target(
            name: "Tensors",
            dependencies: [
                "Scripting", "CKernels", "COpenBLAS",
                .product(name: "RealModule", package: "swift-numerics"),
            ]),
        .target(name: "Files", dependencies: ["Scripting", "Tensors", "CZip", "CZlib"]),
        .target(
            name: "Autodiff",
            dependencies: ["Scripting", "Tensors", .product(name: "RealModule", package: "swift-numerics")]),
        .target(name: "Networks", dependencies: ["Scripting", "Tensors", "Autodiff"]),
        .target(
            name: "Projections",
            dependencies: [
                "Scripting", "Tensors", "Autodiff", .product(name: "RealModule", package: "swift-numerics"),
            ]),
        .target(
            name: "Distributions",
            dependencies: [
                "Scripting", "Tensors", "Autodiff",
                .product(name: "RealModule", package: "swift-numerics"),
            ]),
        .target(
            name: "Flows",
            dependencies: [
                "Scripting", "Tensors", "Autodiff", "Networks", "Distributions", "Files",
                .product(name: "RealModule", package: "swift-numerics"),
            ]),
        .target(
            name: "Optimizers",
            dependencies: [
                "Scripting", "CKernels", "Tensors", "Autodiff", "Projections",
                .product(name: "RealModule", package: "swift-numerics"),
            ]),
        .target(
            name: "Samplers",
            dependencies: [
                "Scripting", "Tensors", "Autodiff", "Distributions",
                .product(name: "RealModule", package: "swift-numerics"),
            ]),
        .target(
            name: "Chains",
            dependencies: [
                "Scripting", "Tensors", "Files", "Autodiff", "Distributions", "Samplers",
                .product(name: "RealModule", package: "swift-numerics"),
            ]),
        .target(name: "Pictures", dependencies: ["Scripting", "Tensors", "Files", "Chains", "CCairo"]),

        // The host.
        .target(name: "LuaHost", dependencies: ["Scripting", "CLuaTrampolines"]),
        .target(name: "Editors", dependencies: ["Scripting", "LuaHost"]),
        .target(
            name: "Runs",
            dependencies: [
                "Scripting", "LuaHost", "Tensors", "Files", "Autodiff", "Networks", "Flows", "Optimizers", "Chains",
                "CCrypto",
            ]),
        .target(
            name: "Training",
            dependencies: [
                "Scripting", "Tensors", "Files", "Autodiff", "Networks", "Flows", "Optimizers", "Samplers", "Runs",
                .product(name: "RealModule", package: "swift-numerics"),
            ]),
        .target(
            name: "LuaFlow",
            dependencies: [
                "Scripting", "LuaHost", "Tensors", "Files", "Projections", "Autodiff", "Networks", "Distributions",
                "Flows", "Optimizers", "Pictures", "Samplers", "Chains", "Runs", "Training",
            ]),
        .target(name: "Sessions", dependencies: ["LuaFlow", "Editors", "Autodiff", "Pictures"]),
        .target(name: "Repl", dependencies: ["LuaFlow", "Sessions", "Editors", "Files", "CLineEditor"]),
        .target(name: "Notebook", dependencies: ["Scripting", "LuaFlow", "Sessions", "Repl", "Files", "CCrypto"]),
        .target(
            name: "LuaFlowCommand",
            dependencies: [
                "Scripting", "LuaFlow", "Repl", "Notebook", "Editors", "Files", "CConfinement",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            // In the program itself: wherever it is installed, it has them.
            resources: [.embedInCode("New/Templates")]),
        .executableTarget(name: "LuaFlowMain", dependencies: ["LuaFlowCommand"]),

        // Tests mirror Sources.
        .target(name: "TimeLimits", path: "Tests/TimeLimits"),
        .target(
            name: "LawChecks", dependencies: ["Scripting", "Tensors", "Autodiff", "LuaHost"],
            path: "Tests/LawChecks"),
        .target(
            name: "PartChecks", dependencies: ["Scripting", "LuaHost", "LuaFlow", "Editors", "Repl"],
            path: "Tests/PartChecks"),
        .testTarget(name: "ScriptingTests", dependencies: ["Scripting"]),
        .testTarget(
            name: "TensorsTests", dependencies: ["CKernels", "Scripting", "Tensors", "LawChecks", "TimeLimits"]),
        .testTarget(
            name: "FilesTests", dependencies: ["CZlib", "Scripting", "Tensors", "Files", "LawChecks"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "ProjectionsTests",
            dependencies: ["Scripting", "Tensors", "Autodiff", "Projections", "LawChecks", "PartChecks"],
            exclude: ["make_fixtures.py", "make_intersection_fixtures.py", "make_set_fixtures.py"]),
        .testTarget(
            name: "AutodiffTests",
            dependencies: [
                "Scripting", "Tensors", "Autodiff", "LawChecks", "PartChecks",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "DistributionsTests",
            dependencies: [
                "Scripting", "Tensors", "Autodiff", "Distributions", "LawChecks", "PartChecks",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "NetworksTests",
            dependencies: ["Scripting", "Tensors", "Autodiff", "Networks", "LawChecks", "LuaHost"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FlowsTests",
            dependencies: [
                "Scripting", "Tensors", "Files", "Autodiff", "Distributions", "Networks", "Flows", "LawChecks",
                "LuaHost", "Samplers", "PartChecks", .product(name: "RealModule", package: "swift-numerics"),
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "OptimizersTests",
            dependencies: [
                "Scripting", "Tensors", "Autodiff", "Projections", "Optimizers", "LawChecks", "PartChecks", "LuaHost",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "SamplersTests",
            dependencies: [
                "Scripting", "Tensors", "Autodiff", "Distributions", "Samplers", "LawChecks", "LuaHost",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "ChainsTests",
            dependencies: [
                "Scripting", "Tensors", "Autodiff", "Distributions", "Samplers", "Chains", "LawChecks", "LuaHost",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "PicturesTests", dependencies: ["Scripting", "Tensors", "Pictures"], resources: [.copy("Fixtures")]),
        .testTarget(name: "LuaHostTests", dependencies: ["Scripting", "LuaHost", "TimeLimits"]),
        .testTarget(name: "EditorsTests", dependencies: ["Editors", "LuaFlow"]),
        .target(name: "ProgramChecks", path: "Tests/ProgramChecks"),
        .testTarget(
            name: "RunsTests",
            dependencies: [
                "Scripting", "Tensors", "Runs", "LuaFlow", "ProgramChecks", "PartChecks", "TimeLimits",
            ]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Scripting", "Tensors", "Files", "Flows", "Training", "Runs", "LuaFlow", "ProgramChecks", "PartChecks",
                "TimeLimits",
            ]),
        .testTarget(name: "SessionsTests", dependencies: ["LuaFlow", "Sessions"]),
        .testTarget(name: "ReplTests", dependencies: ["LuaFlow", "Sessions", "Repl", "TimeLimits"]),
        .testTarget(name: "NotebookTests", dependencies: ["LuaFlow", "Sessions", "Notebook", "ProgramChecks"]),
        .target(name: "ConfinementProbe", dependencies: ["CConfinement"], path: "Tests/ConfinementProbe"),
        .testTarget(
            name: "LuaFlowTests",
            dependencies: [
                "Scripting", "Tensors", "Files", "Autodiff", "Flows", "LuaHost", "LuaFlow", "LawChecks",
                "ProgramChecks", "ConfinementProbe", "Runs", "TimeLimits",
            ],
            resources: [.copy("Fixtures")]),
    ],
    swiftLanguageModes: [.v6]
)

// `luaflow-mpi`, the program for several ranks: only where `make mpi` says what pkg-config calls the MPI library
// (ompi-c, mpich). Nothing else depends on it.
if let library = Context.environment["LUAFLOW_MPI"], !library.isEmpty {
    package.products.append(.executable(name: "luaflow-mpi", targets: ["LuaFlowMPI"]))
    package.targets += [
        .systemLibrary(
            name: "CMPILibrary", pkgConfig: library, providers: [.apt(["libopenmpi-dev"]), .brew(["open-mpi"])]),
        .target(name: "CMPI", dependencies: ["CMPILibrary"]),
        .executableTarget(name: "LuaFlowMPI", dependencies: ["Scripting", "Tensors", "CMPI", "LuaFlowCommand"]),
    ]
}
