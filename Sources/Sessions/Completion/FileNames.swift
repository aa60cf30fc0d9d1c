import Foundation

/// Names of files and folders.
package enum FileNames {
    /// - Parameters:
    ///   - expandingHome: whether `~/` is the user's home folder; to Lua it is not.
    ///   - closing: put after a file's name that is the only one: the string's quote.
    package static func completion(expandingHome: Bool = false, _ typed: String, closing: String = "") -> Completion {
        let slash = typed.lastIndex(of: "/")
        let folder = slash.map { String(typed[...$0]) } ?? ""
        let start = slash.map { String(typed[typed.index(after: $0)...]) } ?? typed
        var directory = folder.isEmpty ? "." : folder
        if expandingHome { directory = Words.path(directory) }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
            // Hidden files are meant only where somebody types the dot.
            .filter { $0.hasPrefix(start) && (start.hasPrefix(".") || !$0.hasPrefix(".")) }
            .filter { !$0.unicodeScalars.contains { $0.value < 32 } }
            .map { name in
                var isFolder: ObjCBool = false
                let isThere = FileManager.default.fileExists(atPath: directory + "/" + name, isDirectory: &isFolder)
                return isThere && isFolder.boolValue ? name + "/" : name
            }
        var completion = Completion(names, typed: start)
        if completion.candidates.count == 1, !completion.candidates[0].hasSuffix("/") {
            completion.insertion += closing
        }
        return completion
    }
}
