import Foundation
import LuaFlow
import ProgramChecks
import Testing
import TimeLimits

/// `host.live`: files that are edited while the script runs.
@Suite(.ownTime(minutes: 10)) struct LiveTests {
    /// Lua functions: one writes a file whole, one waits until a condition holds, one collects what standard error
    /// would show.
    static let helpers = """
        local host = require "host"
        local folder = arg[1]
        local function write(name, text)
          local path = folder .. "/" .. name
          local f <close> = assert(io.open(path .. ".new", "w"))
          f:write(text) f:close()
          assert(os.rename(path .. ".new", path))
        end
        local function until_true(condition)
          local start = host.clock()
          while not condition() do assert(host.clock() - start < 1000, "waited in vain") end
        end
        -- Calls it four times, with time for a look at the file before each.
        local function four_looks(f)
          for _ = 1, 4 do
            local start = host.clock()
            while host.clock() - start < 0.1 do end
            f()
          end
        end

        """

    private func run(_ scratch: Scratch, _ code: String) throws -> Command.Result {
        try Command.run(["run", scratch.write("main.lua", LiveTests.helpers + code), scratch.url.path])
    }

    @Test func pickedFunctionsFollowTheFile() throws {
        let scratch = try Scratch()
        let result = try run(scratch, """
            write("rates.lua", "local t = {scale = 1, list = {1}} function t.rate(k) return k end function t.old() return 'old' end return t")
            local rates = host.live("rates.lua")
            assert(host.live(folder .. "/rates.lua") == rates and host.live("rates") == rates)
            local rate, old = host.pick("rates", rates, "rate"), rates.old
            assert(rate(3) == 3 and rates.scale == 1 and rates.missing == nil and host.names(rates) == "old, rate")
            assert(not host.reloaded(rates))
            write("rates.lua", "local t = {scale = 2} function t.rate(k) return 10 * k end function t.new(...) return ... end return t")
            until_true(function() return rate(3) == 30 end)
            assert(rates.scale == 2 and rates.list == nil and rates.rate == rate)
            assert(select("#", rates.new(nil, 1, nil)) == 3 and rates.old == nil)
            assert(old() == "old" and old() == "old")
            assert(host.reloaded(rates) and not host.reloaded(rates))
            assert(host.names(rates) == "new, rate")
            local seen = {}
            for key in pairs(rates) do seen[#seen + 1] = key end
            table.sort(seen)
            assert(table.concat(seen, " ") == "new rate scale")
            local ok, message = pcall(function() rates.extra = 1 end)
            assert(not ok and message:find("rates.lua is live: change the file", 1, true), message)
            -- Values pass unchanged, and functions may yield.
            write("rates.lua", "return {rate = function(f) return coroutine.yield(f) end}")
            local co
            until_true(function()
              co = coroutine.create(rate)
              return select(2, coroutine.resume(co, io.stdout)) == io.stdout and coroutine.status(co) == "suspended"
            end)
            assert(select(2, coroutine.resume(co, "back")) == "back")
            """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("host.live: rates.lua reloaded\n"))
        #expect(result.errors.components(separatedBy: "no function old any more").count == 2, "once: \(result.errors)")
    }

    @Test(arguments: [
        ("return {rate = function(k) return k ", "part.lua:1: "),
        ("local t = nil\nt.x = 1", "part.lua:2: attempt to index a nil value"),
        ("error({})", "error object is a table value"),
        ("return 4", "a table expected at its end, got number"),
    ])
    func aBrokenEditKeepsTheLastGoodVersion(text: String, message: String) throws {
        let scratch = try Scratch()
        let result = try run(scratch, """
            write("part.lua", "return {f = function() return 1 end}")
            local f = host.live("part.lua").f
            assert(f() == 1)
            write("part.lua", [[\(text)]])
            four_looks(function() assert(f() == 1) end)
            write("part.lua", "return {f = function() return 2 end}")
            until_true(function() return f() == 2 end)
            """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.components(separatedBy: message).count == 2, "reported once: \(result.errors)")
        #expect(result.errors.contains("the last version of part.lua that worked stays in use"))
    }

    /// A fault that shows only in a call.
    @Test func aFunctionThatFailsAtItsFirstCallGivesWay() throws {
        let scratch = try Scratch()
        let result = try run(scratch, """
            write("part.lua", "return {f = function(x) return x end}")
            local part = host.live("part.lua")
            local f = part.f
            assert(f(1) == 1 and host.live("./part.lua") == part)
            write("part.lua", "return {f = function(x) return x + schedule.typo end}")
            until_true(function() return host.reloaded(part) end)
            assert(select("#", f(nil)) == 1 and f(5) == 5)
            write("part.lua", "local n = 0 return {f = function(x) n = n + 1 if n > 1 then error 'later' end return 10 * x end}")
            until_true(function() return host.reloaded(part) end)
            assert(f(5) == 50)
            local ok, message = pcall(f, 5)
            assert(not ok and message:find("part.lua:1: later"), "only the first call gives way")
            os.remove(folder .. "/part.lua")
            four_looks(function() return part.missing end)
            """)
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.errors.contains(
                """
                attempt to index a nil value (global 'schedule')\nhost.live: its last version that worked is in use \
                again
                """
            ), "\(result.errors)")
        #expect(result.errors.components(separatedBy: "part.lua is gone").count == 2, "once: \(result.errors)")
    }

    @Test func aFileMayReturnAFunction() throws {
        let scratch = try Scratch()
        let result = try run(scratch, """
            write("f.lua", "return function(x) return x + 1 end")
            local f = host.live("f.lua")
            assert(f(1) == 2)
            write("f.lua", "return function(x) return x + 2 end")
            until_true(function() return f(1) == 3 end)
            os.remove(folder .. "/f.lua")
            assert(f(1) == 3)
            """)
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func whatCannotBeFollowedIsAnError() throws {
        let scratch = try Scratch()
        let result = try run(scratch, """
            write("four.lua", "return 4") write("none.lua", "") write("broken.lua", "return {") write("fails.lua", "\\nerror 'no'")
            local function fails(text, f, ...)
              local ok, message = pcall(f, ...)
              assert(not ok and message:find(text, 1, true), message)
            end
            fails("there is no absent.lua: looked for", host.live, "absent.lua")
            fails("four.lua returned a number; host.live needs a table or a function", host.live, "four.lua")
            fails("none.lua returned nothing", host.live, "none.lua")
            fails("broken.lua:1: unexpected symbol near <eof>", host.live, "broken.lua")
            fails("fails.lua:2: no", host.live, "fails.lua")
            fails("what host.live returned expected, got 3", host.reloaded, 3)
            fails("argument 1 (path): a string expected", host.live, {})
            fails("is a folder or a device; a Lua file expected", host.live, folder)
            local ok, message = pcall(host.pick, "things", {}, "x")
            assert(not ok and message:find("there are none"), message)
            """)
        #expect(result.status == 0, "\(result.errors)")
    }

    /// Edits of a schedule, a noise and a mask during problem 3 take effect in that run.
    @Test func problem3FollowsItsParts() throws {
        let scratch = try Scratch()
        let scripts = scratch.url.appendingPathComponent("scripts")
        try FileManager.default.copyItem(at: Command.repository.appendingPathComponent("scripts"), to: scripts)
        try FileManager.default.createSymbolicLink(
            at: scratch.url.appendingPathComponent("models"),
            withDestinationURL: Command.repository.appendingPathComponent("models"))
        let parts = scripts.appendingPathComponent("inpainting")
        // The noise edits the mask's file at step 3, and the schedule ends the run when the new mask has been used.
        _ = try scratch.write("scripts/inpainting/noises.lua", """
            local host = require "host"
            local function edit(file, from, to)
              local path = [[\(parts.path)/]] .. file
              local f = assert(io.open(path)) local text = f:read("a") f:close()
              f = assert(io.open(path .. ".new", "w")) f:write((text:gsub(from, to))) f:close()
              os.rename(path .. ".new", path)
            end
            return {none = function(k)
              if k == 3 then edit("masks.lua", "mask%[{{6, 12}, {6, 20}}%] = 0", "mask[{{1, 10}, {}}] = 0") end
              if k == 4 then edit("schedules.lua", "function schedules.constant%(k, lr, steps%)", "%0 lr = 0") end
              local start = host.clock()
              while k < 30 and host.clock() - start < 0.02 do end
              return 0
            end}
            """)
        let result = try Command.run(
            [
                "run", scripts.appendingPathComponent("problem3_inpainting.lua").path, "--steps", "30", "--out",
                scratch.path("figure.png"),
            ],
            in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("masks.lua reloaded") && result.errors.contains("schedules.lua reloaded"))
        #expect(
            result.output.contains("over the 280 missing pixels") && result.output.contains("after 30 steps"),
            "\(result.output)")
    }
}
