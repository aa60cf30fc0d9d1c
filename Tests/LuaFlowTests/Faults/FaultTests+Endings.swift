extension FaultTests {
    /// Faults by which the program crashed, hung or leaked memory.
    static let endings = [
        Fault(
            tried: "plot.line{{0, 5e-324}}:save(\"x.png\")", right: "a picture",
            script: """
                plot.line{{0, 5e-324}}:save(folder .. "x.png")
                assert(assert(io.open(folder .. "x.png")):seek("end") > 100)
                """, tests: ["OddNumberTests.aSubnormalRangeIsDrawn", "OddNumberTests.everyPairOfNumbers"]),
        Fault(
            tried: "an error at the prompt that looks like a line of a large file", right: "the file is not read",
            tests: ["PromptInTerminalTests.aMessageThatLooksLikeAPlaceReadsNothing"]),
        Fault(
            tried: "one host waits for its input, another draws progress", right: "nobody waits",
            tests: ["StreamTests.aWaitingReaderHoldsNobodyUp"]),
        Fault(
            tried: "a table's count asked from another thread during a run", right: "an error, not 0",
            tests: ["ConcurrencyTests.aTableIsNotReadElsewhereWhileItsScriptRuns"]),
        Fault(
            tried: "x = x - 1e-3 * g(x) where g's function has a w that requires a gradient", right: "x has no history",
            script: """
                local w = tensor({1.0}):requires_grad_(true)
                local g = autodiff.grad(function(x) return (w * x * x):sum() end)
                local x = tensor{1.0}
                for _ = 1, 3 do x = x - 1e-3 * g(x) end
                is(x.requires_grad, false)
                """, tests: ["HistoryTests.scriptsLoopWithoutHistory", "HistoryTests.noTransformsHistoryGrows"]),
        Fault(
            tried: "a distribution whose function names it", right: "collected",
            script: """
                local weak = setmetatable({}, {__mode = "v"})
                do
                  local d
                  d = distribution.Law{log_prob = function(v) return d and v end}
                  weak[1] = d
                end
                collectgarbage()
                collectgarbage()
                is(weak[1], nil)
                """, tests: ["CollectionTests.circlesAreCollected"]),
        Fault(
            tried: "a save beyond ulimit -f", right: "an error of the script, nothing left",
            tests: ["FileCommandTests.aLimitOnTheSizeOfFilesIsAnErrorOfTheScript", "LimitedSaveTests.aLimitIsAnError"]),
        Fault(
            tried: "SIGTERM or SIGHUP in a save", right: "no .part stays",
            tests: [
                "FileCommandTests.aSaveThatASignalEndsLeavesNothing",
                "LimitedSaveTests.nothingIsLeftOfASaveThatASignalEnded",
            ]),
        Fault(
            tried: "a history that is shortened", right: "another file in its place",
            tests: ["HistoryTests.shorteningReplacesTheFile"]),
        Fault(
            tried: "a history on a full disk", right: "no half line, and the system's reason",
            tests: ["HistoryTests.anInputThatDoesNotFitLeavesNothing"]),
        Fault(
            tried: "a tensor of 3000 dimensions", right: "refused where it is made",
            script: """
                local shape = {}
                for i = 1, 3000 do shape[i] = 1 end
                refused("at most 64", tensor.ones, shape)
                """),
        Fault(
            tried: "data.idx of 900,000 arrays of one byte", right: "under the memory limit",
            tests: ["FileCommandTests.smallFilesOfMillionsOfThingsStayUnderTheLimit"]),
        Fault(
            tried: "an endless __gc at the end under --timeout 2", right: "stopped, status 1",
            tests: ["EndingTests.finalisersThatDoNotEndAreStopped"]),
        Fault(
            tried: "pipes given as scripts, modules or capsules", right: "read, or said to be none",
            tests: [
                "UsageTests.scriptsComeThroughPipes",
                "CheckCommandTests.pipesThatNobodyWritesIntoAreNoModulesAndNoPlugins",
            ]),
        Fault(
            tried: "watch: a version that is saved while a pattern backtracks", right: "it runs",
            tests: ["WatchTests.aNewVersionRunsThoughTheOldIsStuckInAPattern"]),
        Fault(
            tried: "watch: a script that appends to its own file", right: "watched still",
            tests: ["WatchTests.aScriptThatAppendedToItselfIsWatchedStill"]),
    ]

    /// Faults of the host, the sandbox and replay.
    static let hosts = [
        Fault(
            tried: "a sandboxed script that writes control sequences", right: "they are shown, not obeyed",
            tests: ["SandboxOutputTests.controlCharactersAreShown", "SandboxOutputTests.messagesAreShown"]),
        Fault(
            tried: "a sandboxed script beyond folders and system calls", right: "the kernel refuses",
            tests: [
                "ConfinementTests.foldersAreClosed", "ConfinementTests.systemCallsAreFiltered",
                "SandboxFileTests.writingNeedsAnOpenFolder",
            ]),
        Fault(
            tried: "replay of what it did not look at", right: "it says so, and names causes",
            tests: [
                "ReplayComparisonTests.differencesInObjectsAreSeen", "ReplayComparisonTests.whatWasNotComparedIsSaid",
                "ReplayComparisonTests.causesAreNamed",
            ]),
        Fault(
            tried: "replay --sandbox", right: "replayed in the sandbox",
            tests: ["ReplayComparisonTests.capsulesAreReplayedInTheSandbox"]),
        Fault(
            tried: "1.6 GB in 520 files by --allow-write", right: "bounded in all",
            tests: ["SandboxFileTests.filesTogetherAreBounded"]),
        Fault(
            tried: "doc --luacats over a file of one's own", right: "left alone",
            tests: ["EditorCommandTests.definitionsAreWrittenAndLeaveSettingsAlone"]),
        Fault(
            tried: "environment variables and read errors in capsules", right: "no digests of them",
            tests: [
                "ReplayComparisonTests.environmentVariablesLeaveNoTrace", "ReplayComparisonTests.readErrorsAreNoDigest",
            ]),
        Fault(
            tried: "run of error{code = 2}", right: "the object is shown",
            tests: ["SandboxCommandTests.anErrorObjectSpeaksForItself"]),
    ]
}
