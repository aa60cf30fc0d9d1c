import ConfinementProbe
import Foundation
import Testing

/// The kernel's own fences around the worker process, tried without the interpreter's rules before them.
@Suite struct ConfinementTests {
    #if os(Linux)
        @Test(.enabled(if: probe_has_folders(), "this kernel has no Landlock")) func foldersAreClosed() throws {
            let scratch = try Scratch()
            try FileManager.default.createDirectory(atPath: scratch.path("in"), withIntermediateDirectories: true)
            let (inside, outside) = (try scratch.write("in/a", "x"), try scratch.write("b", "x"))
            let wrong = probe_folders(scratch.path("in"), inside, outside)
            #expect(wrong == 0)
        }

        @Test(.enabled(if: probe_has_filters(), "this kernel has no filters")) func systemCallsAreFiltered() {
            let wrong = probe_calls()
            #expect(wrong == 0)
        }

        @Test func aFailedSecondBeginningLeavesNothingBehind() {
            let wrong = probe_environment()
            #expect(wrong == 0)
        }
    #endif
}
