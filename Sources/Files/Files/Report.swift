import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Makes the errors about a file: `checkpoint.load: nice.pt: what is wrong (at byte 12)`.
struct Report: Sendable {
    /// The operation as the script knows it.
    let operation: String
    /// The file's name as the script gave it, for display.
    let path: String

    init(operation: String, path: some ByteStringConvertible) {
        self.operation = operation
        self.path = path.byteString.text
    }

    func error(_ message: String) -> ScriptError { ScriptError(operation, "\(path): \(message)") }

    /// - Parameter offset: the position, counted from the beginning of `part` if given, else of the file.
    func error(_ message: String, at offset: Int, of part: String? = nil) -> ScriptError {
        error("\(message) (at byte \(offset)\(part.map { " of \($0)" } ?? ""))")
    }

    /// The error of a failed system call, with the system's message.
    func systemError(_ action: String, _ code: Int32 = errno) -> ScriptError {
        error("\(action): \(String(cString: strerror(code)))")
    }

    /// Runs `body` so that its errors name this operation and file (except "not enough memory").
    func naming<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let wrong as ScriptError where wrong.operation != operation {
            throw error(wrong.message)
        }
    }
}

/// A name from a file, for messages: without control characters, and shortened.
func shown(_ name: String) -> String {
    let short =
        name.unicodeScalars.count > 80 ? String(name.unicodeScalars.prefix(77).map(Character.init)) + "..." : name
    return short.unicodeScalars.reduce(into: "\"") { text, scalar in
        text += scalar.value < 0x20 || scalar.value == 0x7f ? "?" : String(scalar)
    } + "\""
}
