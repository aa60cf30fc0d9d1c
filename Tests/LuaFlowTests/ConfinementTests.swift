import ConfinementProbe
import Foundation
import Testing

/// The kernel's own fences around the worker process, tried without the interpreter's rules before them.
@Suite struct ConfinementTests {
    #if os(Linux)
        @Test func foldersAreClosed() throws {
            let scratch = try Scratch()
            try FileManager.default.createDirectory(atPath: scratch.path("in"), withIntermediateDirectories: true)
            let (inside, outside) = (try scratch.write("in/a", "x"), try scratch.write("b", "x"))
            let wrong = probe_folders(scratch.path("in"), inside, outside)
            guard wrong != -1 else { return }  // a kernel without Landlock
            #expect(wrong == 0)
        }

        @Test func systemCallsAreFiltered() {
            let wrong = probe_calls()
            guard wrong != -1 else { return }  // a kernel, or processor, without our filter
            #expect(wrong == 0)
        }
    #endif
}
