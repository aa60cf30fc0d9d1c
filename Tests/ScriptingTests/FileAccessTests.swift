import Scripting
import Testing

/// How much a sandboxed script may write.
@Suite struct FileAccessTests {
    @Test func theNumberOfFilesIsBounded() throws {
        try FileAccess.$current.withValue(FileAccess()) {
            for k in 1...FileAccess.mostFiles { try FileAccess.count(written: 1, to: ByteString("f\(k)"), for: "save") }
            let error = #expect(throws: ScriptError.self) {
                try FileAccess.count(written: 1, to: "one more", for: "save")
            }
            #expect(
                error?.message
                    == "one more: a sandboxed script's files may be \(FileAccess.mostFiles), and would be more")
            // Writing to a file again counts it once.
            try FileAccess.count(written: 1, to: "f1", for: "save")
        }
    }

    @Test func theBytesAreBounded() throws {
        try FileAccess.$current.withValue(FileAccess()) {
            try FileAccess.count(written: FileAccess.mostWritten, to: "a", for: "save")
            let error = #expect(throws: ScriptError.self) { try FileAccess.count(written: 1, to: "b", for: "save") }
            #expect(error?.message == "b: a sandboxed script's files may hold 1024 MB together, and would hold more")
        }
    }
}
