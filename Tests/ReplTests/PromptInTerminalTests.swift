import Foundation
import Testing
import TimeLimits

/// The built program in a terminal, as a user types.
@Suite(
    .serialized, .ownTime(minutes: 10),
    .enabled(if: Pane.isPossible, "tmux is not installed: the prompt's tests in a real terminal are left out"))
struct PromptInTerminalTests {
    @Test func keysEditTheLine() throws {
        let pane = try Pane()
        try pane.see(":help")
        try pane.type("12 + 1")
        try pane.press("Home")
        try pane.type("4")
        try pane.press("End", "BSpace")
        try pane.type("2")
        try pane.press("Left", "Left", "Left", "Left", "BSpace", "Enter")  // 41 + 2
        try pane.see("> 41 + 2\n43\n")
        try pane.type("'ä日' ..")
        try pane.press("BSpace", "BSpace", "BSpace", "Left", "Left", "BSpace")
        try pane.type("ö")
        try pane.press("Enter")
        try pane.see("\"ö日\"")
    }

    @Test func historyIsFoundAgainInThisSessionAndTheNext() throws {
        let home = try Home()
        do {
            let pane = try Pane(home: home)
            try pane.prompt()
            try pane.enter("apple = 17")
            try pane.prompt()
            try pane.enter("for i = 1, 2 do")
            try pane.see("\n>>")
            try pane.enter("  apple = apple + i end")
            try pane.prompt()
            try pane.press("Up", "Enter")
            try pane.prompt()
            try pane.enter("apple")
            try pane.see("\n23\n")
            try pane.press("C-d")
            try pane.see("LEFT 0")
        }
        let pane = try Pane(home: home)
        try pane.prompt()
        try pane.press("Up", "Up")
        try pane.see("> for i = 1, 2 do\n  apple = apple + i end")
        try pane.press("C-c")
        try pane.prompt()
        try pane.press("C-r")
        try pane.type("ple = 1")
        try pane.see("apple = 17")
        try pane.press("Enter")
        try pane.enter("apple + 1")
        try pane.see("\n18\n")
    }

    @Test func twoSessionsKeepBothTheirInputs() throws {
        let home = try Home()
        let (first, second) = (try Pane(home: home), try Pane(home: home))
        for (pane, name) in [(first, "one"), (second, "two")] {
            try pane.prompt()
            try pane.enter("\(name) = 1")
            try pane.see("\(name) = 1\n>")
        }
        try first.enter("three = 1")
        try first.see("three = 1\n>")
        #expect(try home.read("state/luaflow/history") == "one = 1\ntwo = 1\nthree = 1\n")
    }

