import Foundation
import LuaFlow
import Testing

extension HostSafetyTests {
    /// Lua functions for making hostile files: `zip{{name, bytes}, ...}`, and pickle opcodes.
    private static let tools = #"""
        local function crc(bytes)
            local c = 0xffffffff
            for i = 1, #bytes do
                c = c ~ bytes:byte(i)
                for _ = 1, 8 do c = (c >> 1) ~ (0xedb88320 & -(c & 1)) end
            end
            return c ~ 0xffffffff
        end
        function zip(entries, lie)
            local out, directory = "", ""
            for _, entry in ipairs(entries) do
                local name, bytes = entry[1], entry[2]
                local sum = entry.crc or crc(bytes)
                local size = entry.size or #bytes
                local fields = string.pack("<I2I2I4I4I4I4I2", 0, entry.method or 0, 0, sum, #bytes, size, #name)
                directory = directory .. "PK\1\2" .. string.pack("<I2I2", 20, 20) .. fields .. ("\0"):rep(12)
                    .. string.pack("<I4", #out) .. name
                out = out .. "PK\3\4" .. string.pack("<I2", 20) .. fields .. "\0\0" .. name .. bytes
            end
            local ending = string.pack("<I4I2I2I4I4I2", 0, #entries, #entries, #directory, #out, 0)
            return out .. directory .. "PK\5\6" .. ending
        end
        local function text(s) return "X" .. string.pack("<I4", #s) .. s end
        local function integer(n) return "\x8a\8" .. string.pack("<i8", n) end
        local function tuple(...) return "(" .. table.concat({...}) .. "t" end
        function view(count, offset, size, stride)
            local storage = tuple(text "storage", "ctorch\nFloatStorage\n", text "0", text "cpu", integer(count)) .. "Q"
            return "\x80\2}" .. text "w" .. "ctorch._utils\n_rebuild_tensor_v2\n" .. tuple(storage, integer(offset),
                tuple(integer(size)), tuple(integer(stride)), "\x89", "ccollections\nOrderedDict\n)R") .. "Rs."
        end
        function pt(pickle) return zip{{"archive/data.pkl", pickle}, {"archive/data/0", ("\0"):rep(32)}} end
        function file(bytes, ending)
            local path = os.tmpname() .. (ending or "")
            local f = assert(io.open(path, "wb"))
            f:write(bytes)
            f:close()
            return path
        end
        function refused(bytes, words, load)
            local ok, e = pcall(load or checkpoint.load, file(bytes))
            assert(not ok and type(e) == "string" and e:find(words, 1, true), tostring(e) .. " lacks " .. words)
        end
        """#

    private func attack(_ code: String) throws {
        try watched.run(Self.tools)
        #expect(throws: Never.self) { try watched.run(code) }
        #expect(try watched.liveBytes() == 0)
        watched.expectSane("after hostile files")
    }

    @Test func F1_picklesCallNothing() throws {
        let marker = scratch.path("ran")
        try attack(#"""
            assert(checkpoint.load(file(pt(view(8, 0, 8, 1)))).w.shape[1] == 8)  -- the tools make good files, too
            refused(pt("cposix\nsystem\n(Vtouch \#(marker)\ntR."), 'refused to touch "posix.system"')
            refused(pt("\x80\2cposix\nsystem\n(X\1\0\0\0xtR."), 'refused to touch "posix.system"')
            refused(pt("\x80\2\xff."), "opcode 0xff")
            refused(pt("\x80\2R."), "stack underflow")
            refused(pt("\x80\2h\7."), "memo 7")
            refused(pt("\x80\2}"), "ends without STOP")
            refused(pt("\x80\2" .. ("]"):rep(1e6) .. ("a"):rep(1e6 - 1) .. "."), "than any checkpoint")
            refused(pt("\x80\2N}b."), "BUILD on None")
            """#)
        #expect(!FileManager.default.fileExists(atPath: marker))
    }

    @Test func F2_viewsStayInTheirStorage() throws {
        try attack("""
            for _, case in ipairs{{8, 0, 9, 1}, {8, 1, 8, 1}, {8, -1, 2, 1}, {8, 0, 2, math.maxinteger}, {8, 0, 3, 1 << 62},
                {8, math.maxinteger, 1, 1}, {8, 0, 2, -1}} do
                refused(pt(view(table.unpack(case))), "leave its storage")
            end
            refused(pt(view(9, 0, 9, 1)), "does not hold")
            refused(pt(view(1 << 62, 0, 1, 1)), "does not hold")
            """)
    }

    @Test func F3_zipArchivesThatLie() throws {
        try attack(#"""
            local good, large = {"archive/data.pkl", view(8, 0, 8, 1)}, {"archive/data.pkl", view(8 << 20, 0, 8, 1)}
            local storage = ("\0"):rep(32)
            local function case(words, ...) refused(zip{good, ...}, words) end
            case("zip", {"archive/data/0", storage}, {"archive/data/0", storage})
            case("CRC", {"archive/data/0", storage, crc = 1})
            case("zip", {"../../etc/passwd", storage})
            refused(zip{large, {"archive/data/0", "\3\0", method = 8, size = 32 << 20}}, "cannot inflate")
            refused(zip{good, {"archive/data/0", storage}}:sub(1, -30), "no directory")
            """#)
    }

    @Test func F4_safetensorsHeadersThatLie() throws {
        try attack(#"""
            local function header(json, data) return string.pack("<I8", #json) .. json .. (data or "") end
            local function entry(shape, from, to)
                return ('"a":{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}'):format(shape, from, to)
            end
            refused(string.pack("<I8", 100000001) .. "{}", "the format allows")
            refused(string.pack("<I8", 1000) .. "{}", "cut short")
            refused(header("{" .. entry("[1]", 0, 4) .. "," .. entry("[1]", 0, 4) .. "}", "1234"), "comes twice")
            refused(header("{" .. entry("[1]", 4, 8) .. "}", "12345678"), "a gap")
            refused(header("{" .. entry("[4294967296,4294967296]", 0, 4) .. "}", "1234"), "too many")
            """#)
    }

    @Test func F5_sizesThatAFileCannotFill() throws {
        try attack(#"""
            local function npy(literal, data)
                return "\x93NUMPY\1\0" .. string.pack("<I2", #literal) .. literal .. (data or "")
            end
            refused(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "x"), "Python objects")
            refused(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,), }", "x"), "cut short")
            refused("\0\0\13\3" .. string.pack(">I4I4I4", 1 << 20, 1 << 20, 1 << 20), "IDX", data.idx)
            refused("\0\0\8\1" .. string.pack(">I4", 9) .. "1234", "cut short", data.idx)
            local function png(width, height)
                return "\x89PNG\r\n\x1a\n\0\0\0\13IHDR" .. string.pack(">I4I4", width, height) .. "\8\2\0\0\0\0\0\0\0"
            end
            refused(png(1 << 30, 1 << 30), "pixels", image.load)
            refused(png(8000, 8000), "cannot hold", image.load)
            """#)
    }

    /// A script's save is killed half way: the file that is there loads.
    @Test func F7_aKilledSaveLeavesAWholeFile() throws {
        let (target, ready) = (scratch.path("x.safetensors"), scratch.path("ready"))
        let script = try scratch.write("save.lua", """
            local tensor, checkpoint = require "tensor", require "checkpoint"
            for i = 1, 1e9 do
                checkpoint.save([[\(target)]], {x = tensor.full({300000}, i)})
                if i == 3 then io.open([[\(ready)]], "w"):close() end
            end
            """)
        for _ in 0..<5 {
            try? FileManager.default.removeItem(atPath: ready)
            #expect(try Command.interrupted(script, whenThere: ready, by: SIGKILL) == -SIGKILL)
            try watched.run("""
                local x = checkpoint.load([[\(target)]]).x
                assert(#x == 300000 and x:min():item() == x:max():item())
                """)
        }
    }
}
