extension FaultTests {
    /// Faults with texts that are not valid UTF-8.
    static let texts = [
        Fault(
            tried: "a state of host.steps with the bytes ff fe, paused and stopped", right: "the same bytes and keys",
            tests: ["ByteLawTests.statesOfLoopsComeBack"]),
        Fault(
            tried: "an .npz of the names U+E9 and e U+301", right: "two arrays",
            script: """
                checkpoint.save(folder .. "a.npz", {["\\u{e9}"] = tensor{1}, ["e\\u{301}"] = tensor{2}})
                local t = checkpoint.load(folder .. "a.npz")
                is(t["\\u{e9}"]:item(), 1.0)
                is(t["e\\u{301}"]:item(), 2.0)
                """, tests: ["ByteLawTests.filesKeepNamesApart"]),
        Fault(
            tried: "saving to a name in Latin-1", right: "a file of that very name",
            script: """
                checkpoint.save(folder .. "gr\\xf6\\xdfe.npy", {array = tensor{1}})
                assert(io.open(folder .. "gr\\xf6\\xdfe.npy")):close()
                """, tests: ["ByteLawTests.fileNamesAreBytes"]),
        Fault(
            tried: "a script's arguments that are no UTF-8, and arg[-1]", right: "as in the plain interpreter",
            tests: ["ByteLawTests.argumentsAreBytes", "CommandTests.scriptsSeeTheirArgumentsAndTheirFolder"]),
        Fault(
            tried: "string.pack(\"d\", math.pi) out of autodiff.no_grad", right: "pi",
            script: """
                is(string.unpack("d", autodiff.no_grad(function() return string.pack("d", math.pi) end)), math.pi)
                """, tests: ["ByteLawTests.nativeFunctionsPassValuesAlongUnchanged"]),
        Fault(
            tried: "host.pick with two spellings of a name", right: "the one that was asked for",
            script: """
                local parts = {["\\u{e9}"] = function() return 1 end, ["e\\u{301}"] = function() return 2 end}
                is(host.pick("things", parts, "e\\u{301}")(), 2)
                is(host.pick("things", parts, "\\u{e9}")(), 1)
                """, tests: ["ByteLawTests.nativeFunctionsPassValuesAlongUnchanged"]),
        Fault(
            tried: "a folder's name before a combining accent, and a name of 240 bytes", right: "written there",
            script: """
                checkpoint.save(folder .. "\\u{301}a.npz", {w = tensor{7}})
                is(checkpoint.load(folder .. "\\u{301}a.npz").w:item(), 7.0)
                """, tests: ["ByteLawTests.fileNamesAreBytes", "ByteLawTests.theLongestNamesAreWritten"]),
    ]

    /// Valid files that were refused, and files that took too long.
    static let files = [
        Fault(
            tried: "a .pt with bytes, complex numbers or a Counter beside model_state_dict", right: "the tensors",
            tests: ["ForeignTorchTests.anythingBesideTheWeights"]),
        Fault(
            tried: "a .pt with one tensor of an unreadable type", right: "it is named; {skip = true} reads the others",
            tests: ["ForeignTorchTests.oneKindThatIsNotReadDoesNotTakeTheOthers"]),
        Fault(
            tried: "tensors under keys that are tuples, floats or bools", right: "they are named",
            tests: ["TorchNameTests.tensorsUnderOtherKeysAreNamed", "TorchNameTests.twoKeysOfOneName"]),
        Fault(
            tried: "a stored checksum of 0 in a .pt", right: "not computed",
            tests: ["ForeignTorchTests.aChecksumOfZeroWasNotComputed"]),
        Fault(
            tried: "the .pt before PyTorch 1.6", right: "read",
            tests: ["ForeignTorchTests.theOldFormat", "ForeignTorchTests.whatPython2Wrote"]),
        Fault(
            tried: "an .npz with one array of texts", right: "it is named; {skip = true} reads the others",
            tests: ["ForeignArrayTests.oneArrayOfTextsDoesNotTakeTheOthers"]),
        Fault(tried: "an .npy of shape (2L,)", right: "read", tests: ["ForeignArrayTests.aShapeOfLongIntegers"]),
        Fault(
            tried: "a safetensors header with an unknown key, or __metadata__: null", right: "read",
            tests: ["ForeignArrayTests.headersThatSayMore"]),
        Fault(
            tried: "__metadata__ of safetensors that is not of texts", right: "named; {skip = true} reads the tensors",
            tests: ["ForeignArrayTests.metadataThatIsNotOfTexts"]),
        Fault(tried: "a gzip padded with zeros", right: "read", tests: ["ForeignArrayTests.gzipPaddingAndMembers"]),
        Fault(tried: "an .npz of nothing", right: "saved and loaded", tests: ["ForeignArrayTests.nothingAtAll"]),
        Fault(
            tried: "complex numbers as pairs", right: "when asked for",
            tests: ["ForeignTorchTests.complexNumbersAsPairs"]),
        Fault(
            tried: "random.choice(n, n, {weights = w})", right: "all of n, in n log n",
            script: """
                local drawn = random.choice(20000, 20000, {weights = tensor.ones(20000):tolist(), replace = false})
                is(drawn:sum():item(), 200010000)
                """, tests: ["WeightedChoiceTests.manyOfMany"]),
        Fault(
            tried: "luaflow check of a folder of many files, one a folder named x.lua", right: "what each gives alone",
            tests: [
                "CheckCommandTests.findingsAmongManyAreThoseOfEach",
                "CheckCommandTests.aFolderThatIsNamedLikeAScriptIsGoneThrough",
            ]),
        Fault(
            tried: "host.steps with a new key at every step", right: "what does not change costs nothing",
            tests: ["StepsTests.whatDoesNotChangeCostsNothing", "StepsTests.growingTablesComeBack"]),
        Fault(
            tried: "luaflow convert of int64 and bfloat16", right: "the types stay, or what changes is said",
            tests: ["FileCommandTests.convertKeepsTypesOrSaysWhatChanges"]),
    ]
}
