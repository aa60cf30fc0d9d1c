/// The part of `host.steps` that is Lua: it walks through the script's own tables.
///
/// What it is given: `armed(flag)` answers whether Ctrl-C asked for a pause, and says whether the next one shall;
/// `pause(...)` opens the prompt and answers with what was decided there; `edited(k)` notes that the run is no longer
/// what its files make it; `same(x, y)` compares tensors bit by bit; `random` is that module.
enum StepsPrelude {
    static let code = """
        local armed, pause, edited, same, random = ...

        local function metatype(value) return type(value) == "userdata" and getmetatable(value) or nil end

        -- Whether objects of a type can be put aside: optimizers and flows say how.
        local storable = {}
        local function has_state(value, kind)
          if storable[kind] == nil then
            storable[kind] = pcall(function() return value.state_dict, value.load_state_dict end)
          end
          return storable[kind]
        end

        local save, restore, bytes

        -- What brings a value back to what it is now. `cut` tables only grow: their length is enough.
        function save(value, cut, known)
          local kind = metatype(value)
          if kind == "tensor" then
            bytes = bytes + value:numel() * 8
            -- The tensor itself weakly: whoever holds it still sees it restored, and nothing is kept alive for it.
            return {kind = kind, object = setmetatable({value}, {__mode = "v"}), data = value.data:clone(),
              leaf = value.is_leaf, gradient = value.is_leaf and value.requires_grad}
          elseif kind == "generator" then
            return {kind = kind, object = value, state = value:get_state()}
          elseif kind and has_state(value, kind) then
            return {kind = "stateful", object = value, state = save(value:state_dict(), false, known)}
          elseif type(value) == "table" then
            if known[value] then return known[value] end
            local saved = {kind = "table", object = value}
            known[value] = saved
            bytes = bytes + 64
            if cut then
              saved.length = #value
              return saved
            end
            saved.entries = {}
            for key, entry in next, value do
              bytes = bytes + 32
              saved.entries[key] = save(entry, false, known)
            end
            return saved
          end
          return {object = value}
        end

        function restore(saved, keep, known)
          if saved.kind == "tensor" then
            local x = saved.object[1]
            if x and x.is_leaf == saved.leaf and x.is_leaf then
              x.data = saved.data
              x.grad = nil
            else
              x = saved.data:clone():requires_grad_(saved.gradient)
              saved.object[1] = x
            end
            return x
          elseif saved.kind == "generator" then
            saved.object:set_state(saved.state)
          elseif saved.kind == "stateful" then
            saved.object:load_state_dict(restore(saved.state, false, known))
          elseif saved.kind == "table" then
            local t = saved.object
            if known[saved] then return t end
            known[saved] = true
            if saved.length then
              if not keep then for i = #t, saved.length + 1, -1 do t[i] = nil end end
              return t
            end
            for key in next, t do
              if saved.entries[key] == nil then t[key] = nil end
            end
            for key, entry in next, saved.entries do t[key] = restore(entry, keep, known) end
          end
          return saved.object
        end

        local function unchanged(saved, value, known)
          if saved.kind == "tensor" then
            return metatype(value) == "tensor" and same(saved.data, value)
          elseif saved.kind == "table" then
            if saved.object ~= value or known[saved] then return saved.object == value end
            known[saved] = true
            if saved.length then return #value == saved.length end
            for key in next, value do if saved.entries[key] == nil then return false end end
            for key, entry in next, saved.entries do
              if not unchanged(entry, value[key], known) then return false end
            end
            return true
          end
          return rawequal(saved.object, value)
        end

        return function(n, state, options, bar, shows, budget)
          local trace, sign, label = options.trace, options.best == "highest" and -1 or 1, options.label
          local before = options.value == "before"
          local k, running, finished = 0, false, false
          local history, total, interval, newest = {}, 0, 1, nil
          local best, best_value

          local function snapshot()
            bytes = 256
            local fields, known = {}, {[state] = {object = state}}
            for key, value in next, state do fields[key] = save(value, key == trace, known) end
            return {k = k, fields = fields, random = random.get_state(), bytes = bytes}
          end

          local function bring_back(saved, keep)
            local known = {}
            for key in next, state do
              if saved.fields[key] == nil then state[key] = nil end
            end
            for key, value in next, saved.fields do state[key] = restore(value, keep, known) end
            k = saved.k
            state.k = k
          end

          local function last_value()
            local values = state[trace]
            return type(values) == "table" and tonumber(values[#values]) or nil
          end

          -- Snapshots past the budget: every second one goes, and from then on every second one is made.
          local function thin()
            interval = interval * 2
            local kept = {}
            total = 0
            for _, saved in ipairs(history) do
              if saved.k % interval == 0 then
                kept[#kept + 1] = saved
                total = total + saved.bytes
              end
            end
            history = kept
          end

          local function remember()
            newest = snapshot()
            if k % interval == 0 then
              if history[#history] and history[#history].k == k then total = total - table.remove(history).bytes end
              history[#history + 1] = newest
              total = total + newest.bytes
              if total > budget and #history > 2 then thin() end
            end
          end

          -- The value that step k found belongs to the state it began with, or to the one it left.
          local function judge(length)
            local values = state[trace]
            if type(values) ~= "table" or #values <= length then return end
            local value = tonumber(values[#values])
            if value and value == value and (not best or sign * value < sign * best_value) then
              best, best_value = before and newest or snapshot(), value
            end
          end

          local function finish()
            if finished then return end
            finished = true
            armed(false)
            bar:close()
            history, newest = {}, nil
          end

          local function rewind(text)
            local wanted = math.tointeger(tonumber(text))
            if not wanted or wanted < 0 or wanted > k then
              return ("rewind takes a step from 0 to %d"):format(k)
            end
            local found
            for i = #history, 1, -1 do
              if history[i].k <= wanted then found = history[i] break end
            end
            if newest and newest.k <= wanted and (not found or newest.k > found.k) then found = newest end
            if not found then return ("nothing was kept of step %d"):format(wanted) end
            bring_back(found, false)
            random.set_state(found.random)
            while #history > 0 and history[#history].k > k do total = total - table.remove(history).bytes end
            newest = found
            return found.k < wanted and ("of step %d nothing was kept; this is step %d"):format(wanted, found.k) or ""
          end

          -- True to go on.
          local function ask()
            armed(false)
            remember()
            local left, note, rewound = newest, "", false
            while true do
              local decision, text = pause(state, k, n, note, last_value(), best and best_value, best and best.k)
              if decision == "rewind" then
                note = rewind(text)
                rewound = true
              elseif decision == "stop" then
                edited(k)
                if best then bring_back(best, true) end
                return false
              else
                if rewound or not unchanged({kind = "table", object = state, entries = left.fields}, state, {}) then
                  edited(k)
                end
                armed(true)
                return true
              end
            end
          end

          state.k = 0
          local length = 0
          local function step()
            if running then
              judge(length)
              if shows then
                local value = last_value()
                bar:update(k, value and (label .. "%.6g"):format(value) or "")
              end
            end
            if armed(true) and not ask() or k >= n then
              finish()
              return nil
            end
            running = true
            remember()
            k = k + 1
            state.k = k
            length = type(state[trace]) == "table" and #state[trace] or 0
            return k
          end
          return step, setmetatable({}, {__close = finish})
        end
        """
}
