import Scripting

/// Adding parts to the program, from scripts and plugins.
extension HostFunctions {
    static let register = Declaration(
        "host.register",
        """
        Adds parts under names, `{schedules = {name = f, ...}, ...}`; a plugin is a file that calls this. schedules, \
        noises and masks are found by --schedule NAME and its like in problem 3; so are presets, each a table as in \
        scripts/inpainting/presets.lua, or a function that returns one. projections, distributions and transforms \
        become constructors: projection.NAME(...), distribution.NAME(...), flow.NAME(...); see projection.Set, \
        distribution.Law and flow.Transform for the table that such a function returns (a name in it gives way to the \
        registered one). modules become nn.NAME(...), functions that return a module; files of flows find transforms \
        and modules by their names. commands are :NAME at the prompt and get the text behind it; subcommands are \
        luaflow NAME and get their arguments, which host.arguments reads too. Both are a function or {run = f, help = \
        "one line", complete = f}, where complete(text) returns a list of what may follow the text. All of a call is \
        registered, or nothing. A file that is loaded again replaces what it had registered. A plugin's globals are \
        its own: other files do not see them.
        """,
        takes: .argument("parts", .table(.map(.map(.any)), expected: "a table {schedules = {name = f}, ...}")),
        .context, .operation, returns: .nothing,
        errors: """
            an unknown kind; a name that is built in or registered already: the message names both places; a value \
            that is not a function (of presets: not a table either)
            """,
        example: """
            host.register{schedules = {mine = function(k) return 1 / k end}}
            assert(host.registered("schedules").mine(2) == 0.5)
            host.register{presets = {gentle = {lr = 1e-4, schedule = "cosine"}}}
            assert(host.registered("presets").gentle.lr == 1e-4)
            local ok, message = pcall(host.register, {projections = {Box = print}})
            assert(not ok and tostring(message):find("projection.Box is built in"))
            """,
        see: ["host.registered"]
    ) { parts, context, operation in
        try context.service(Registry.self).add(parts, at: ScriptLocation.current?.place(), for: operation)
    }

    static let registered = Declaration(
        "host.registered",
        """
        What was registered under a kind: a new table from names to functions (presets: to what was registered), empty \
        when nothing was.
        """,
        takes: .argument("kind", .text, "schedules, for one"), .context, .operation, returns: .value(.table),
        errors: "an unknown kind",
        example: "assert(next(host.registered(\"noises\")) == nil)", see: ["host.register"]
    ) { name, context, operation in
        let registry = context.service(Registry.self)
        let kind = try registry.kind(named: name, for: operation)
        return .record(registry.entries(kind).map { (key: $0.name, value: $0.value) })
    }
}
