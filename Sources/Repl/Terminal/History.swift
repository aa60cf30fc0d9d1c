import Files
import Foundation

/// The history of inputs, across sessions.
///
/// One line per input; a line end within an input is written as `\n`, a backslash as `\\`. Inputs are appended under a
/// lock, each whole or not at all, so that two sessions keep both their inputs. A history that has grown too long is
/// replaced by a shorter file, whole or not at all; a session that waited for the lock notices that and writes to the
/// new file.
final class History {
    static let limit = 10_000

    private let path: String?
    private let home: String?
    private(set) var entries: [String] = []
    private let warn: (String) -> Void
    private var hasWarned = false

    /// `LUAFLOW_HISTORY`, or luaflow/history in the folder for state. If the variable is empty, no history is kept.
    static func standardPath(_ environment: [String: String]) -> String? {
        if let path = environment["LUAFLOW_HISTORY"] { return path.isEmpty ? nil : path }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/luaflow/history" }
        return environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.local/state/luaflow/history" }
    }

    /// - Parameters:
    ///   - home: the user's home folder, which is never created.
    ///   - warn: called once when the file cannot be read or written.
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
            // A session that was killed while writing left no line end: the new input must not be appended to its half
            // line.
            var last = UInt8(ascii: "\n")
            let end = lseek(descriptor, 0, SEEK_END)
            if end > 0 { pread(descriptor, &last, 1, end - 1) }
            let start = last == UInt8(ascii: "\n") ? "" : "\n"
            let problem = History.put(Array((start + History.encoded(input) + "\n").utf8), into: descriptor)
            // Half a line would come back as an input that nobody entered: it is cut off.
            if problem != nil, end >= 0 { ftruncate(descriptor, end) }
            return problem
        }
    }

    /// - Returns: the error number if not everything could be written, as on a full disk or beyond `ulimit -f`.
    private static func put(_ bytes: [UInt8], into descriptor: Int32) -> Int32? {
        SizeLimitSignal.held {
            var rest = bytes[...]
            while !rest.isEmpty {
                // On a full disk a part may be written without an error; the next call returns the error.
                let wrote = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if wrote < 0, errno == EINTR { continue }
                guard wrote > 0 else { return wrote < 0 ? errno : EIO }
                rest = rest.dropFirst(wrote)
            }
            return nil
        }
    }

    /// Creates the folders on the way, but not the user's home.
    private func makeFolder(of path: String) {
        let folder = (path as NSString).deletingLastPathComponent
        let isInMissingHome =
            home.map { folder.hasPrefix($0 + "/") && !FileManager.default.fileExists(atPath: $0) } ?? false
        guard !folder.isEmpty, !isInMissingHome else { return }
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Removes the oldest entries. Another session that writes at this moment waits for the lock, so that its input is
    /// kept.
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

    /// - Parameter body: gets the file's descriptor and returns an error number, or nil.
    private func locked(_ flags: Int32, _ body: (Int32) -> Int32?) {
        guard let path else { return }
        // Another session may replace the file while this one waits for the lock; that cannot happen for ever.
        for _ in 0..<1000 {
            let descriptor = open(path, flags | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return complain(String(cString: strerror(errno))) }
            defer { close(descriptor) }
            // On a file system without locks, inputs are appended anyway.
            flock(descriptor, LOCK_EX)
            guard isStill(path, descriptor) else { continue }
            if let problem = body(descriptor) { complain(String(cString: strerror(problem))) }
            return
        }
        complain("others replace it all the time")
    }

    /// Whether the path still refers to the opened file.
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
