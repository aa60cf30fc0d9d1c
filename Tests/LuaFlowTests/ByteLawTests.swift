import Foundation
import LawChecks
import LuaFlow
import Testing

private typealias Host = LuaFlow.Host

/// A script's texts are bytes everywhere: in and out of native functions, in files and their names, in states of loops,
/// arguments and capsules.
@Suite struct ByteLawTests {
    private static let texts =
        "local texts = {" + ByteCases.all().map(ByteCases.literal).joined(separator: ",\n") + "}\n"
    private static let names =
        "local names = {" + ByteCases.fileNames.map(ByteCases.literal).joined(separator: ",\n") + "}\n"

    private func host() throws -> Host {
        var options = Interpreter.Options()
        options.globals = true
        return try Host(options: options)
    }

    @Test func nativeFunctionsPassValuesAlongUnchanged() throws {
        try host().run(
            code: Self.texts + """
                for _, text in ipairs(texts) do
                  local a, b = autodiff.no_grad(function() return text, {text} end)
                  assert(a == text and b[1] == text)
                  local value, extra = select(2, pcall(autodiff.no_grad, function() error({text = text}) end))
                  assert(value.text == text)
                  assert(select(2, pcall(autodiff.no_grad, function() error(text, 0) end)) == text)
                  local x = tensor({2}):requires_grad_()
                  local g, v, more = autodiff.value_and_grad(function(x) return (x * x):sum(), text end)(x)
                  local co = coroutine.wrap(function(first) local got = coroutine.yield(first) return autodiff.no_grad(function() return got end) end)
                  assert(co(text) == text and co(text) == text)
                  if not text:find(":", 1, true) then
                    assert(host.pick("things", {[text] = function() return text end, other = print}, text)() == text)
                  end
                end
                assert(string.unpack("d", autodiff.no_grad(function() return string.pack("d", math.pi) end)) == math.pi)
                """)
    }

    /// Threads, files and light userdata have no meaning in Swift, but pass through unchanged.
    @Test func whatOnlyLuaUnderstandsPassesToo() throws {
        try host().run(code: """
            local thread = coroutine.create(print)
            for _, value in ipairs{thread, io.stdout, debug.upvalueid(function() return thread end, 1)} do
              assert(rawequal(autodiff.no_grad(function() return value end), value))
              local t = autodiff.no_grad(function() return {value, [value] = 1} end)
              assert(t[1] == value and t[value] == 1)
            end
            """)
    }

