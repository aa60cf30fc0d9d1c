import LuaFlow

/// Lua functions that the prompt uses to examine values without running a script's code. They are made before the first
/// input and keep references to Lua's functions, whatever is assigned to those later.
package struct Helpers {
    private let table: any ScriptTable
    private let interpreter: Interpreter

    package init(_ interpreter: Interpreter) throws {
        guard
            case .table(let table)? = try interpreter.run(
                code: Helpers.withoutLines, name: "=luaflow", arguments: [.string(Helpers.source)]
            ).first
        else { throw ScriptError("repl", "the prompt's own functions are missing") }
        self.table = table
        self.interpreter = interpreter
    }

    /// Calls one of them, without a script's hook; inside ``LuaHost/Interpreter/evaluation(_:)`` if it may take long.
    @discardableResult
    package func call(_ name: String, _ arguments: [Value] = []) throws -> [Value] {
        try interpreter.perform { try interpreter.withoutScriptHook { try run(name, arguments) } }
    }

    /// Calls one that runs an input, with the script's hook.
    @discardableResult
    package func run(_ name: String, _ arguments: [Value]) throws -> [Value] {
        guard case .function(let function) = try table.value(for: name) else {
            throw ScriptError("repl", "the prompt's own function \(name) is missing")
        }
        return try function.call(arguments)
    }

    /// A list of strings that one of them returns.
    package func names(_ name: String, _ arguments: [Value] = []) throws -> [String] {
        guard case .table(let list)? = try call(name, arguments).first else { return [] }
        return try list.elements().compactMap { if case .string(let text) = $0 { text.text } else { nil } }
    }

    /// Without line and name information, so that messages do not refer to the helpers: `error("x", 2)` in an input has
    /// no caller.
    private static let withoutLines = """
        local source = ...
        local whole = load(source, "=luaflow", "t")
        return (string and string.dump and load(string.dump(whole, true), "=luaflow", "b") or whole)()
        """

    private static let source = """
        local _G, load, type, next, rawget, rawset, rawlen = _G, load, type, next, rawget, rawset, rawlen
        local rawequal, io = rawequal, io
        local error, pcall, tostring, require, setmetatable = error, pcall, tostring, require, setmetatable
        local pack, concat, format, byte, sub = table.pack, table.concat, string.format, string.byte, string.sub
        local valid, mathtype, package = utf8.len, math.type, package
        local getmetatable = debug and debug.getmetatable or getmetatable
        local getinfo, getlocal = debug and debug.getinfo, debug and debug.getlocal
        local helpers, assigned = {}, {}

        -- Runs an input; its results in a table with their number.
        function helpers.evaluate(code, name, scope)
            local chunk, message = load(code, name, "t", scope or _G)
            if not chunk then error(message, 0) end
            return pack(chunk())
        end

        -- The same, again and again: the seconds that each took.
        function helpers.measure(code, name, scope, times, clock)
            local chunk, message = load(code, name, "t", scope or _G)
            if not chunk then error(message, 0) end
            local seconds = {}
            for i = 1, times do
                local start = clock()
                chunk()
                seconds[i] = clock() - start
            end
            return seconds
        end

        -- `_`, `__` and `___` are the last values.
        function helpers.keep(results)
            rawset(_G, "___", rawget(_G, "__"))
            rawset(_G, "__", rawget(_G, "_"))
            rawset(_G, "_", results[1])
        end

        local function metafield(value, name)
            local meta = getmetatable(value)
            if type(meta) == "table" then return rawget(meta, name) end
        end

        -- What stands in front of the globals at the prompt, the first first: fields of a paused run's state; \
        variables of
        -- its functions; top-level variables of files that were run. What is there is assigned there. Modules that the
        -- script has not made globals come last.
        local state, list_running, read_running, write_running, is_module = nil, nil, nil, nil, {}
        -- By name: the function that reads and writes, the variable's number there, whether it is constant, the file.
        local files = {}

        local function lookup(key)
            if state then
                local value = rawget(state, key)
                if value ~= nil then return true, value end
            end
            if read_running then
                local found, value = read_running(key)
                if found then return true, value end
            end
            local variable = files[key]
            if variable then return true, variable.access(variable.number) end
            return false
        end

        local function assign(key, value)
            if state and rawget(state, key) ~= nil then
                state[key] = value
                return true
            end
            if write_running and write_running(key, value) then
                assigned[#assigned + 1] = key
                return true
            end
            local variable = files[key]
            if not variable then return false end
            if variable.constant then error("attempt to assign to const variable '" .. key .. "'", 0) end
            variable.access(variable.number, true, value)
            return true
        end

        -- The environment of inputs.
        function helpers.scope(names, modules, list, read, write)
            state, list_running, read_running, write_running = names, list, read, write
            for _, name in next, modules do is_module[name] = true end
            return setmetatable({}, {
                __index = function(_, key)
                    local found, value = lookup(key)
                    if found then return value end
                    value = _G[key]
                    if value == nil and is_module[key] then return require(key) end
                    return value
                end,
                __newindex = function(_, key, value) if not assign(key, value) then _G[key] = value end end,
            })
        end

        -- Names that are the prompt's own from now on: what was compiled before goes on seeing what it saw.
        local own = {}
        function helpers.shadow(scope, names)
            local outer, mine, values, isset = scope or _G, {}, {}, {}
            for _, name in next, names do
                mine[name] = true
                own[name] = {values = values, isset = isset, before = own[name]}
            end
            return setmetatable({}, {
                __index = function(_, key) if isset[key] then return values[key] end return outer[key] end,
                __newindex = function(_, key, value)
                    if mine[key] then values[key], isset[key] = value, true else outer[key] = value end
                end,
            })
        end

        local function shadowing(name)
            local entry = own[name]
            while entry and not entry.isset[name] do entry = entry.before end
            return entry
        end

        -- Whether a name is one of those in front of the globals, or a global that is set; what a variable holds may \
        be nil.
        function helpers.is_known(name)
            return shadowing(name) ~= nil or lookup(name) or rawget(_G, name) ~= nil
        end

        -- All names in front of the globals, and a table of their values.
        function helpers.variables()
            local names, values = {}, {}
            local function add(name)
                if values[name] ~= nil then return end
                names[#names + 1] = name
                local entry, found, value = shadowing(name), nil, nil
                if entry then value = entry.values[name] else found, value = lookup(name) end
                if value ~= nil then values[name] = value end
            end
            local seen = {}
            local function once(name)
                if type(name) == "string" and not seen[name] then
                    seen[name] = true
                    add(name)
                end
            end
            for name in next, own do if shadowing(name) then once(name) end end
            if state then for name in next, state do once(name) end end
            if list_running then for _, name in next, list_running() do once(name) end end
            for name in next, files do once(name) end
            return names, values
        end

        -- The names of the paused functions' variables that were assigned to.
        function helpers.assigned() return assigned end

        -- From now on a file that runs hands out its variables: `declarations` are lists of names, `constants` of \
        flags.
        -- False where it cannot.
        function helpers.receive(file, declarations, constants)
            local strings = metafield("", "__index")
            if type(strings) ~= "table" then return false end
            for name, variable in next, files do if variable.file == file then files[name] = nil end end
            local before = rawget(strings, "\\0")
            rawset(strings, "\\0", function(statement, access)
                local names, constant = declarations[statement], constants[statement]
                for number = 1, #names do
                    files[names[number]] = {
                        access = access, number = number, constant = constant[number], file = file}
                end
            end)
            return function() rawset(strings, "\\0", before) end
        end

        local function signature(f)
            if not getinfo then return "function" end
            local info, names = getinfo(f, "Su"), {}
            if info.what == "C" then return "function (built in)" end
            for i = 1, info.nparams do names[i] = getlocal(f, i) end
            if info.isvararg then names[#names + 1] = "..." end
            return format("function(%s) from %s:%d", concat(names, ", "), info.short_src, info.linedefined)
        end

        -- A word for the kind, the value as it crosses the border, and what tells it from others.
        local function describe(value)
            local kind = type(value)
            if kind == "string" then
                if valid(value) then return kind, #value > 20000 and sub(value, 1, 20000) or value, #value end
                return "bytes", {byte(value, 1, 2000)}, #value
            elseif kind == "function" then
                return kind, signature(value), format("%p", value)
            elseif kind == "table" then
                return kind, value, format("%p", value)
            elseif kind == "userdata" or kind == "thread" then
                -- In a table: not everything crosses the border by itself.
                return kind, {value}, format("%p", value)
            end
            return kind, value, false
        end
        helpers.describe = describe

        function helpers.describe_at(list, key) return describe(rawget(list, key)) end

        -- The entries of a table without metamethods: those at 1, 2, ... and the others, at most `most` of either, each
        -- as what `describe` says of it.
        function helpers.entries(list, most)
            local length, elements, fields, others = rawlen(list), {}, {}, 0
            local function put(target, value)
                local kind, payload, mark = describe(value)
                if payload == nil then payload = false end
                local count = #target
                target[count + 1], target[count + 2], target[count + 3] = kind, payload, mark
            end
            for i = 1, length < most and length or most do put(elements, rawget(list, i)) end
            for key, value in next, list do
                if not (mathtype(key) == "integer" and key >= 1 and key <= length) then
                    others = others + 1
                    if others <= most then
                        put(fields, key)
                        put(fields, value)
                    end
                end
            end
            return elements, fields, length, others
        end

        function helpers.describes_itself(value)
            -- What native functions make says what is in it; the prompt shows that better.
            return metafield(value, "__tostring") ~= nil and metafield(value, "__record") == nil
        end

        -- A script's __tostring may raise, or give something else.
        function helpers.text_in(box)
            local done, text = pcall(tostring, box[1])
            return done, describe(type(text) == "string" and text or type(text))
        end

        -- Reads like indexing does, but calls no function.
        local function field(value, key)
            for _ = 1, 20 do
                if type(value) == "table" then
                    local found = rawget(value, key)
                    if found ~= nil then return found end
                end
                local meta = getmetatable(value)
                if type(meta) ~= "table" then return nil end
                value = rawget(meta, "__index")
                if type(value) ~= "table" then return nil end
            end
        end
        helpers.field = field

        -- What a path leads to, in a table.
        function helpers.follow(value, keys)
            for i = 1, #keys do value = field(value, keys[i]) end
            return {value}
        end

        -- What a __complete gives; nil where there is none.
        function helpers.complete_in(box, prefix)
            local complete = metafield(box[1], "__complete")
            if complete ~= nil then return complete(box[1], prefix) end
        end

        -- Those that begin like `typed`; of very many, many.
        function helpers.keys_in(box, functions_only, typed)
            local value, names, seen = box[1], {}, {}
            local length = typed and #typed or 0
            for _ = 1, 20 do
                if type(value) == "table" then
                    for key, member in next, value do
                        if #names >= 20000 then return names end
                        if type(key) == "string" and not seen[key]
                            and (length == 0 or sub(key, 1, length) == typed) and valid(key)
                            and (not functions_only or type(member) == "function") then
                            seen[key] = true
                            names[#names + 1] = key
                        end
                    end
                end
                local meta = getmetatable(value)
                if type(meta) ~= "table" then break end
                value = rawget(meta, "__index")
                if type(value) ~= "table" then break end
            end
            return names
        end

        -- A module of ours, under its name.
        function helpers.module(name) return {[name] = require(name)} end

        function helpers.loaded()
            local names = {}
            for name in next, package.loaded do if type(name) == "string" then names[#names + 1] = name end end
            return names
        end

        function helpers.reload(name)
            local old = package.loaded[name]
            package.loaded[name] = nil
            local done, new = pcall(require, name)
            if not done then
                package.loaded[name] = old
                error(new, 0)
            end
            -- Variables that hold what the module was: only what has an identity is certainly the same.
            local kind = type(old)
            if kind ~= "table" and kind ~= "function" and kind ~= "userdata" then return end
            for key, value in next, _G do if rawequal(value, old) then rawset(_G, key, new) end end
            for _, variable in next, files do
                if not variable.constant and rawequal(variable.access(variable.number), old) then
                    variable.access(variable.number, true, new)
                end
            end
        end

        -- Whether the only result is one of io's own files: `io.write` returns it.
        function helpers.is_standard_file(results)
            local value = results[1]
            return value ~= nil and type(io) == "table"
                and (rawequal(value, rawget(io, "stdout")) or rawequal(value, rawget(io, "stderr")))
        end

        helpers.pack = pack
        function helpers.forget(name) package.loaded[name] = nil end
        function helpers.globals() return _G end
        function helpers.search_path() return package.path end
        return helpers
        """
}
