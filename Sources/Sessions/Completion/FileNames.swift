import Foundation

/// Completes names of files and folders.
package enum FileNames {
    /// - Parameters:
    ///   - expandingHome: whether `~/` means the user's home folder; in Lua it does not.
    ///   - closing: appended to the only candidate, if it is a file: the string's quote.
    package static func completion(expandingHome: Bool = false, _ typed: String, closing: String = "") -> Completion {
        let slash = typed.lastIndex(of: "/")
        let folder = slash.map { String(typed[...$0]) } ?? ""
        let start = slash.map { String(typed[typed.index(after: $0)...]) } ?? typed
        var directory = folder.isEmpty ? "." : folder
        if expandingHome { directory = Words.path(directory) }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
            // Hidden files only if a dot is typed.
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
