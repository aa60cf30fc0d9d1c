import Scripting
import Tensors

/// Collects a file's tensors by name. One that cannot be read is an error that names it, or is left out and recorded.
struct Gathering {
    let report: Report
    let options: ReadingOptions
    private(set) var dict = StateDict()

    init(_ report: Report, _ options: ReadingOptions) {
        (self.report, self.options) = (report, options)
    }

    /// - Parameters:
    ///   - what: the format's term, "tensor" or "array".
    ///   - read: returns the tensor, and the type of its numbers in the file.
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

    mutating func name(_ foreign: Set<String>) { dict.foreign = foreign }

    mutating func describe(_ metadata: [ByteString: String]) { dict.metadata = metadata }
}

/// The memory of a reader's own lists while it reads, charged to the run: descriptions of millions of small tensors can
/// fill a machine before the first of them is created.
final class Workspace {
    private let memory = NativeMemory.current
    private var charged = 0
    private var used = 0

    /// How many bytes are not charged.
    private static let free = 1 << 16

    /// Charges `bytes` more, until this object is freed.
    func take(_ bytes: Int) throws {
        used += bytes
        guard used - Workspace.free > charged, let memory else { return }
        let piece = max(used - Workspace.free - charged, 1 << 16)
        try memory.charge(piece)
        charged += piece
    }

    deinit { memory?.release(charged) }
}
