import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Words every message about a file: `checkpoint.load: nice.pt: what is wrong (at byte 12)`.
struct Report: Sendable {
    /// The operation as the script knows it.
    let operation: String
    /// The file as the script named it, for showing.
    let path: String

    init(operation: String, path: some ByteStringConvertible) {
        self.operation = operation
        self.path = path.byteString.text
    }

    func error(_ message: String) -> ScriptError { ScriptError(operation, "\(path): \(message)") }

    /// - Parameter offset: counted from the beginning of `part`, or of the file.
    func error(_ message: String, at offset: Int, of part: String? = nil) -> ScriptError {
        error("\(message) (at byte \(offset)\(part.map { " of \($0)" } ?? ""))")
    }

    /// A failed system call, in the system's words.
    func systemError(_ action: String, _ code: Int32 = errno) -> ScriptError {
        error("\(action): \(String(cString: strerror(code)))")
    }

    /// Runs `body` so that its errors name this operation and file (the tensor room's "not enough memory" does not).
    func naming<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let wrong as ScriptError where wrong.operation != operation {
            throw error(wrong.message)
        }
    }
}

/// A name out of a file as a message may show it: no control characters, no endless lines.
func shown(_ name: String) -> String {
    let short =
        name.unicodeScalars.count > 80 ? String(name.unicodeScalars.prefix(77).map(Character.init)) + "..." : name
    return short.unicodeScalars.reduce(into: "\"") { text, scalar in
        text += scalar.value < 0x20 || scalar.value == 0x7f ? "?" : String(scalar)
    } + "\""
}
