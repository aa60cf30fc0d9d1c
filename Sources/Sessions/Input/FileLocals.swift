import Editors
import Foundation
import LuaFlow

/// A file's text so that the prompt gets at its top-level locals: behind each declaration stands, on the same line, a
/// call that hands out a function which reads and writes those variables.
///
///     local x, y = 1, 2      ->      local x, y = 1, 2;("")["\0"](1,function(i,s,v)if i==1 then ... end end);
///
/// They are the file's own variables, shared with its functions, and those that were made before an error are there.
/// What receives the functions stands under a key of the string library's that no name can spell, so that nothing that
/// the file does to its globals or to `_ENV` is in the way; it needs no local variable, of which a file may have 200.
package struct FileLocals {
    package struct Variable: Equatable {
        package let name: String
        /// Declared with `<const>` or `<close>`.
        package let isConstant: Bool
    }

    /// The text to run, with the lines of the original.
    package let text: [UInt8]
    /// What each declaration makes, in order.
    package let declarations: [[Variable]]

    /// A file that is longer is run as it is.
    static let longest = 16 << 20

    /// - Returns: nil where there is nothing to hand out: no such file, no Lua, no locals.
    init?(path: ByteString) {
        guard let bytes = FileLocals.bytes(of: path) else { return nil }
        self.init(bytes)
    }

    /// `main.lua:3` where the file declares a local variable of this name; nil where it does not.
    static func place(of name: String, in path: ByteString) -> String? {
        guard let bytes = bytes(of: path), let tree = try? Parser.parse(bytes: bytes, isFile: true),
            let found = tree.locals.first(where: { $0.name == name })
        else { return nil }
        let line = bytes.prefix(found.offset).count { $0 == UInt8(ascii: "\n") } + 1
        return "\(path.splitPath.name.text):\(line)"
    }

    private static func bytes(of path: ByteString) -> [UInt8]? {
        // Only a file that is what it was when it is read again; and the first read of a pipe would be the last.
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
