/// Lua 5.4's own names.
package enum StandardLibrary {
    package static let libraries: [String: Set<String>] = [
        "string": words(
            "byte char dump find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper"),
        "table": words("concat insert move pack remove sort unpack"),
        "math": words(
            """
            abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad random \
            randomseed sin sqrt tan tointeger type ult
            """),
        "io": words("close flush input lines open output popen read stderr stdin stdout tmpfile type write"),
        "os": words("clock date difftime execute exit getenv remove rename setlocale time tmpname"),
        "coroutine": words("close create isyieldable resume running status wrap yield"),
        "utf8": words("char charpattern codepoint codes len offset"),
        "debug": words(
            """
            debug gethook getinfo getlocal getmetatable getregistry getupvalue getuservalue setcstacklimit sethook \
            setlocal setmetatable setupvalue setuservalue traceback upvalueid upvaluejoin
            """),
        "package": words("config cpath loaded loadlib path preload searchers searchpath"),
    ]

    /// Members that Lua has when built for compatibility with older versions, as Debian's is.
    static let kept: [String: Set<String>] = ["math": words("atan2 cosh frexp ldexp log10 pow sinh tanh")]

    static func has(_ name: String, in library: String) -> Bool {
        libraries[library]?.contains(name) ?? false || kept[library]?.contains(name) ?? false
    }

    package static let globals: Set<String> = words(
        """
        _G _VERSION arg assert collectgarbage dofile error getmetatable ipairs load loadfile next pairs pcall print \
        rawequal rawget rawlen rawset require select setmetatable tonumber tostring type warn xpcall
        """
    ).union(libraries.keys)

    /// Functions that may change a table passed to them, or run code from elsewhere.
    static let meddling: Set<String> = ["setmetatable", "rawset", "pcall", "xpcall"]
    /// Globals after whose use any global may exist.
    static let loaders: Set<String> = ["load", "loadfile", "dofile", "_ENV"]
    static let harmlessDebug: Set<String> = ["traceback", "getinfo"]

    private static func words(_ text: String) -> Set<String> { Set(text.split(separator: " ").map(String.init)) }
}
