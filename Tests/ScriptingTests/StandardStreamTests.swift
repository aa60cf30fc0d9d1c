import Foundation
import Testing

@testable import Scripting

/// Writing to a stream without a reader: never a trap, never an error.
@Suite struct StandardStreamTests {
    private func write(_ text: String, to descriptor: Int32) -> Bool {
        Array(text.utf8).withUnsafeBytes { StandardStream.write($0, to: descriptor) }
    }

    @Test func whatCannotBeWrittenIsLost() throws {
        #expect(!write("text", to: -1))
        let folder = open("/", O_RDONLY)
        defer { close(folder) }
        #expect(!write("text", to: folder))
        #if os(Linux)
            let full = open("/dev/full", O_WRONLY)
            defer { close(full) }
            #expect(!write("text", to: full))
        #endif
        #expect(write("", to: -1))
    }

    /// A non-blocking pipe gets all of the output, at the reader's speed.
    @Test func allIsWritten() throws {
        let pipe = Pipe()
        let (writing, reading) = (pipe.fileHandleForWriting, pipe.fileHandleForReading)
        #expect(fcntl(writing.fileDescriptor, F_SETFL, O_NONBLOCK) == 0)
        let text = String(repeating: "0123456789", count: 100_000)
        DispatchQueue.global().async {
            #expect(write(text, to: writing.fileDescriptor))
            try? writing.close()
        }
        #expect(try reading.readToEnd() == Data(text.utf8))
    }
}
