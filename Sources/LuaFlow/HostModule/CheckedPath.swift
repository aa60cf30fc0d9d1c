import Foundation
import Scripting

/// Whether a file can be read or written, asked before the work that it is for.
enum CheckedPath {
    /// - Parameter endings: those that the name may have, without their dots; nil for any.
    /// - Returns: what is wrong; nil when nothing is.
    static func fault(writing path: ByteString, endings: [String]?) -> String? {
        guard !path.isEmpty, !path.hasSuffix("/") else { return "the name of a file expected" }
        let (folder, name) = (path.splitPath.folder, path.splitPath.name.text)
        if let endings {
            let known = endings.map { "." + $0 }.joined(separator: ", ")
            let ending = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() }
            guard let ending, endings.contains(ending) else { return "a name that ends in \(known) expected" }
        }
        if let access = FileAccess.current, !access.allows(.write, path) { return "no file may be written there" }
        var status = stat()
        if path.withCString({ stat($0, &status) }) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { return "is a folder; the name of a file expected" }
            // Those are written in place.
            guard status.st_mode & S_IFMT == S_IFREG else {
                if endings != nil { return "is not a regular file" }
                return path.withCString { access($0, W_OK) } == 0 ? nil : "cannot be written: " + String(cString: strerror(errno))
            }
            guard path.withCString({ access($0, W_OK) }) == 0 else { return "cannot be written: " + String(cString: strerror(errno)) }
        }
        guard folder.withCString({ stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR else { return "there is no folder \(folder)" }
        guard folder.withCString({ access($0, W_OK | X_OK) }) == 0 else { return "no file can be written in \(folder)" }
        return nil
    }

    static func fault(reading path: ByteString) -> String? {
        var status = stat()
        if let access = FileAccess.current, !access.allows(.read, path) { return "this file may not be read" }
        guard path.withCString({ stat($0, &status) }) == 0 else { return "there is no such file" }
        if status.st_mode & S_IFMT == S_IFDIR { return "is a folder; the name of a file expected" }
        guard path.withCString({ access($0, R_OK) }) == 0 else { return "cannot be read: " + String(cString: strerror(errno)) }
        return nil
    }
}

/// What a value has to be, as `host.check` and the entries of `host.arguments` say it.
struct ValueRule {
    var low = -Double.infinity
    var high = Double.infinity
    var isInteger = false
    /// It is the name of a file to write; with these endings, if there are any.
    var writes = false
    var endings: [String]?
    var reads = false

    static let keys = ["min", "max", "integer", "writes", "reads"]

    /// - Parameter read: gives the value of a key.
    init(_ place: String, _ operation: String, _ read: (String) throws -> Value) throws {
        func wrong(_ key: String, _ expected: String, _ value: Value) -> ScriptError {
            ScriptError(operation, "\(place)\(key): \(expected) expected, got \(value.shown)")
        }
        func number(_ key: String, _ fallback: Double) throws -> Double {
            let value = try read(key)
            if case .none = value { return fallback }
            guard let number = value.asNumber, !number.isNaN else { throw wrong(key, "a number", value) }
            return number
        }
        func flag(_ key: String) throws -> Bool {
            let value = try read(key)
            switch value {
            case .none: return false
            case .boolean(let flag): return flag
            default: throw wrong(key, "true or false", value)
            }
        }
        low = try number("min", -.infinity)
        high = try number("max", .infinity)
        isInteger = try flag("integer")
        reads = try flag("reads")
        switch try read("writes") {
        case .none, .boolean(false): break
        case .boolean(true): writes = true
        case .table(let list):
            writes = true
            endings = try list.elements().map { value in
                guard case .string(let text) = value else {
                    throw wrong("writes", "a list of endings such as {\"png\", \"pdf\"}", value)
                }
                let ending = text.text
                return (ending.hasPrefix(".") ? String(ending.dropFirst()) : ending).lowercased()
            }
        case let other: throw wrong("writes", "true or a list of endings such as {\"png\", \"pdf\"}", other)
        }
    }

    var isPath: Bool { writes || reads }

    /// What is wrong with a value; nil when nothing is. A file's name says it in front of the fault.
    func fault(of value: Value) -> String? {
        if isPath {
            guard case .string(let path) = value else { return "the name of a file expected, got \(value.shown)" }
            let fault = writes ? CheckedPath.fault(writing: path, endings: endings) : CheckedPath.fault(reading: path)
            return fault.map { path.isEmpty ? $0 : "\(path): \($0)" }
        }
        guard let number = value.asNumber, number.isFinite, number >= low, number <= high,
            !isInteger || value.asInteger != nil
        else {
            var expected = isInteger ? "a whole number" : "a finite number"
            if low.isFinite { expected += " from \(Value.number(low).plain)" }
            if high.isFinite { expected += " to \(Value.number(high).plain)" }
            return "\(expected) expected, got \(value.shown)"
        }
        return nil
    }
}

extension Value {
    /// A whole number without its decimal point.
    fileprivate var plain: String { asInteger.map(String.init) ?? shown }
}
