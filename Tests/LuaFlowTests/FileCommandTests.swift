import Foundation
import LuaFlow
import Testing

/// Files as a user of the command meets them: conversions that report what changes, limits that are errors, and results
/// of one call that the next one reads.
@Suite struct FileCommandTests {
    static let modules = """
        for _, name in ipairs{"tensor", "checkpoint", "data", "flow", "optim", "image", "plot"} do _G[name] = require(name) end

        """

    static func script(_ text: String, limit: String = "") throws -> Command.Result {
        let scratch = try Scratch()
        let file = try scratch.write("script.lua", modules + text)
        return try Command.run("sh", ["-c", "\(limit) exec \"$0\" run \"$1\"", Command.program.path, file])
    }

    @Test func aLimitOnTheSizeOfFilesIsAnErrorOfTheScript() throws {
        let scratch = try Scratch()
        let done = try Self.script("""
            local folder = [[\(scratch.path("."))]]
            local large = tensor.zeros(1000, 1000)
            local figure = plot.line{(function() local t = {} for i = 1, 30000 do t[i] = i * i % 7 end return t end)()}
            for name, save in pairs{
                ["x.safetensors"] = function(path) checkpoint.save(path, {x = large}) end,
                ["x.npz"] = function(path) checkpoint.save(path, {x = large}) end,
                ["x.npy"] = function(path) checkpoint.save(path, {x = large}) end,
                ["x.png"] = function(path) image.save(path, tensor.arange(1, 1000000):reshape(1000, 1000):mul(0.6180339):sin():abs()) end,
                ["x.svg"] = function(path) figure:save(path) end,
            } do
                local ok, message = pcall(save, folder .. "/" .. name)
                assert(not ok and message:find("File too large", 1, true), name .. ": " .. tostring(message))
            end
            local file = assert(io.open(folder .. "/plain", "wb"))
            local ok, message = file:write(("x"):rep(1 << 20))
            assert(not ok and message:find("File too large", 1, true), tostring(message))
            checkpoint.save(folder .. "/small.npy", {x = tensor.zeros(10)})
            print("reached the end")
            """, limit: "ulimit -f 100;")
        #expect(done.status == 0 && done.output == "reached the end\n", "\(done)")
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path("."))
        #expect(Set(left) == ["plain", "small.npy"])
    }

    @Test func convertKeepsTypesOrSaysWhatChanges() throws {
        let scratch = try Scratch()
        let header =
            #"{"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]},"i":{"dtype":"I64","shape":[1],"data_offsets":[4,12]}}"#
        var bytes = Data(withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }) + Data(header.utf8)
        bytes += Data([0x80, 0x3f, 0x00, 0xc0, 7, 0, 0, 0, 0, 0, 0, 0])
        try bytes.write(to: URL(fileURLWithPath: scratch.path("in")))
        let same = try Command.run(["convert", scratch.path("in"), scratch.path("out.safetensors")])
        #expect(
            same.status == 0 && same.output == "\(scratch.path("out.safetensors")): 2 tensors, 3 numbers\n", "\(same)")
        let out = try Data(contentsOf: URL(fileURLWithPath: scratch.path("out.safetensors")))
        let text = String(decoding: out, as: UTF8.self)
        #expect(text.contains("\"BF16\"") && text.contains("\"I64\""))
        let numpy = try Command.run(["convert", scratch.path("in"), scratch.path("out.npz")])
        #expect(numpy.status == 0 && numpy.output.contains("  bfloat16 -> float32: 1 tensor (b)\n"), "\(numpy)")
        let half = try Command.run(["convert", scratch.path("in"), scratch.path("half.npz"), "--dtype", "float16"])
        // A vector keeps float32, and so does a matrix of one row.
        #expect(half.output.contains("bfloat16 -> float32: 1 tensor (b)") && !half.output.contains("int64"), "\(half)")
        let help = try Command.run(["convert", "--help"]).output.split { $0 == " " || $0 == "\n" }.joined(
            separator: " ")
        #expect(help.contains("Integers and booleans keep their types"), "\(help)")
    }

    @Test func whatLoadGivesGoesWhereItIsWanted() throws {
        let scratch = try Scratch()
        let done = try Self.script("""
            local path = [[\(scratch.path("m.safetensors"))]]
            local m = flow.NICE{dim = 4, hidden = 8, layers = 2, couplings = 4}
            m:save(path)
            local other = flow.NICE{dim = 4, hidden = 8, layers = 2, couplings = 4}
            assert(other:load_state_dict(checkpoint.load(path)) == other)
            other:load_state_dict(checkpoint.load(path, {skip = true}))
            local x = tensor.ones(2, 4)
            assert(m:log_prob(x):eq(other:log_prob(x)):sum():item() == 2)
            local ok, message = pcall(other.load_state_dict, other, checkpoint.load(path), 3)
            assert(not ok and message:find("argument 3", 1, true), message)
            local p = tensor({4})
            local opt = optim.SGD(p, {lr = 0.25, momentum = 0.5})
            p:sum():backward()
            opt:step()
            checkpoint.save(path, opt:state_dict())
            opt:load_state_dict(checkpoint.load(path))
            print("reached the end")
            """)
        #expect(done.status == 0 && done.output == "reached the end\n", "\(done)")
    }

    @Test func smallFilesOfMillionsOfThingsStayUnderTheLimit() throws {
        let done = try Self.script("""
            local path = os.tmpname()
            local file = assert(io.open(path, "wb"))
            file:write(("\\0\\0\\8\\1\\0\\0\\0\\1\\7"):rep(900000))
            file:close()
            local ok, message = pcall(data.idx, path)
            assert(not ok and message:find("more than 1000 arrays", 1, true), message)
            os.remove(path)
            local deep = {}
            for i = 1, 65 do deep[i] = 1 end
            ok, message = pcall(tensor.zeros, deep)
            assert(not ok and message:find("65 dimensions; a tensor has at most 64", 1, true), message)
            local nested = 1
            for i = 1, 65 do nested = {nested} end
            assert(not pcall(tensor, nested))
            local x = tensor.ones(1)
            ok, message = pcall(function() for i = 1, 100 do x = x:unsqueeze(1) end end)
            assert(not ok and message:find("65 dimensions", 1, true), message)
            assert(#tostring(x) > 0 and #x.shape == 64)
            for _, ending in ipairs{".npy", ".npz", ".safetensors"} do
                local place = os.tmpname() .. ending
                checkpoint.save(place, {array = x})
                assert(#checkpoint.load(place).array.shape == 64)
                os.remove(place)
            end
            print("reached the end")
            """)
        #expect(done.status == 0 && done.output == "reached the end\n", "\(done)")
    }

    @Test(arguments: [SIGTERM, SIGHUP]) func aSaveThatASignalEndsLeavesNothing(signal: Int32) throws {
        let scratch = try Scratch()
        let (target, ready) = (scratch.path("x.safetensors"), scratch.path("ready"))
        let script = try scratch.write("save.lua", Self.modules + """
            for i = 1, 1e9 do
                checkpoint.save([[\(target)]], {x = tensor.full({1000000}, i)})
                if i == 3 then io.open([[\(ready)]], "w"):close() end
            end
            """)
        for _ in 0..<3 {
            try? FileManager.default.removeItem(atPath: ready)
            #expect(try Command.interrupted(script, whenThere: ready, by: signal) == -signal)
        }
        let saved = try Self.script("checkpoint.save([[\(target)]], {x = tensor.ones(1)})")
        #expect(saved.status == 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path("."))
        #expect(Set(left) == ["x.safetensors", "ready", "save.lua"], "\(left)")
    }
}
