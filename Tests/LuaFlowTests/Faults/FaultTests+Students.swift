extension FaultTests {
    /// Faults that students are likely to meet.
    static let students = [
        Fault(
            tried: "problem 3 on every mask", right: "--preset best succeeds; a run that oscillates says so",
            tests: ["InpaintingTests.bestSucceedsOnEveryMask", "InpaintingTests.aRunThatOscillatesSaysSo"]),
        Fault(
            tried: "the bar's last -log p and the line below", right: "one number",
            tests: ["InpaintingTests.oneNumberForOnePicture"]),
        Fault(
            tried: "random.normal(3, 3)", right: "refused with the shape {3, 3}",
            script: "refused(\"{3, 3}\", random.normal, 3, 3)", tests: ["TensorHabitTests.itIsSaid"]),
        Fault(
            tried: "if loss < best", right: "the message names :item()",
            script: "refused(\"item\", function() return tensor{1}:sum() < 2 end)"),
        Fault(
            tried: "x[1, 2]", right: "the message names x[{1, 2}]",
            tests: ["TensorHabitTests.whatIsNoLuaIsExplained"]),
        Fault(
            tried: "x:sum() == 4 and if x:gt(2) then", right: "luaflow check warns",
            tests: ["TensorHabitTests.itIsSaid"]),
        Fault(
            tried: "a script's locals after repl FILE, :load and watch", right: "there, to look at and to change",
            tests: ["PromptInTerminalTests.aFilesVariablesAreThere", "FileLocalsTests.theyAreTheFilesOwn"]),
        Fault(
            tried: "a loop's upvalues and locals in a pause", right: "there",
            tests: [
                "PausedRunTests.aPauseShowsAndChangesTheLoopsVariables",
                "PauseTests.variablesOfTheFunctionsAreVisibleAndAssignable",
            ]),
        Fault(tried: ":quit at a pause", right: "quits", tests: ["PausedRunTests.quittingLeaves"]),
        Fault(
            tried: "nosuch, exit, quit and help at the prompt", right: "an answer",
            tests: ["HabitTests.anUnknownNameIsSaidToBeOne", "HabitTests.exitQuitAndHelpDoIt"]),
        Fault(
            tried: "x:dim without parentheses, and = 1+1", right: "a hint, and 2",
            tests: ["HabitTests.aMethodIsCalled", "HabitTests.valuesAreSaid"]),
        Fault(tried: "a figure at the prompt", right: "shows itself", tests: ["HabitTests.aFigureShowsItself"]),
        Fault(
            tried: "local table = {} at the prompt", right: "hides the library only there",
            tests: ["HabitTests.aLocalHidesALibraryOnlyHere"]),
        Fault(
            tried: "the bar under 80 columns and above", right: "as wide as the terminal, on its line",
            tests: ["ProgressTests.theBarFits", "PausedRunTests.theBarStaysOnItsLine"]),
        Fault(
            tried: "--noise gaussian:x, --schedule slow_start:10, --mask top:nonsense", right: "passed on, or refused",
            tests: ["InpaintingTests.wrongInputIsExplained", "InpaintingTests.everyPartRuns"]),
        Fault(
            tried: "problem 5 with --q 0.9, and k-hat 1.83", right: "none is said to hold, the verdict in words",
            tests: ["ProblemScriptTests.aBadProposalIsNotTrusted", "KhatVerdictTests.wordsAgreeWithNumbers"]),
        Fault(
            tried: "problem 6 with --lr 1", right: "SGD diverged",
            tests: ["ProblemScriptTests.wrongInputIsExplained"]),
        Fault(
            tried: "m:save, then load_state_dict of what checkpoint.load gives", right: "loaded",
            script: """
                local m = flow.NICE{dim = 4, hidden = 3, layers = 1, couplings = 2}
                m:save(folder .. "m.safetensors")
                m:load_state_dict(checkpoint.load(folder .. "m.safetensors"))
                assert(flow.load(folder .. "m.safetensors"))
                """, tests: ["FileCommandTests.whatLoadGivesGoesWhereItIsWanted"]),
        Fault(
            tried: "wrong values of options", right: "one line, no stack",
            tests: ["UsageTests.aWrongValueIsOneLine", "UsageTests.otherErrorsKeepTheirTraceback"]),
        Fault(
            tried: "luaflow run FILE --capsule c.json", right: "it is said to stand before FILE",
            tests: ["UsageTests.theProgramsOptionsStandBeforeTheScript"]),
        Fault(
            tried: "--out foo.jpg", right: "refused before the first step",
            tests: ["UsageTests.aWrongValueIsOneLine", "InpaintingTests.wrongInputIsExplained"]),
        Fault(
            tried: "a shell completes a script's options", right: "offered",
            tests: ["UsageTests.aScriptsOptionsAreDeclared", "ShellCompletionTests.choicesAreOffered"]),
        Fault(
            tried: "print(m:check(x))", right: "words, not a table's address",
            script: """
                local m = flow.NICE{dim = 4, hidden = 3, layers = 1, couplings = 2}
                assert(not tostring(m:check(tensor.ones(2, 4))):find("^table: "), "an address")
                """, tests: ["UsageTests.recordsSayWhatIsInThem"]),
        Fault(
            tried: "luaflow doc tensor in a terminal", right: "by a pager",
            tests: ["PromptInTerminalTests.documentationIsPaged"]),
        Fault(
            tried: "figures with ticks of one's own, dashes, markers, widths, bars, equal units", right: "drawn",
            tests: [
                "LookTests.ticksAreThoseAskedFor", "LookTests.dashesAreDrawnByEitherName", "LookTests.markersDiffer",
                "LookTests.panelsHaveTheWidthsAskedFor", "LookTests.barsStandAroundTheirPlaces",
                "LookTests.equalUnitsAreEqual",
            ]),
        Fault(tried: "legends of many entries", right: "they hide nothing", tests: ["LookTests.legendsHideNothing"]),
        Fault(
            tried: "titles of problem 3's figures", right: "mask, schedule and step size",
            tests: ["InpaintingTests.titlesNameTheRun"]),
    ]
}
