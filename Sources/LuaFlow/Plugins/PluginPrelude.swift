/// The Lua code that surrounds the execution of a plugin.
///
/// It is loaded before any plugin and keeps references to everything it needs, so that plugins cannot take these away.
/// A plugin runs in an environment of its own, a copy of the globals that falls back to the script's, so that what it
/// sets or removes there affects only itself; and in a coroutine, so that a hook that it sets ends with it.
enum PluginPrelude {
    /// Returns `start(text, file, name, folder)`, which runs the plugin, and `finish(failed)`, which cleans up after it
    /// and is called separately, as the plugin may have been stopped.
    static let code = """
        local globals, package = _G, package
        local load, next, rawset, setmetatable, error, type = load, next, rawset, setmetatable, error, type
        -- Those of debug see through __metatable; the sandbox has none.
        local get, set = getmetatable, setmetatable
        if debug and debug.setmetatable then get, set = debug.getmetatable, debug.setmetatable end
        local create, resume, status = coroutine.create, coroutine.resume, coroutine.status
        local searchpath, loaded = package and package.searchpath, package and package.loaded
        local before

        local function copy(t)
          local result = {}
          for key, value in next, t do result[key] = value end
          return result
        end

        -- Puts the plugin's folder on the path, and remembers how things were.
        local function enter(folder)
          before = {globals = copy(globals), metatable = get(globals)}
          if not package then return end
          before.package, before.loaded = copy(package), copy(loaded)
          before.own = folder .. "/?.lua;" .. folder .. "/?/init.lua"
          package.path = before.own .. ";" .. package.path
        end

        local function start(text, file, name, folder)
          enter(folder)
          local own = copy(globals)
          own._G = own
          local chunk, message = load(text, "@" .. file, "t", setmetatable(own, {__index = globals}))
          if not chunk then error(message, 0) end
          local thread = create(chunk)
          local fine, message = resume(thread, name, file)
          if not fine then error(message, 0) end
          if status(thread) ~= "dead" then error("it yielded while it was loaded", 0) end
        end

        -- Modules from the plugin's own folder are forgotten, so that two plugins' `util` do not meet, nor hide the
        -- script's. What a failed plugin did to the globals and to package is undone.
        local function finish(failed)
          local former = before
          before = nil
          if not former then return end
          if failed then
            set(globals, former.metatable)
            for key in next, copy(globals) do rawset(globals, key, former.globals[key]) end
            for key, value in next, former.globals do rawset(globals, key, value) end
          end
          if not package then return end
          for key, value in next, former.package do
            if package[key] ~= value and (failed or key ~= "cpath") then package[key] = value end
          end
          for name in next, copy(loaded) do
            if not former.loaded[name] and type(name) == "string" and searchpath(name, former.own) then
              loaded[name] = nil
            end
          end
        end

        return start, finish
        """
}

/// The two functions of ``PluginPrelude``. Used on the interpreter's thread only.
struct PluginRunner {
    let start: any ScriptFunction
    let finish: any ScriptFunction

    init(_ interpreter: Interpreter) throws {
        let results = try interpreter.run(code: PluginPrelude.code, name: "=luaflow")
        guard results.count == 2, case .function(let start) = results[0], case .function(let finish) = results[1] else {
            throw ScriptError("plugins", "are not available in this host")
        }
        (self.start, self.finish) = (start, finish)
    }
}
