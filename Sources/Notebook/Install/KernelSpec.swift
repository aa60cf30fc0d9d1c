import Files
import Foundation
import LuaFlow

/// The folder by which Jupyter finds the kernel: it contains `kernel.json` with the command that starts it.
public struct KernelSpec {
    static let operation = "luaflow kernel install"
    /// The kernel's name in Jupyter.
    static let name = "luaflow"

    /// The folder to write: `DIR/share/jupyter/kernels/luaflow`, or in the user's own Jupyter data folder.
    let folder: ByteString
    /// The program to start, as an absolute path.
    let program: String

    /// - Parameters:
    ///   - prefix: the folder in which Jupyter is installed; nil for the user's own folder.
    ///   - environment: gives HOME and the folders of Jupyter's data.
    public init(prefix: ByteString?, program: String, environment: [String: String]) throws {
        self.program = program
        if let prefix {
            guard !prefix.isEmpty else {
                throw ScriptError(KernelSpec.operation, "--prefix: a folder expected, got nothing")
            }
            folder = LoadedFiles.absolute(prefix).appending(path: "share/jupyter/kernels/luaflow")
        } else {
            folder = try ByteString(KernelSpec.userFolder(environment)).appending(path: "kernels/luaflow")
        }
    }

    /// The folder that `jupyter --data-dir` prints.
    static func userFolder(_ environment: [String: String]) throws -> String {
        func set(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let folder = set("JUPYTER_DATA_DIR") { return folder }
        guard let home = set("HOME") else {
            throw ScriptError(KernelSpec.operation, "HOME is not set; --prefix DIR says where to install")
        }
        #if os(macOS)
            return home + "/Library/Jupyter"
        #else
            return (set("XDG_DATA_HOME") ?? home + "/.local/share") + "/jupyter"
        #endif
    }

    var json: JSON {
        [
            "argv": [.text(program), "kernel", "run", "{connection_file}"], "display_name": "LuaFlow",
            "language": "lua",
            // Interrupts arrive as messages, so that they also reach a kernel on another machine.
            "interrupt_mode": "message", "metadata": ["debugger": false],
        ]
    }

    /// Writes the folder, replacing an older one.
    /// - Returns: the folder.
    public func install() throws -> ByteString {
        guard folder.madeFolders() != nil else {
            throw ScriptError(KernelSpec.operation, "\(folder): no folder can be made there")
        }
        try AtomicFile.write(to: folder.appending(path: "kernel.json"), for: KernelSpec.operation) {
            try $0.write(String(decoding: json.bytes, as: UTF8.self) + "\n")
        }
        return folder
    }
}
