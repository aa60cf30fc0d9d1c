import LuaFlow

extension Command {
    static let pictures = Command(
        "pictures", ":pictures on|off", "Shows tensors that are pictures as pictures, or only their numbers.",
        argument: .words(["on", "off"])
    ) { session, text in
        switch text {
        case "on": session.showsPictures = true
        case "off": session.showsPictures = false
        case "": session.say("pictures are \(session.showsPictures ? "on" : "off")")
        default: throw ScriptError(":pictures", "on or off expected, got \(text)")
        }
        return .stay
    }
}
