import Editors
import Foundation
import LuaFlow

/// A file's text, changed so that the prompt has access to its top-level locals: after each declaration, on the same
/// line, a call passes out a function that reads and writes these variables.
///
///     local x, y = 1, 2      ->      local x, y = 1, 2;("")["\0"](1,function(i,s,v)if i==1 then ... end end);
///
/// They are the file's own variables, shared with its functions, also when an error ends the file. The receiver of the
/// functions is under a key of the string library that no name can spell, so that nothing the file does to its globals
/// or `_ENV` interferes; it needs no local variable, of which a file may have 200.
package struct FileLocals {
    package struct Variable: Equatable {
        package let name: String
        /// Declared with `<const>` or `<close>`.
        package let isConstant: Bool
    }

    /// The text to run, with the line numbers of the original.
    package let text: [UInt8]
    /// The variables of each declaration, in order.
    package let declarations: [[Variable]]

    /// Longer files are run unchanged.
    static let longest = 16 << 20

    /// - Returns: nil if there is nothing to pass out: no such file, a syntax error, no locals.
    init?(path: ByteString) {
        guard let bytes = FileLocals.bytes(of: path) else { return nil }
        self.init(bytes)
    }

    /// The place where the file declares a local of this name, `main.lua:3`; nil if it does not.
    static func place(of name: String, in path: ByteString) -> String? {
        guard let bytes = bytes(of: path), let tree = try? Parser.parse(bytes: bytes, isFile: true),
            let found = tree.locals.first(where: { $0.name == name })
        else { return nil }
        let line = bytes.prefix(found.offset).count { $0 == UInt8(ascii: "\n") } + 1
        return "\(path.splitPath.name.text):\(line)"
    }

    private static func bytes(of path: ByteString) -> [UInt8]? {
        // Only a regular file is the same when it is read again; a pipe would be empty.
        guard let stamp = FileStamp(path), stamp.isRegular else { return nil }
        let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { return nil }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard let bytes = try? file.read(upToCount: FileLocals.longest + 1), bytes.count <= FileLocals.longest else {
            return nil
        }
        return [UInt8](bytes)
    }

    init?(_ bytes: [UInt8]) {
        guard let tree = try? Parser.parse(bytes: bytes, isFile: true) else { return nil }
        var text: [UInt8] = []
        var declarations: [[Variable]] = []
        var done = 0
        for statement in tree.body.statements {
            let indices: [Int] =
                switch statement.kind {
                case .local(let variables, _): variables
                case .localFunction(let variable, _): [variable]
                default: []
                }
            let variables = indices.map { tree.locals[$0] }.filter { $0.name != "_ENV" }
                .map { Variable(name: $0.name, isConstant: $0.isConstant) }
            guard !variables.isEmpty, statement.end <= bytes.count else { continue }
            declarations.append(variables)
            text += bytes[done..<statement.end] + Array(FileLocals.call(variables, declarations.count).utf8)
            done = statement.end
        }
        guard !declarations.isEmpty else { return nil }
        self.text = text + bytes[done...]
        self.declarations = declarations
    }

    private static func call(_ variables: [Variable], _ number: Int) -> String {
        // Names that hide none of the variables.
        var tail = ""
        while variables.contains(where: { ["i" + tail, "s" + tail, "v" + tail].contains($0.name) }) { tail += "_" }
        let (index, writes, value) = ("i" + tail, "s" + tail, "v" + tail)
        let branches = variables.enumerated().map { place, variable in
            let write = variable.isConstant ? "" : "if \(writes) then \(variable.name)=\(value) end "
            return "if \(index)==\(place + 1) then \(write)return \(variable.name) end "
        }
        return ";(\"\")[\"\\0\"](\(number),function(\(index),\(writes),\(value))\(branches.joined())end);"
    }
}
