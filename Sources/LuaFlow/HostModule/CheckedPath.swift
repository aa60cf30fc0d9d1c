import Foundation
import Scripting

/// Checks whether a file can be read or written, before the work whose result it gets.
enum CheckedPath {
    /// - Parameter endings: the extensions that the name may have, without dots; nil for any.
    /// - Returns: what is wrong; nil if nothing is.
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
            // Devices and pipes are written in place.
            guard status.st_mode & S_IFMT == S_IFREG else {
                if endings != nil { return "is not a regular file" }
                return path.withCString { access($0, W_OK) } == 0
                    ? nil : "cannot be written: " + String(cString: strerror(errno))
            }
            guard path.withCString({ access($0, W_OK) }) == 0 else {
                return "cannot be written: " + String(cString: strerror(errno))
            }
        }
        guard folder.withCString({ stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            return "there is no folder \(folder)"
        }
        guard folder.withCString({ access($0, W_OK | X_OK) }) == 0 else { return "no file can be written in \(folder)" }
        return nil
    }

    static func fault(reading path: ByteString) -> String? {
        var status = stat()
        if let access = FileAccess.current, !access.allows(.read, path) { return "this file may not be read" }
        guard path.withCString({ stat($0, &status) }) == 0 else { return "there is no such file" }
        if status.st_mode & S_IFMT == S_IFDIR { return "is a folder; the name of a file expected" }
        guard path.withCString({ access($0, R_OK) }) == 0 else {
            return "cannot be read: " + String(cString: strerror(errno))
        }
        return nil
    }
}

/// The values that are allowed, as given to `host.check` and in entries of `host.arguments`.
struct ValueRule {
    /// A file to write, whose name must have one of the endings, if any.
    struct Writing {
        let endings: [String]?
    }

    var min: Double?
    var max: Double?
    var integer = false
    var writes: Writing?
    var reads = false

    static let options = OptionTable(
        { ValueRule() },
        .option("min", \.min, .optional(bound)),
        .option("max", \.max, .optional(bound)),
        .option("integer", \.integer, .flag),
        .option("writes", \.writes, writing, "whether it names a file to write, or the endings that the name may have"),
        .option("reads", \.reads, .flag, "whether it names a file to read"))

    private static let bound = Domain<Double>.number.map(show: { shown($0) }) { $0.isNaN ? nil : $0 }

    private static let writing = {
        let endings = Domain<[String]>.list(of: .text).map { endings in
            endings.map { ($0.hasPrefix(".") ? String($0.dropFirst()) : $0).lowercased() }
        }
        return Domain<Writing?>.optional(
            Domain<Writing>(
                .either([.boolean, .list(.string)]),
                expected: "true or a list of endings such as {\"png\", \"pdf\"}", show: { _ in "true" }
            ) { value in
                if case .boolean(true) = value { return Writing(endings: nil) }
                return try endings.read(value).map { Writing(endings: $0) }
            })
    }()

    var isPath: Bool { writes != nil || reads }

    /// What is wrong with a value; nil if nothing is. For a file, the fault begins with its name.
    func fault(of value: Value) -> String? {
        if isPath {
            guard case .string(let path) = value else { return "the name of a file expected, got \(value.shown)" }
            let fault =
                if let writes {
                    CheckedPath.fault(writing: path, endings: writes.endings)
                } else {
                    CheckedPath.fault(reading: path)
                }
            return fault.map { path.isEmpty ? $0 : "\(path): \($0)" }
        }
        let (low, high) = (min ?? -.infinity, max ?? .infinity)
        guard let number = value.asNumber, number.isFinite, number >= low, number <= high,
            !integer || value.asInteger != nil
        else {
            var expected = integer ? "a whole number" : "a finite number"
            if low.isFinite { expected += " from \(Value.number(low).plain)" }
            if high.isFinite { expected += " to \(Value.number(high).plain)" }
            return "\(expected) expected, got \(value.shown)"
        }
        return nil
    }
}

extension Value {
    /// An integer without a decimal point.
    fileprivate var plain: String { asInteger.map(String.init) ?? shown }
}
