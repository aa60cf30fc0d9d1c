import Foundation

// The three kinds of projects, from the files in Templates, in which NAME, Name and the like are replaced.
extension Skeleton {
    static func script(_ name: SkeletonName) -> Skeleton {
        let file = "\(name.text).lua"
        return Skeleton(
            files: [(file, template(PackageResources.script_lua, ["NAME": name.text]))],
            next: [
                ("luaflow run DIR/\(file)", "runs it"),
                ("luaflow run DIR/\(file) --help", "lists its options"),
            ])
    }

    /// - Parameter folder: the folder that it is written to; commands shown are valid in the current folder.
    static func plugin(_ name: SkeletonName, in folder: String) -> Skeleton {
        let file = "plugins/\(name.text).lua"
        let place = folder == "." ? "plugins" : folder + "/plugins"
        let problem3 = "luaflow run --plugins DIR/plugins scripts/problem3_inpainting.lua --schedule \(name.text)"
        let isBesideScripts = FileManager.default.fileExists(atPath: "scripts/problem3_inpainting.lua")
        let words: KeyValuePairs = ["NAME": name.text, "Name": name.capital, "PLACE": place]
        return Skeleton(
            files: [(file, template(PackageResources.plugin_lua, words))],
            next: [
                ("luaflow plugins --plugins DIR/plugins", "lists what it registers"),
                ("luaflow --plugins DIR/plugins \(name.text) --times 2", "runs its subcommand"),
            ] + (isBesideScripts ? [(problem3, "uses its schedule")] : []))
    }

    static func module(_ name: SkeletonName, luaflow: String) -> Skeleton {
        let literal = luaflow.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        func filled(_ text: [UInt8]) -> String {
            template(
                text,
                ["NAMEhost": name.capital + "Host", "Name": name.capital, "NAME": name.lower, "LUAFLOW": literal])
        }
        let folder = name.text
        let sources = "\(folder)/Sources/\(name.capital)"
        return Skeleton(
            files: [
                ("\(folder)/Package.swift", filled(PackageResources.Package_swift_txt)),
                ("\(sources)/\(name.capital)Module.swift", filled(PackageResources.Module_swift_txt)),
                ("\(sources)Host/main.swift", filled(PackageResources.main_swift_txt)),
                ("\(folder)/demo.lua", filled(PackageResources.demo_lua)),
                ("\(folder)/.gitignore", ".build\n"),
            ],
            next: [
                ("cd DIR/\(folder)", "the first build takes minutes"),
                ("swift run -c release \(name.capital)Host demo.lua", "builds and runs the demonstration"),
            ],
            ownFolder: folder)
    }

    /// - Parameter words: the replacements, applied in this order.
    private static func template(_ text: [UInt8], _ words: KeyValuePairs<String, String>) -> String {
        words.reduce(String(decoding: text, as: UTF8.self)) { $0.replacing($1.key, with: $1.value) }
    }
}
