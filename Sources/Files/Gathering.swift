import Scripting
import Tensors

/// Gathers a file's tensors by name. One that cannot be read is an error that names it, or is left out and noted.
struct Gathering {
    let report: Report
    let options: ReadingOptions
    private(set) var dict = StateDict()

    init(_ report: Report, _ options: ReadingOptions) {
        (self.report, self.options) = (report, options)
    }

    /// - Parameters:
    ///   - what: the format's word, "tensor" or "array".
    ///   - read: gives the tensor, and the type that its numbers have in the file.
    mutating func add(
        _ name: String, _ what: String = "tensor", read: () throws -> (tensor: Tensor, stored: FileElement)
    ) throws {
        do {
            let (tensor, stored) = try read()
            dict[name] = tensor
            dict.note(name, stored)
        } catch let unreadable as Unreadable {
            guard options.skip else {
                throw report.error(
                    "\(what) \(shown(name)): \(unreadable.reason); checkpoint.load(path, {skip = true}) leaves it out")
            }
            dict.leaveOut(name, unreadable.reason)
        } catch let wrong as ScriptError where options.skip && !wrong.endsWork {
            dict.leaveOut(name, wrong.message)
        }
    }

    mutating func leaveOut(_ name: String, _ reason: String) { dict.leaveOut(name, reason) }

    mutating func describe(_ metadata: [ByteString: String]) { dict.metadata = metadata }
}

/// What a reader's own lists take while it reads, charged to the run's memory: descriptions of millions of small
/// tensors fill a machine before the first of them is made.
final class Workspace {
    private let memory = NativeMemory.current
    private var charged = 0
    private var used = 0

    /// What a reader may take without asking.
    private static let free = 1 << 16

    /// Counts `bytes` more, until this object goes.
    func take(_ bytes: Int) throws {
        used += bytes
        guard used - Workspace.free > charged, let memory else { return }
        let piece = max(used - Workspace.free - charged, 1 << 16)
        try memory.charge(piece)
        charged += piece
    }

    deinit { memory?.release(charged) }
}
