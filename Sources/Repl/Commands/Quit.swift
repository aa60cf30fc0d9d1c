extension Command {
    static let quit = Command("quit", ":quit", "Leaves, as Ctrl-D does.") { _, _ in .leave(.end) }
}
