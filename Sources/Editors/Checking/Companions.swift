/// Files that are checked together: each is read once, however many there are.
///
///     let together = Companions(texts)
///     for text in texts { Checker(index, together: together).check(text) }
///
/// Names are counted, so that what a file's companions define is known without a separate set for each file.
public final class Companions: Sendable {
    private let globals: [String: Int]
    private let fields: [String: Int]
    private let constructors: [String: [String: Int]]
    private let registeringAnything: Int

    /// - Parameter texts: texts with syntax errors define nothing; their own check reports that.
    public init(_ texts: [[UInt8]]) {
        var (globals, fields): ([String: Int], [String: Int]) = ([:], [:])
        var constructors: [String: [String: Int]] = [:]
        var registeringAnything = 0
        for text in texts {
            guard let tree = try? Parser.parse(bytes: text, isFile: true) else { continue }
            let survey = Survey(tree)
            for name in survey.globals { globals[name, default: 0] += 1 }
            for name in survey.fields { fields[name, default: 0] += 1 }
            for (kind, names) in survey.constructors {
                for name in names { constructors[kind, default: [:]][name, default: 0] += 1 }
            }
            if survey.registersAnything { registeringAnything += 1 }
        }
        self.globals = globals
        self.fields = fields
        self.constructors = constructors
        self.registeringAnything = registeringAnything
    }

    /// What the other files define, without this one's part; nil for a file that is not one of them.
    struct Around: Sendable {
        let companions: Companions
        private let own: Own?

        private struct Own: Sendable {
            let globals, fields: Set<String>
            let constructors: [String: Set<String>]
            let registersAnything: Bool
        }

        init(_ companions: Companions, without survey: Survey?) {
            self.companions = companions
            own = survey.map { survey in
                Own(
                    globals: survey.globals, fields: survey.fields, constructors: survey.constructors,
                    registersAnything: survey.registersAnything)
            }
        }

        func sets(_ name: String) -> Bool {
            companions.globals[name, default: 0] > (own?.globals.contains(name) == true ? 1 : 0)
        }

        func assignsField(_ name: String) -> Bool {
            companions.fields[name, default: 0] > (own?.fields.contains(name) == true ? 1 : 0)
        }

        var registersAnything: Bool { companions.registeringAnything > (own?.registersAnything == true ? 1 : 0) }

        /// For suggestions: a file's own names are known anyway.
        var globals: some Sequence<String> { companions.globals.keys }
        func constructors(of kind: String) -> [String] { companions.constructors[kind].map { Array($0.keys) } ?? [] }
    }
}

/// Required files, read once and shared by several checkers.
public final class RequiredFiles {
    private var modules: [[UInt8]: LocalModule] = [:]
    private var broken: Set<[UInt8]> = []

    public init() {}

    /// - Returns: nil for a text with syntax errors.
    func module(_ text: [UInt8]) -> LocalModule? {
        if let known = modules[text] { return known }
        if broken.contains(text) { return nil }
        guard let tree = try? Parser.parse(bytes: text, isFile: true) else {
            broken.insert(text)
            return nil
        }
        let module = LocalModule(tree)
        modules[text] = module
        return module
    }
}
