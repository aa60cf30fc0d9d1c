import LuaFlow

extension Parser {
    /// `luaflow replay`'s file.
    static let capsule = Parser(name: "capsule", seeds: [], texts: [text]) { input in
        try input.withFile { _ = try Capsule(readingFrom: $0) }
    }

    private static let text = """
        {
          "absent": ["b.lua"], "changes": ["c"], "notes": ["n"],
          "files": [{"kind": "lua", "path": "a.lua", "sha256": "00", "written": false}],
          "format": 3,
          "host": {"memory": 100, "noPlugins": false, "plugins": ["p"], "timeout": 1.5},
          "place": {"folder": "/", "fromCapsule": "."},
          "random": {
            "end": {"drawn": "1", "seed": "0", "stream": "0"}, "lua": [1, 2],
            "start": {"drawn": "0", "seed": "0", "stream": "0"}
          },
          "result": {
            "error": "e", "outcome": "returned", "output": "\\u00e4", "outputBytes": 0,
            "outputLines": {"digests": ["0"], "every": 1}, "outputSHA256": "", "status": 0, "valuesSHA256": [""],
            "notCompared": ["a function in returned value 1"]
          },
          "run": {"arguments": ["--x"], "folder": ".", "options": {"x": "1.5e3"}, "script": "a.lua"},
          "sources": {"environment": {"HOME": true}, "openOrder": false, "streams": ["/dev/stdout"], "used": ["os.time"]},
          "versions": {
            "kernels": "portable", "lua": "Lua 5.4", "luaflow": "0.1.0", "openblas": "", "openblasCore": "",
            "openblasThreads": 1
          }
        }
        """
}
