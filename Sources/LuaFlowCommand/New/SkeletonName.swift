import Editors
import Foundation
import LuaFlow
import Repl

/// A name that is valid in Lua, in Swift and on the command line.
struct SkeletonName {
    /// As it was given: `my_masks`.
    let text: String
    /// With a capital first letter, for objects: `My_masks`.
    var capital: String { text.prefix(1).uppercased() + text.dropFirst() }
    /// In lower case, for Lua's modules.
    var lower: String { text.lowercased() }

    init(_ text: String) throws {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first, Self.isLetter(first), scalars.allSatisfy(Self.isWord), scalars.count <= 50
        else {
            let nearest = Self.nearest(to: text)
            throw ScriptError(
                "luaflow new",
                "\"\(text)\": a letter, then letters, digits and _ expected, at most 50"
                    + (nearest.isEmpty ? "" : " (\"\(nearest)\" would do)"))
        }
        self.text = text
        // Such a module would hide one of Lua's or ours, or be hidden by it.
        let modules = Host.builtInModules.map(\.name) + StandardLibrary.libraries.keys
        if modules.contains(lower) { throw taken("is a module already") }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        isLetter(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
    }

    /// The name without accents, and with _ for invalid characters.
    private static func nearest(to text: String) -> String {
        let file = text.hasSuffix(".lua") ? String(text.dropLast(4)) : text
        let plain = file.folding(options: .diacriticInsensitive, locale: nil).unicodeScalars
        let nearest = plain.map { isWord($0) ? $0 : "_" }.drop { !isLetter($0) }.prefix(50)
        return String(String.UnicodeScalarView(nearest))
    }

    private func taken(_ why: String) -> ScriptError {
        ScriptError("luaflow new", "\"\(text)\" \(why) (\"my_\(text)\" would do)")
    }

    // MARK: Plugins

    /// A plugin's skeleton registers its name under every kind: it must be free in all.
    /// - Throws: ``ScriptError`` that says what has the name already.
    func checkPlugin(in folder: ByteString) throws {
        if !Lexer.isName(text) { throw taken("is a word of Lua's") }
        let host = try Host()
        Subcommands.reserve(in: host)
        try Repl.reserveCommands(in: host)
        let registry = host.context.service(Registry.self)
        for kind in registry.kinds {
            let name = kind.module == nil ? text : capital
            if registry.isReserved(kind, name) { throw taken("will not do: \(kind.shown(name)) is built in") }
        }
        if Self.partsOfProblem3.contains(text) {
            throw taken("is one of problem 3's schedules, noises, masks and presets")
        }
        // On some file systems the case of names does not matter, and the objects of both would have the same name.
        let present = (folder.appending(path: "plugins").folderEntries ?? []).map(\.text)
        if let other = present.first(where: { $0.lowercased() == lower + ".lua" && $0 != text + ".lua" }) {
            throw taken("differs from \(other) only in case")
        }
    }

    /// Names defined in the shipped scripts/inpainting; a test compares them.
    private static let partsOfProblem3: Set<String> = [
        "constant", "step", "linear", "exponential", "cosine", "warm_restarts", "nice",
        "none", "gaussian", "annealed", "langevin",
        "rectangle", "top", "bottom", "left", "right", "checkerboard", "rows", "columns", "random", "png",
        "homework", "adam", "quick", "best",
    ]

    // MARK: Modules

    /// A module is a Swift target, a Swift module, and a local variable in Lua: the name must be valid for all three.
    /// - Parameter source: the folder of LuaFlow's sources.
    func checkModule(source: String) throws {
        if !Lexer.isName(lower) { throw taken("is a word of Lua's") }
        if ["print", "require"].contains(lower) { throw taken("is a function of Lua's that the skeleton calls") }
        if Self.wordsOfSwift.contains(lower) { throw taken("is a word or a module of Swift's") }
        let targets = Set((try Self.names(in: source) + Self.dependencies).map { $0.lowercased() })
        // In lower case, as on some file systems both are one folder.
        if let target = [capital, capital + "Host"].first(where: { targets.contains($0.lowercased()) }) {
            throw taken("is a module already: LuaFlow is built with \(target)")
        }
    }

    /// The names in a manifest: its package, products and targets.
    private static func names(in source: String) throws -> [String] {
        let path = source + "/Package.swift"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ScriptError("luaflow new", "\(path) cannot be read")
        }
        return text.matches(of: /name:\s*"(\w+)"/).map { String($0.output.1) }
    }

    /// Names of targets in packages that LuaFlow depends on.
    private static let dependencies = [
        "ArgumentParser", "ArgumentParserToolInfo", "Numerics", "RealModule", "ComplexModule", "IntegerUtilities",
    ]

    private static let wordsOfSwift: Set<String> = [
        "any", "self", "type", "protocol", "swift", "foundation", "foundationessentials", "foundationnetworking",
        "foundationxml", "corefoundation", "dispatch", "synchronization", "observation", "distributed", "regexbuilder",
        "glibc", "musl", "darwin", "cxx", "testing", "xctest", "main", "init",
    ]
}
