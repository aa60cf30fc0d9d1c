/// The Lua part of `host.steps`: it writes the script's tables and notices when the loop is left.
///
/// `advance(loop, state)` does what happens between two steps and returns the next step's number, or nil at the end. A
/// second result is what to write to the state (see ``SavedTable/writes(without:)``) with the length of the trace, and
/// a third one says that `answer` must be called next.
enum StepsPrelude {
    static let code = """
        local advance, answer, finish = ...
        local next, rawset, rawequal, type, isinteger = next, rawset, rawequal, type, math.type

        local function write(t, count, elements, keys, values, left, all)
          local stays = {}
          for i = 1, #keys do stays[keys[i]] = true end
          for i = 1, #left do stays[left[i]] = true end
          if all then
            for key in next, t do
              local isposition = isinteger(key) == "integer" and key >= 1 and key <= count
              if not isposition and not stays[key] then rawset(t, key, nil) end
            end
          end
          for i = 1, count do
            if not stays[i] and not rawequal(t[i], elements[i]) then rawset(t, i, elements[i]) end
          end
          for i = 1, #keys do rawset(t, keys[i], values[i]) end
        end

        local function apply(writes, values, length)
          for i = 1, #writes do write(table.unpack(writes[i], 1, 7)) end
          if length and type(values) == "table" then
            for i = #values, length + 1, -1 do values[i] = nil end
          end
        end

        return function(loop, state, trace)
          state.k = 0
          local function step()
            local k, writes, length, again = advance(loop, state)
            while writes do
              apply(writes, state[trace], length)
              if not again then return nil end
              k, writes, length, again = answer(loop, state)
            end
            if k then state.k = k end
            return k
          end
          return step, setmetatable({}, {__close = function() finish(loop) end})
        end
        """
}