    @Test func embeddersGetAndSetBytes() throws {
        let host = try host()
        for text in ByteCases.all() {
            try host.set("text", text)
            #expect(try host.get("text", as: ByteString.self) == text)
            #expect(try host.get("text", as: [UInt8].self) == text.bytes)
            #expect(try host.evaluate("#text", as: Int.self) == text.count)
            try host.set("bytes", text.bytes)
            #expect(try host.evaluate("bytes == text", as: Bool.self), "\(text.bytes)")
            try host.set("t", [text: 1])
            #expect(
                try host.evaluate("t[text] == 1", as: Bool.self)
                    && host.get("t", as: [ByteString: Int].self) == [text: 1])
            if let string = text.utf8Text {
                #expect(try host.get("text", as: String.self).utf8.elementsEqual(string.utf8))
            } else {
                #expect(throws: ScriptError.self) { try host.get("text", as: String.self) }
            }
            try host.run(code: "function echo(...) return ... end")
            #expect(try host.call("echo", text, as: ByteString.self) == text)
        }
    }

    @Test func statesOfLoopsComeBack() throws {
        let host = try host()
        var answers: [PauseDecision] = [.rewind("2"), .stop]
        host.context.service(PausePrompt.self).ask = { _ in answers.isEmpty ? .resume : answers.removeFirst() }
        try host.run(code: Self.texts + """
            local state = {blob = "\\xff\\xfe", keys = {}, trace = {}, list = {}}
            for i, text in ipairs(texts) do state.keys[text], state.list[i] = text .. "!", text end
            for k in host.steps(5, state) do
              state.trace[k] = k
              if k == 3 then
                state.blob = "other"
                for _, text in ipairs(texts) do state.keys[text] = "\\xfd" end
                for i in ipairs(state.list) do state.list[i] = "gone" end
                host.pause()
              end
            end
            assert(state.blob == "\\xff\\xfe")
            local count = 0
            for _ in pairs(state.keys) do count = count + 1 end
            local seen = {}
            for _, text in ipairs(texts) do
              seen[text] = true
              assert(state.keys[text] == text .. "!", ("%q"):format(text))
            end
            local distinct = 0
            for _ in pairs(seen) do distinct = distinct + 1 end
            assert(count == distinct)
            for i, text in ipairs(texts) do assert(state.list[i] == text) end
            """)
        #expect(answers.isEmpty)
    }

    @Test(arguments: ["npz", "safetensors"])
    func filesKeepNamesApart(format: String) throws {
        let scratch = try Scratch()
        let texts = ByteCases.all().filter { text in
            text.utf8Text != nil
                && (format == "safetensors"
                    || !text.isEmpty && text.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x5C }
                        && !text.split(at: UInt8(ascii: "/")).contains { $0 == ".." || $0 == "." }
                        && !text.hasPrefix("/"))
        }
        try host().run(code: """
            local path = "\(scratch.path("a." + format))"
            local texts = {\(texts.map(ByteCases.literal).joined(separator: ",\n"))}
            local tensors, metadata = {}, {}
            for i, text in ipairs(texts) do tensors[text], metadata[text] = tensor{i}, text end
            checkpoint.save(path, tensors, {metadata = metadata})
            local back, more = checkpoint.load(path)
            for name, value in pairs(tensors) do
              assert(back[name] and back[name]:item() == value:item(), ("%q"):format(name))
              assert(more[name] == name)
            end
            for name in pairs(back) do assert(tensors[name]) end
            local before = io.open(path, "rb"):read("a")
            for _, name in ipairs{"\\xff", "a\\xc3"} do
              local ok, message = pcall(checkpoint.save, path, {[name] = tensor{1}})
              assert(not ok and tostring(message):find("UTF%-8") and tostring(message):find("\\\\x"), message)
              assert(not pcall(checkpoint.save, path, {a = tensor{1}}, {metadata = {[name] = "b"}}))
              assert(not pcall(checkpoint.save, path, {a = tensor{1}}, {metadata = {b = name}}))
            end
            assert(io.open(path, "rb"):read("a") == before)
            """)
    }

    /// Exactly these files are made, and reading by a name gives what was written under it.
    @Test func fileNamesAreBytes() throws {
        let scratch = try Scratch()
        try host().run(code: Self.names + """
            local folder = "\(scratch.url.path)/"
            for i, name in ipairs(names) do
              checkpoint.save(folder .. name .. ".npy", {array = tensor{i}})
              image.save(folder .. name .. ".png", tensor.full({2, 2}, (i % 256) / 255))
              local f <close> = assert(io.open(folder .. name .. ".lua", "w"))
              f:write("return " .. i)
            end
            plot.line{{1, 2}}:save(folder .. "\\xff\\u{301}.svg")
            assert(io.open(folder .. "\\xff\\u{301}.svg"))
            flow.NICE{dim = 4, hidden = 4, layers = 1, couplings = 2}:save(folder .. "\\xfe\\u{301}.safetensors")
            assert(flow.load(folder .. "\\xfe\\u{301}.safetensors").dim == 4)
            package.path = folder .. "?.lua;" .. package.path
            for i, name in ipairs(names) do
              assert(checkpoint.load(folder .. name .. ".npy").array:item() == i)
              assert(math.abs(image.load(folder .. name .. ".png")[{1, 1}] - (i % 256) / 255) < 1e-3)
              assert(dofile(folder .. name .. ".lua") == i)
              if not name:find("[.;?]") then assert(require(name) == i) end
            end
            """)
        let wanted = ByteCases.fileNames.flatMap { name in [".npy", ".png", ".lua"].map { name + $0 } }
            + [ByteString([0xFF]) + "\u{301}.svg", ByteString([0xFE]) + "\u{301}.safetensors"]
        let found = ByteString(scratch.url.path).folderEntries ?? []
        #expect(found.map(\.bytes) == wanted.sorted().map(\.bytes))
    }

    @Test func theLongestNamesAreWritten() throws {
        let scratch = try Scratch()
        try host().run(code: """
            local name = ("\\u{1F600}"):rep(60)
            checkpoint.save("\(scratch.url.path)/" .. name .. ".npy", {array = tensor{7}})
            assert(checkpoint.load("\(scratch.url.path)/" .. name .. ".npy").array:item() == 7)
            os.execute("mkdir '\(scratch.url.path)/dir'")
            checkpoint.save("\(scratch.url.path)/dir/\\u{301}a.npz", {x = tensor{1}})
            assert(io.open("\(scratch.url.path)/dir/\\u{301}a.npz"))
            """)
    }

    /// The bytes of the words that the script prints. A shell starts the program, as Foundation's Process takes valid
    /// Unicode only.
    @Test(arguments: ["", "--sandbox "])
    func argumentsAreBytes(options: String) throws {
        let scratch = try Scratch()
        let script = try scratch.write("arg.lua", """
            for i = -3, #arg do if arg[i] then io.write(i, ":", (arg[i]:gsub(".", function(c) return ("%02x"):format(c:byte()) end)), " ") end end
            io.write(select("#", ...), " ", ... == arg[1] and "same" or "other")
            """)
        let words = ByteCases.all().filter { !$0.isEmpty && !$0.contains(0) && $0.count < 200 && !$0.hasPrefix("-") }
        let quoted = words.map { word in
            "$'" + word.bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "'"
        }
        let program = try Command.program.path
        _ = try scratch.write(
            "run.sh", "exec '\(program)' run \(options)'\(script)' \(quoted.joined(separator: " "))\n")
        let result = try Command.run("bash", [scratch.path("run.sh")])
        func hex(_ text: ByteString) -> String {
            text.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let before = [ByteString(program), "run"] + (options.isEmpty ? [] : ["--sandbox"])
        let all = before + [ByteString(script)] + words
        let expected = all.enumerated().compactMap { index, word -> String? in
            let place = index - before.count
            return place < -3 ? nil : "\(place):\(hex(word)) "
        }.joined() + "\(words.count) same"
        #expect(result.output == expected, "\(result.errors)")
    }

    /// A script whose name is not UTF-8, its options and its input files: recorded, and replayed.
    @Test func capsulesAndReplaysAreByteTrue() throws {
        let scratch = try Scratch()
        let folder = scratch.url.path
        try host().run(code: """
            local f <close> = assert(io.open("\(folder)/gr\\xf6.lua", "w"))
            f:write([[
              local host, checkpoint = require "host", require "checkpoint"
              local o = host.arguments{{"n\\u{e9}", "x"}, {"ne\\u{301}", "y"}, rest = "REST"}
              print(o["n\\u{e9}"] == "\\xff", o["ne\\u{301}"] == "\\xfe", #o.rest[1], #arg[2])
              checkpoint.load("\(folder)/d\\xe9.npy")
              return o["n\\u{e9}"], {["\\xff"] = "\\xfe", ["\\xfe"] = "\\xff"}
            ]])
            checkpoint.save("\(folder)/d\\xe9.npy", {array = tensor{1}})
            """)
        let program = try Command.program.path
        let name = "'\(folder)/'$'gr\\xf6.lua'"
        _ = try scratch.write(
            "record.sh",
            """
            exec '\(program)' run --capsule '\(folder)/c.json' \(name) $'--n\\u00e9' $'\\xff' $'--ne\\u0301' $'\\xfe' \
            $'r\\xf6'\n
            """
        )
        let recorded = try Command.run("bash", [scratch.path("record.sh")], environment: ["LC_ALL": "C.UTF-8"])
        #expect(recorded.status == 0 && recorded.errors.isEmpty, "\(recorded.errors)")
        let capsule = try Capsule(readingFrom: "\(folder)/c.json")
        #expect(capsule.run.options == ["n\u{e9}": ByteString([0xFF]), "ne\u{301}": ByteString([0xFE])])
        #expect(
            capsule.files.contains { $0.path.bytes.suffix(6) == [UInt8(ascii: "d"), 0xE9] + Array(".npy".utf8) },
            "\(capsule.files)")
        let again = try Command.run(["replay", "\(folder)/c.json"])
        #expect(again.status == 0 && again.errors.contains("the same"), "\(again.errors)")
    }

    @Test func codeOnTheCommandLineIsBytes() throws {
        let scratch = try Scratch()
        let program = try Command.program.path
        for options in ["", "--sandbox", "--capsule c.json"] {
            _ = try scratch.write(
                "code.sh",
                """
                cd '\(scratch.url.path)' && exec '\(program)' \(options) -e $'print(#"\\xff\\xe9", ("\\xff"):byte())'\n
                """)
            let result = try Command.run("bash", [scratch.path("code.sh")], environment: ["LC_ALL": "C.UTF-8"])
            #expect(result.output == "2\t255\n", "\(options): \(result.output) \(result.errors)")
        }
        let again = try Command.run(["replay", scratch.path("c.json")])
        #expect(again.status == 0 && again.errors.contains("the same"), "\(again.errors)")
    }

    @Test func pluginsMayHaveAnyName() throws {
        let scratch = try Scratch()
        try host().run(code: """
            os.execute("mkdir '\(scratch.url.path)/plugins'")
            for i, name in ipairs{"\\u{e9}", "e\\u{301}", "\\xff"} do
              local f <close> = assert(io.open("\(scratch.url.path)/plugins/" .. name .. ".lua", "w"))
              f:write('local name = ... host.register{masks = {m' .. i .. ' = function() return "\\xfe", name end}}')
            end
            """)
        let host = try host()
        let plugins = host.loadPlugins(PluginPath(explicit: [ByteString(scratch.path("plugins"))], onlyExplicit: true))
        #expect(plugins.count == 3 && plugins.allSatisfy { $0.fault == nil }, "\(plugins.map(\.fault))")
        try host.run(code: """
            for i, wanted in ipairs{"e\\u{301}", "\\u{e9}", "\\xff"} do
              local found = false
              for j = 1, 3 do
                local text, name = host.pick("masks", {}, "m" .. j)()
                assert(text == "\\xfe")
                found = found or name == wanted
              end
              assert(found)
            end
            """)
    }

    /// Every subcommand that takes a path takes any bytes: the file that it reads or writes has that name, and no other
    /// file is made.
    @Test(arguments: ["\\xff", "gr\\xf6", "e\\xcc\\x81", "\\xcc\\x81x", "\\xf4\\x8f\\xbf\\xbf"])
    func subcommandsTakePathsOfBytes(name: String) throws {
        let scratch = try Scratch()
        let program = try Command.program.path
        _ = try scratch.write("all.sh", """
            cd '\(scratch.url.path)' && mkdir work && cd work && n=$'\(name)' && mkdir "$n" && echo 'prnt(1)' > "$n/$n.lua"
            '\(program)' check "$n"; echo "$?"
            '\(program)' check "$n/$n.lua"; echo "$?"
            (cd "$n" && '\(program)' check "$n.lua"; echo "$?")
            '\(program)' doc --luacats "$n/d$n" > ../said; echo "$?"
            '\(program)' new script one --in "$n/s$n" > ../said; echo "$?"
            '\(program)' new plugin two --in "$n/s$n" > ../said; echo "$?"
            test -f "$n/d$n/luacats/tensor.lua" && test -f "$n/d$n/.luarc.json" && test -f "$n/s$n/one.lua" && test -f "$n/s$n/plugins/two.lua"
            echo "$? $(ls | wc -l) $(ls "$n" | wc -l)"
            """)
        let result = try Command.run("bash", [scratch.path("all.sh")])
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.contains(":1:1: unknown global \"prnt\"") }.count == 3, "\(result)")
        #expect(lines.filter { !$0.contains("unknown global") } == ["1", "1", "1", "0", "0", "0", "0 1 3"], "\(result)")
    }
}
