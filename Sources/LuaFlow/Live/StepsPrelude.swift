/// The part of `host.steps` that is Lua: it walks through the script's own tables.
///
/// What it is given: `armed(flag)` answers whether Ctrl-C asked for a pause, and says whether the next one shall;
/// `pause(...)` opens the prompt and answers with what was decided there; `edited(k)` notes that the run is no longer
/// what its files make it; `keep`, `drop`, `compact`, `bring` and `same` are ``StateStore``'s; `equal(x, y)` compares
/// tensors bit by bit.
enum StepsPrelude {
    static let code = """
        local armed, pause, edited, keep, drop, compact, bring, same, equal = ...

        \(values)

        return function(n, state, options, bar, shows, budget, store)
          local trace, sign, label = options.trace, options.best == "highest" and -1 or 1, options.label
          local before = options.value == "before"
          local k, running, finished = 0, false, false
          -- Snapshots are numbers of the store. `history` holds those for :rewind, in order.
          local k_of, bytes_of, rest_of, in_history = {}, {}, {}, {}
          local history, total, interval = {}, 0, 1
          local newest, best, best_value

          local function snapshot()
            local id, bytes, rest = keep(store, state, trace, k % interval == 0)
            if rest then
              local fields, known = {}, {[state] = {object = state}}
              for i = 1, #rest do
                local saved, size = save(state[rest[i]], known)
                fields[rest[i]] = saved
                bytes = bytes + size
              end
              rest_of[id] = fields
            end
            k_of[id], bytes_of[id] = k, bytes
            return id
          end

          -- Lets go of a snapshot that nobody needs any more.
          local function release(id)
            if id and not in_history[id] and id ~= newest and id ~= best then
              drop(store, id)
              k_of[id], bytes_of[id], rest_of[id] = nil, nil, nil
            end
          end

          local function forget(place)
            local id = table.remove(history, place)
            in_history[id] = nil
            total = total - bytes_of[id]
            release(id)
          end

          -- With `whole` the trace stays as it is, and so does the global generator.
          local function bring_back(id, whole)
            local fields, length = bring(store, id, not whole)
            local rest, known, values = rest_of[id] or {}, {}, state[trace]
            for key in next, state do
              if key ~= trace and fields[key] == nil and rest[key] == nil then state[key] = nil end
            end
            for key, value in next, fields do state[key] = value end
            for key, value in next, rest do state[key] = restore(value, known) end
            if length and not whole and type(values) == "table" then
              for i = #values, length + 1, -1 do values[i] = nil end
            end
            k = k_of[id]
            state.k = k
          end

          local function last_value()
            local values = state[trace]
            return type(values) == "table" and tonumber(values[#values]) or nil
          end

          -- Snapshots past the budget: every second one goes, and from then on every second one is made.
          local function thin()
            interval = interval * 2
            for place = #history, 1, -1 do
              if k_of[history[place]] % interval ~= 0 then forget(place) end
            end
            compact(store)
          end

          local function remember()
            local old = newest
            newest = snapshot()
            release(old)
            if k % interval == 0 then
              if history[1] and k_of[history[#history]] == k then forget(#history) end
              history[#history + 1] = newest
              in_history[newest] = true
              total = total + bytes_of[newest]
              if total > budget and #history > 2 then thin() end
            end
          end

          -- The value that step k found belongs to the state it began with, or to the one it left.
          local function judge(length)
            local values = state[trace]
            if type(values) ~= "table" or #values <= length then return end
            local value = tonumber(values[#values])
            if value and value == value and (not best or sign * value < sign * best_value) then
              local old = best
              best, best_value = before and newest or snapshot(), value
              release(old)
            end
          end

          local function finish()
            if finished then return end
            finished = true
            armed(false)
            bar:close()
          end

          local function rewind(text)
            local wanted = math.tointeger(tonumber(text))
            if not wanted or wanted < 0 or wanted > k then return ("rewind takes a step from 0 to %d"):format(k) end
            local found = k_of[newest] <= wanted and newest or nil
            for place = #history, 1, -1 do
              local id = history[place]
              if k_of[id] <= wanted then
                if not found or k_of[id] > k_of[found] then found = id end
                break
              end
            end
            if not found then return ("nothing was kept of step %d"):format(wanted) end
            bring_back(found)
            local old = newest
            newest = found
            release(old)
            while history[1] and k_of[history[#history]] > k do forget(#history) end
            return k < wanted and ("of step %d nothing was kept; this is step %d"):format(wanted, k) or ""
          end

          local function unchanged()
            if not same(store, newest, state, trace) then return false end
            local rest, known = rest_of[newest] or {}, {}
            for key, value in next, rest do
              if not is(value, state[key], known, equal) then return false end
            end
            for key, value in next, state do
              local kind = type(value)
              if rest[key] == nil and key ~= trace and (kind == "table" or kind == "function") then return false end
            end
            return true
          end

          -- True to go on.
          local function ask()
            armed(false)
            remember()
            local note, rewound = "", false
            while true do
              local decision, text = pause(state, k, n, note, last_value(), best and best_value, best and k_of[best])
              if decision == "rewind" then
                note = rewind(text)
                rewound = true
              elseif decision == "stop" then
                edited(k)
                if best then bring_back(best, true) end
                return false
              else
                if rewound or not unchanged() then edited(k) end
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

    /// Putting tables, and objects with a state of their own, aside.
    private static let values = """
        local function metatype(value) return type(value) == "userdata" and getmetatable(value) or nil end

