#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

// Paths are bytes: the system compares names by bytes, and they need not be UTF-8.
extension ByteString {
    private static let slash = UInt8(ascii: "/")

    /// Whether it can be the name of a file: not empty, and without a zero byte.
    public var isFileName: Bool { !isEmpty && !contains(0) }

    /// A path's folder and last part: `a/b/c` gives `a/b` and `c`, `c` gives `.` and `c`, `/c` gives `/` and `c`.
    public var splitPath: (folder: ByteString, name: ByteString) {
        let bytes = bytes
        guard let slash = bytes.lastIndex(of: ByteString.slash) else { return (".", self) }
        return (slash == 0 ? "/" : ByteString(bytes[..<slash]), ByteString(bytes[(slash + 1)...]))
    }

    /// The path of a name in this folder.
    public func appending(path name: ByteString) -> ByteString {
        if isEmpty { return name }
        return hasSuffix("/") ? self + name : self + "/" + name
    }

    /// The absolute path with links and dots resolved.
    /// - Returns: nil, and `errno`, when there is no such file.
    public var resolvedPath: ByteString? {
        guard !contains(0) else {
            errno = EINVAL
            return nil
        }
        guard let real = withCString({ realpath($0, nil) }) else { return nil }
        defer { free(real) }
        return ByteString(cString: real)
    }

    /// Whether there is something under this path.
    public var fileExists: Bool { isFileName && withCString { access($0, F_OK) } == 0 }

    /// The working folder.
    public static var workingFolder: ByteString? {
        guard let folder = getcwd(nil, 0) else { return nil }
        defer { free(folder) }
        return ByteString(cString: folder)
    }

    /// Whether it is a folder, with links followed.
    public var isFolder: Bool {
        var status = stat()
        return withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Creates this folder and missing folders above it.
    /// - Returns: the created folders, the outermost first; nil, with `errno` set, if one cannot be created.
    public func madeFolders() -> [ByteString]? {
        if isFolder { return [] }
        var path = self
        while path.hasSuffix("/"), path.count > 1 { path = path.dropLast(1) }
        let around = path.splitPath.folder
        guard isFileName, around != path, let made = around.madeFolders() else { return nil }
        if path.withCString({ mkdir($0, 0o777) }) == 0 { return made + [path] }
        // Another process may have created it meanwhile.
        return path.isFolder ? made : nil
    }

    /// The names in this folder, sorted, without `.` and `..`; nil if it cannot be listed.
    public var folderEntries: [ByteString]? {
        guard let folder = withCString({ opendir($0) }) else { return nil }
        defer { closedir(folder) }
        var names: [ByteString] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
                    ByteString(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The longest text of a script that is read as a whole; /dev/zero has no end, and memory has.
    public static let longestText = 1 << 27

    /// All bytes of a file; nil when it cannot be read, or is longer than ``longestText``. A pipe with a name cannot:
    /// opening it would wait for somebody who writes into it, without a word.
    public var fileContents: [UInt8]? {
        let descriptor = withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFIFO, status.st_size <= Self.longestText
        else { return nil }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let got = read(descriptor, &piece, piece.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return nil }
            if got == 0 { return bytes }
            guard bytes.count + got <= Self.longestText else { return nil }
            bytes += piece[..<got]
        }
    }
}
