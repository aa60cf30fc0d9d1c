import Editors
import Foundation
import LuaFlow

/// The options that a script declares by `host.arguments{...}`, read from its text: nothing of it is run.
public enum ScriptOptions {
    /// A longer file is none that somebody wrote.
    private static let longest = 1 << 20

    /// `--steps`, `--quiet`, `--no-quiet`, `--help`; nothing for a script that declares none.
    public static func words(ofScript path: String) -> [String] {
        // A pipe would wait.
        guard let stamp = FileStamp(path), stamp.isRegular, stamp.size <= longest,
            let text = FileManager.default.contents(atPath: path),
            let options = DeclaredOptions(in: [UInt8](text))
        else { return [] }
        return options.all.flatMap { option in
            option.isFlag ? ["--\(option.flag)", "--no-\(option.flag)"] : ["--\(option.flag)"]
        } + ["--help"]
    }
}
