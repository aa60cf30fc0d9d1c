import Editors
import Foundation
import LuaFlow

/// The options that a script declares by `host.arguments{...}`, found in its text without running it.
public enum ScriptOptions {
    /// Longer files are not written by hand.
    private static let longest = 1 << 20

    /// The options as typed, `--steps`, `--quiet`, `--no-quiet`, `--help`; none for a script that declares none.
    public static func words(ofScript path: String) -> [String] {
        // Only regular files: reading a pipe would wait.
        guard let stamp = FileStamp(path), stamp.isRegular, stamp.size <= longest,
            let text = FileManager.default.contents(atPath: path),
            let options = DeclaredOptions(in: [UInt8](text))
        else { return [] }
        return options.all.flatMap { option in
            option.isFlag ? ["--\(option.flag)", "--no-\(option.flag)"] : ["--\(option.flag)"]
        } + ["--help"]
    }
}