        -- Whether objects of a type say how they are put aside: optimizers and flows do.
        local storable = {}
        local function has_state(value, kind)
          if storable[kind] == nil then
            storable[kind] = pcall(function() return value.state_dict, value.load_state_dict end)
          end
          return storable[kind]
        end

        -- What brings a value back to what it is now, and its size in bytes.
        local function save(value, known)
          local kind = metatype(value)
          if kind == "tensor" then
            local gradient = value.is_leaf and value.requires_grad
            return {kind = kind, object = setmetatable({value}, {__mode = "v"}), data = value.data:clone(),
              leaf = value.is_leaf, gradient = gradient}, 64 + value:numel() * 8
          elseif kind == "generator" then
            return {kind = kind, object = value, state = value:get_state()}, 64
          elseif kind and has_state(value, kind) then
            local saved, size = save(value:state_dict(), known)
            return {kind = "stateful", object = value, state = saved}, 64 + size
          elseif type(value) == "table" then
            if known[value] then return known[value], 0 end
            local saved, size = {kind = "table", object = value, entries = {}}, 64
            known[value] = saved
            for key, entry in next, value do
              local part, bytes = save(entry, known)
              saved.entries[key] = part
              size = size + 32 + bytes
            end
            return saved, size
          end
          return {object = value}, 32
        end

        local function restore(saved, known)
          if saved.kind == "tensor" then
            local x = saved.object[1]
            if x and saved.leaf and x.is_leaf then
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
            saved.object:load_state_dict(restore(saved.state, known))
          elseif saved.kind == "table" then
            local t = saved.object
            if known[saved] then return t end
            known[saved] = true
            for key in next, t do
              if saved.entries[key] == nil then t[key] = nil end
            end
            for key, entry in next, saved.entries do t[key] = restore(entry, known) end
          end
          return saved.object
        end

        local function is(saved, value, known, equal)
          if saved.kind == "tensor" then
            return metatype(value) == "tensor" and equal(saved.data, value)
          elseif saved.kind == "table" then
            if saved.object ~= value or known[saved] then return saved.object == value end
            known[saved] = true
            for key in next, value do
              if saved.entries[key] == nil then return false end
            end
            for key, entry in next, saved.entries do
              if not is(entry, value[key], known, equal) then return false end
            end
            return true
          end
          return rawequal(saved.object, value)
        end
        """
}
