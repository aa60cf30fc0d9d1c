/// The Lua part of `host.live`: functions that call the latest version of what a file defines.
///
/// In Lua, so that such a call only costs a check of the clock and a table access, passes every value unchanged and may
/// yield. It gets `stale()`, which returns the files that changed, and `notice(number, what, text)`, which tells the
/// user.
enum LivePrelude {
    static let code = """
        local stale, notice = ...
        local reload, numbers, versions, seen = {}, setmetatable({}, {__mode = "k"}), {}, {}
        local newest = setmetatable({}, {__mode = "k"})    -- of a live table: what gives its latest version
        local behind = setmetatable({}, {__mode = "k"})    -- for what stands for a function: where its latest version \
        is

        local function refresh()
          local changed = stale()
          if changed then
            for i = 1, #changed do reload[changed[i]]() end
          end
        end

        local pack, unpack = table.pack, table.unpack

        local function message_of(value)
          return type(value) == "string" and value or "(error object is a " .. type(value) .. " value)"
        end

        -- Opens file `number` at `path`: the table or function that stands for it.
        local function open(number, path)
          local latest = {}      -- the last good version of every function
          local standing = {}    -- what a script holds in its place, the same for ever
          local gone = {}        -- functions that the newest version lacks
          local before = {}      -- of functions whose newest version was not called yet: the last that worked
          local current, proxy

          -- The first call of a new version: when it fails, the version before takes the call and stays in use.
          local function concluded(key, f, arguments, fine, ...)
            local old = before[key]
            if fine or latest[key] ~= f or not old then
              if latest[key] == f then before[key] = nil end
              if not fine then error(..., 0) end
              return ...
            end
            latest[key], before[key] = old, nil
            notice(number, "failed", message_of((...)))
            return old(unpack(arguments, 1, arguments.n))
          end

          local function forwarder(key)
            local known = standing[key]
            if not known then
              known = function(...)
                refresh()
                if gone[key] then
                  gone[key] = nil
                  notice(number, "gone", type(key) == "string" and key or "")
                end
                local f = latest[key]
                if before[key] then return concluded(key, f, pack(...), pcall(f, ...)) end
                return f(...)
              end
              standing[key] = known
              behind[known] = {latest, key}
            end
            return known
          end

          local function take(value)
            current = value
            if type(value) == "function" then
              before[1] = before[1] or latest[1]
              latest[1] = value
              return forwarder(1)
            end
            local kept = proxy or {}
            for key in next, latest do
              if type(rawget(value, key)) ~= "function" then
                gone[key] = true
                rawset(kept, key, nil)
              end
            end
            for key, member in next, value do
              if type(member) == "function" then
                before[key] = before[key] or latest[key]
                latest[key], gone[key] = member, nil
                rawset(kept, key, forwarder(key))
              end
            end
            return kept
          end

          local chunk, message = loadfile(path)
          if not chunk then error(message, 0) end
          local value = chunk(path)
          local kind = type(value)
          if kind ~= "table" and kind ~= "function" then
            local got = value == nil and "nothing" or "a " .. kind
            error(("%s returned %s; host.live needs a table or a function"):format(path, got), 0)
          end
          proxy = take(value)
          numbers[proxy], versions[number], seen[number] = number, 1, 1
          newest[proxy] = function() return current end

          reload[number] = function()
            local chunk, message = loadfile(path)
            if not chunk then return notice(number, "broken", message_of(message)) end
            local fine, value = pcall(chunk, path)
            if not fine then return notice(number, "broken", message_of(value)) end
            if type(value) ~= kind then
              return notice(number, "broken", ("%s: a %s expected at its end, got %s"):format(path, kind, type(value)))
            end
            take(value)
            versions[number] = versions[number] + 1
            notice(number, "reloaded", "")
          end

          if kind == "table" then
            setmetatable(proxy, {
              __name = "live table", __metatable = "live table",
              __index = function(_, key)
                refresh()
                local value = rawget(proxy, key)
                if value == nil then value = current[key] end
                return value
              end,
              __newindex = function(_, key)
                local name = type(key) == "string" and key or type(key)
                error(("%s is live: change the file, not the table (%s)"):format(path, name), 2)
              end,
              __pairs = function()
                refresh()
                local all = {}
                for key, value in next, current do all[key] = rawget(proxy, key) or value end
                return next, all, nil
              end,
              __len = function()
                refresh()
                return #current
              end,
            })
          end
          return proxy
        end

        local function reloaded(proxy)
          local number = numbers[proxy]
          if not number then return nil end
          refresh()
          local since = versions[number] ~= seen[number]
          seen[number] = versions[number]
          return since
        end

        local function search(name)
          return package and package.searchpath and package.searchpath((name:gsub("%.lua$", "")), package.path) or nil
        end

        -- The latest version of the function that one stands for; nil for any other.
        local function original(f)
          local place = behind[f]
          return place and place[1][place[2]]
        end

        -- What the file of a live table returned last.
        local function members(proxy)
          if not numbers[proxy] then return nil end
          refresh()
          return newest[proxy]()
        end

        return open, reloaded, search, original, members
        """
}