    @Test func tabCompletes() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.type("tenso")
        try pane.press("Tab")
        try pane.type(".ey")
        try pane.press("Tab")
        try pane.type("(2):tol")
        try pane.press("Tab")
        try pane.see("> tensor.eye(2):tol")
        try pane.press("C-c")
        try pane.enter("x = tensor.eye(2)")
        try pane.prompt()
        try pane.type("x:to")
        try pane.press("Tab")
        try pane.press("Tab", "Tab")
        try pane.see("tolist")
        try pane.see("> x:to")
        try pane.press("C-c")
        try pane.type("optim.SGD(x, {mom")
        try pane.press("Tab")
        try pane.see("> optim.SGD(x, {momentum =")
    }

    @Test func unfinishedInputGoesOnAndIsGivenUp() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.enter("f = function(a)")
        try pane.see("\n>>")
        try pane.enter("  return a * 2")
        try pane.enter("end")
        try pane.prompt()
        try pane.enter("f(21)")
        try pane.see("\n42\n")
        try pane.enter("g = (")
        try pane.see("g = (\n>>")
        try pane.press("C-c")
        try pane.prompt()
        try pane.enter("7 * 11")
        try pane.see("\n77\n")
    }

    @Test func controlCInterruptsLuaAndKernelsAndKeepsTheSession() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.enter("kept = 5; coroutine.wrap(function() print('loop'..'ing') while true do pcall(error) end end)()")
        try pane.see("looping")
        try pane.press("C-c")
        try pane.see("interrupted\n>")
        try pane.enter("one = tensor.ones(1, 7000):expand(7000, 7000) print('ker'..'nel') one:matmul(one);")
        try pane.see("kernel")
        usleep(300_000)
        try pane.press("C-c")
        try pane.see("an interrupt") { $0.components(separatedBy: "interrupted\n").count == 3 }
        try pane.enter("kept * 3")
        try pane.see("\n15\n")
    }

    @Test func controlCAtThePromptClearsTheLine() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.type("nonsense(")
        try pane.see("> nonsense(")
        try pane.press("C-c")
        try pane.see("nonsense(^C\n>")
        for _ in 0..<3 { try pane.press("C-c") }
        usleep(2_500_000)  // no press may end the program later
        try pane.enter("6 * 7")
        try pane.see("\n42\n")
    }

    @Test func controlZStopsAndTheLineIsThereAgain() throws {
        let pane = try Pane("set -m; export PS1='shell$ '; ENV= exec bash --norc -i")
        try pane.see("shell$")
        let program = try Program.url.path
        try pane.enter("clear; '\(program)'")
        try pane.prompt()
        try pane.type("8 * 8")
        try pane.see("> 8 * 8")  // the terminal drops what was typed and not yet read
        try pane.press("C-z")
        try pane.see("Stopped")
        try pane.enter("echo $((2 + 2))typed")
        try pane.see("4typed")
        try pane.enter("fg")
        try pane.see("the line again") {
            $0.contains("fg\n") && ($0.split(separator: "\n").last ?? "").hasPrefix("> 8 * 8")
        }
        try pane.press("Enter")
        try pane.see("\n64\n")
    }

    @Test func picturesAreShownAsPictures() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.enter("tensor.eye(12)")
        try pane.see("a picture") { $0.contains("▀▀▀▀▀▀▀▀▀▀▀▀\n") }
        try pane.enter(":pictures off")
        try pane.press("C-l")
        try pane.enter("tensor.eye(12)")
        try pane.see("shape (12, 12), float32\n>")
        #expect(try !pane.screen().contains("▀"))
    }

    @Test func errorsShowTheLineAndAreColouredUnlessRefused() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.enter("local t = 1; nothing.here = t")
        try pane.see(
            """
            input 1:1: attempt to index a nil value (global 'nothing')
              local t = 1; nothing.here = t
                           ^^^^^^^
            >
            """
        )
        try pane.see("\u{1B}[31m", escapes: true)
        let plain = try Pane(environment: ["NO_COLOR": "1"])
        try plain.prompt()
        try plain.enter("x = = 1")
        let screen = try plain.see("  x = = 1\n      ^\n", escapes: true)
        #expect(!screen.contains("\u{1B}["))
    }

    @Test func leavingGivesTheStatusAndTheTerminalBack() throws {
        let pane = try Pane(
            "luaflow; echo STATUS $?; stty -a | tr ' ;' '\\n' | grep -x -e icanon -e echo -e isig | tr '\\n' ' '")
        try pane.prompt()
        try pane.enter("os.exit(3)")
        try pane.see("STATUS 3")
        try pane.see("isig icanon echo")
    }

    @Test func aSignalGivesTheTerminalBack() throws {
        let pane = try Pane(
            "luaflow; echo STATUS $?; stty -a | tr ' ;' '\\n' | grep -x -e icanon -e echo | tr '\\n' ' '")
        try pane.prompt()
        try pane.enter("tonumber(io.popen('echo $PPID'):read())")
        let screen = try pane.see("a number") { $0.split(separator: "\n").contains { Int($0) != nil } }
        try pane.prompt()
        let process = try #require(screen.split(separator: "\n").compactMap { Int32($0) }.first)
        kill(process, SIGTERM)
        try pane.see("STATUS 143")
        try pane.see("icanon echo")
    }

    @Test func aNewWindowSizeIsHeeded() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.resize(columns: 40, rows: 20)
        try pane.type("t = {} for i = 1, 30 do t[i] = i * 1000 end")
        try pane.press("Enter")
        try pane.enter("t")
        let screen = try pane.see("30000")
        #expect(screen.contains("{\n   1000,  2000,  3000,  4000,  5000,\n"))
    }

    @Test func theStartUpFileRunsAndItsErrorsAreShown() throws {
        let home = try Home()
        try home.write("config/luaflow/init.lua", "greeted = 'from init'\nerror('not today')\n")
        let pane = try Pane(home: home)
        try pane.see("not today")
        try pane.prompt()
        try pane.enter("greeted")
        try pane.see("\"from init\"")
    }

    @Test func aFileRunsFirstAndItsGlobalsStay() throws {
        let home = try Home()
        try home.write("first.lua", "loaded = select('#', ...) + 40\nprint('in ' .. arg[0])\nreturn loaded")
        let pane = try Pane("luaflow repl first.lua a b", home: home)
        try pane.see("in first.lua\n42\n>")
        try pane.enter("loaded + 1")
        try pane.see("\n43\n")
    }

    @Test func aTerminalWithoutEditingWorks() throws {
        let pane = try Pane(environment: ["TERM": "dumb"])
        try pane.prompt()
        try pane.enter("3 * 3")
        try pane.see("\n9\n")
        try pane.type("oops")
        try pane.press("C-c")
        try pane.enter("'next'")
        try pane.see("\"next\"")
        try pane.press("C-d")
        try pane.see("LEFT 0")
    }

    @Test func pastedLinesAreOneInput() throws {
        let home = try Home()
        let pane = try Pane(home: home)
        try pane.prompt()
        try pane.paste("a = 1\n\tb = 2\n\nc = a + b\n")
        try pane.press("Enter")
        try pane.enter("c")
        try pane.see("\n3\n")
        #expect(try home.read("state/luaflow/history").hasPrefix("a = 1\\n\tb = 2\\n\\nc = a + b\n"))
        // A tab that is pasted within a string is kept.
        try pane.paste("('a\tb'):byte(2)")
        try pane.press("Enter")
        try pane.see("\n9\n")
    }

    /// In terminals that do not mark pasted text, lines are entered one by one: blank lines and tabs do no harm.
    @Test func blankLinesAndTabsInWhatIsTypedStay() throws {
        let pane = try Pane()
        try pane.prompt()
        for line in ["function f()", "", "\tlocal a = 20", "\t", "\treturn a + 1", "end"] { try pane.enter(line) }
        try pane.prompt()
        try pane.enter("f() * 2")
        try pane.see("\n42\n")
        for line in ["s = [[one", "", "two]]", "#s"] { try pane.enter(line) }
        try pane.see("\n8\n")
    }

    @Test func controlDGivesAnUnfinishedInputUp() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.enter("kept = 6; g = {")
        try pane.see("g = {\n>>")
        try pane.press("C-d")
        try pane.prompt()
        try pane.enter("kept = 7")
        try pane.enter("kept * 6")
        try pane.see("\n42\n")
        try pane.press("Up", "Up", "Up")
        try pane.see("\n> kept = 6; g = {")
    }

    @Test func thePromptBeginsOnALineOfItsOwn() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.enter("f = io.write('no line end')")
        try pane.see("\nno line end\n>")
        try pane.enter("f = io.write(('x'):rep(79))")
        try pane.see("x\n>")
        try pane.type("12 + 1")
        try pane.press("Home")
        try pane.type("4")
        try pane.press("Enter")
        try pane.see("\n> 412 + 1\n413\n")
    }

    @Test func keysEndASearchAndAct() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.enter("apple = 40")
        try pane.prompt()
        for (key, typed, line) in [("End", "0", "> apple = 400"), ("Home", "m", "> mapple = 40"), ("Left", "5", "5")] {
            try pane.press("C-r")
            try pane.type("pple = 4")
            try pane.see("apple = 40\nbck:pple = 4")
            try pane.press(key)
            try pane.type(typed)
            try pane.see("the key's work") { $0.contains(line) && !$0.contains("[") && !$0.contains("bck:") }
            try pane.press("C-c")
            try pane.press("C-l")
            try pane.prompt()
        }
    }

    /// `bind -v` resets all key bindings; the program's own must be bound again.
    @Test func viModeHasOurKeys() throws {
        let home = try Home()
        try home.write(".editrc", "bind -v\n")
        let pane = try Pane(home: home)
        try pane.prompt()
        try pane.type("tenso")
        try pane.press("Tab")
        try pane.see("> tensor")
        try pane.press("C-c")
        try pane.paste("v = 1\n\tw = 2")
        try pane.press("Enter")
        try pane.enter("v + w")
        try pane.see("\n3\n")
        try pane.type("12 + 1")
        try pane.press("Home")
        try pane.type("4")
        try pane.press("Enter")
        try pane.see("\n413\n")
        try pane.type("35 + 1")
        try pane.press("Escape")
        usleep(300_000)  // longer than the rest of a key's sequence may take
        try pane.type("0x")
        try pane.press("Enter")
        try pane.see("\n6\n")
    }

    @Test func completersThatFailOrPrintLeaveTheLineWhole() throws {
        let pane = try Pane()
        try pane.prompt()
        try pane.enter("bad = setmetatable({}, {__complete = function() print('printed') error('no names') end})")
        try pane.prompt()
        try pane.type("bad.some")
        try pane.press("Tab")
        try pane.see("no names\n> bad.some")
        try pane.see("printed\n")
        try pane.type(" = 1")
        try pane.see("\n> bad.some = 1")
    }

    /// The user's locale need not be installed.
    @Test func anUnknownLocaleIsNoMatter() throws {
        let pane = try Pane(environment: ["LANG": "xx_XX.UTF-8", "LC_ALL": "xx_XX.UTF-8"])
        try pane.prompt()
        for _ in 0..<3 { try pane.enter("('%5.1f ä'):format(1.5)") }
        try pane.see("\"  1.5 ä\"")
        try pane.enter(":quit")
        try pane.see("LEFT 0")
    }

    @Test func aFilesVariablesAreThere() throws {
        let home = try Home()
        try home.write(
            "part.lua", "local weight, names = 41, {}\nfunction more() weight = weight + 1 return weight end\n")
        let pane = try Pane("luaflow repl part.lua", home: home)
        try pane.prompt()
        try pane.enter("weight")
        try pane.see("\n41\n")
        try pane.enter("weight = 99")
        try pane.enter("more()")
        try pane.see("\n100\n")
        try pane.type("wei")
        try pane.press("Tab", "Enter")
        try pane.see("> weight\n100\n")
        try pane.enter("weigth")
        try pane.see("unknown name weigth (did you mean \"weight\"?)")
        try pane.enter("quit")
        try pane.see("LEFT 0")
    }

    /// Long pages go through the pager at a terminal only.
    @Test func documentationIsPaged() throws {
        let home = try Home()
        let pane = try Pane("PAGER='head -3' luaflow doc tensor", home: home)
        let screen = try pane.see("LEFT 0")
        #expect(screen.split(separator: "\n").count <= 5, "\(screen)")
        let other = try Pane(
            "PAGER='head -3' luaflow doc tensor | wc -l; PAGER=nosuchprogram luaflow doc tensor.exp | wc -l", home: home
        )
        try other.see("LEFT 0")
        #expect(
            try other.screen().split(separator: "\n").first.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) }
                ?? 0 > 100)
    }

    /// An error message that names a file and line, without a traceback, does not make the program read the file.
    @Test func aMessageThatLooksLikeAPlaceReadsNothing() throws {
        let home = try Home()
        let pane = try Pane("truncate -s 300M big.csv; mkfifo pipe; luaflow --memory 64M", home: home)
        try pane.prompt()
        try pane.enter("error('big.csv:1: bad field', 0)")
        try pane.see("big.csv:1: bad field\n  in main chunk at input 1:1")
        try pane.enter("error('pipe:1: bad field', 0)")
        try pane.see("pipe:1: bad field\n  in main chunk at input 2:1")
        try pane.enter(
            """
            peak = 0 for line in io.lines('/proc/self/status') do peak = tonumber(line:match('VmHWM:%s+(%d+)') \
            or peak) end
            """
        )
        try pane.enter("peak < 250000")
        try pane.see("\ntrue\n")
    }
}
