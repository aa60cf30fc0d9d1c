import Files
import Foundation

/// What was entered, over sessions.
///
/// One line an input; a line end within an input is written as `\n`, a backslash as `\\`. Inputs are appended, each
/// whole or not at all, under a lock, so that two sessions keep both their inputs. A history that has grown too long is
/// replaced by a shorter file, whole or not at all; whoever waited for the lock meanwhile sees that, and writes to the
/// new one.
final class History {
    static let limit = 10_000

    private let path: String?
    private let home: String?
    private(set) var entries: [String] = []
    private let warn: (String) -> Void
    private var hasWarned = false

    /// `LUAFLOW_HISTORY`, or luaflow/history in the folder for state. An empty variable keeps nothing.
    static func standardPath(_ environment: [String: String]) -> String? {
        if let path = environment["LUAFLOW_HISTORY"] { return path.isEmpty ? nil : path }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/luaflow/history" }
        return environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.local/state/luaflow/history" }
    }

    /// - Parameters:
    ///   - home: the user's home folder, which is never made.
    ///   - warn: told once when the file cannot be read or written.
    init(path: String?, home: String? = nil, warn: @escaping (String) -> Void = { _ in }) {
        self.path = path
        self.home = home.flatMap { $0.isEmpty ? nil : $0 }
        self.warn = warn
        read()
    }

    private func read() {
        guard let path, FileManager.default.fileExists(atPath: path) else { return }
        guard let data = FileManager.default.contents(atPath: path) else { return complain("cannot read it") }
        let lines = data.split(separator: UInt8(ascii: "\n"))
        for line in lines.suffix(History.limit) {
            let entry = History.decoded(String(decoding: line, as: UTF8.self))
            if entry != entries.last { entries.append(entry) }
        }
        if lines.count > History.limit + History.limit / 5 { shorten() }
    }

    func append(_ input: String) {
        guard input != entries.last else { return }
        entries.append(input)
        guard let path else { return }
        makeFolder(of: path)
        locked(O_RDWR | O_APPEND | O_CREAT) { descriptor in
            // A session that was ended while it wrote left no line end: the input must not be glued to its half.
            var last = UInt8(ascii: "\n")
            let end = lseek(descriptor, 0, SEEK_END)
            if end > 0 { pread(descriptor, &last, 1, end - 1) }
            let start = last == UInt8(ascii: "\n") ? "" : "\n"
            let problem = History.put(Array((start + History.encoded(input) + "\n").utf8), into: descriptor)
            // Half a line would come back as an input that nobody entered.
            if problem != nil, end >= 0 { ftruncate(descriptor, end) }
            return problem
        }
    }

    /// - Returns: the error number if not all could be written, as on a full disk or beyond `ulimit -f`.
    private static func put(_ bytes: [UInt8], into descriptor: Int32) -> Int32? {
        SizeLimitSignal.held {
            var rest = bytes[...]
            while !rest.isEmpty {
                // A disk that fills takes a part and says nothing; the next call says why it took no more.
                let wrote = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if wrote < 0, errno == EINTR { continue }
                guard wrote > 0 else { return wrote < 0 ? errno : EIO }
                rest = rest.dropFirst(wrote)
            }
            return nil
        }
    }

    /// Makes the folders on the way, but not the user's home.
    private func makeFolder(of path: String) {
        let folder = (path as NSString).deletingLastPathComponent
        let isInMissingHome =
            home.map { folder.hasPrefix($0 + "/") && !FileManager.default.fileExists(atPath: $0) } ?? false
        guard !folder.isEmpty, !isInMissingHome else { return }
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Lets go of the oldest entries. Another session's input of this moment waits for the lock, and is kept.
    private func shorten() {
        locked(O_RDWR) { _ in
            guard let path, let data = FileManager.default.contents(atPath: path) else { return EIO }
            let lines = data.split(separator: UInt8(ascii: "\n")).suffix(History.limit)
            let kept = Array(lines.map { Array($0) + [UInt8(ascii: "\n")] }.joined())
            do {
                try AtomicFile.write(to: path, for: "history") { try $0.write(kept) }
            } catch {
                complain("\(error)")
            }
            return nil
        }
    }

    /// - Parameter body: gets the file's descriptor; gives the error number of what went wrong.
    private func locked(_ flags: Int32, _ body: (Int32) -> Int32?) {
        guard let path else { return }
        // Another session may put a shorter file in this one's place while we wait for the lock; it cannot do so for
        // ever.
        for _ in 0..<1000 {
            let descriptor = open(path, flags | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return complain(String(cString: strerror(errno))) }
            defer { close(descriptor) }
            // A file system without locks still appends.
            flock(descriptor, LOCK_EX)
            guard isStill(path, descriptor) else { continue }
            if let problem = body(descriptor) { complain(String(cString: strerror(problem))) }
            return
        }
        complain("others replace it all the time")
    }

    /// Whether the name still means the file that was opened.
    private func isStill(_ path: String, _ descriptor: Int32) -> Bool {
        var opened = stat()
        var named = stat()
        guard fstat(descriptor, &opened) == 0, stat(path, &named) == 0 else { return false }
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    private func complain(_ reason: String) {
        guard !hasWarned, let path else { return }
        hasWarned = true
        warn("the history is not kept: \(path): \(reason)")
    }

    static func encoded(_ entry: String) -> String {
        entry.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\n", with: "\\n")
    }

    static func decoded(_ line: String) -> String {
        var entry = ""
        var isEscaped = false
        for character in line {
            if isEscaped {
                entry.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                entry.append(character)
            }
        }
        return entry
    }
}
