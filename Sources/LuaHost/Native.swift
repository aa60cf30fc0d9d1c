import CLuaTrampolines
import Scripting

/// A native function as Lua's closures refer to it.
final class Native {
    enum Body {
        case function(NativeFunction.Body)
        /// Writes its results as instructions, for results that ``Value`` cannot express.
        case instructions((Arguments, OpaquePointer) throws -> Void)
    }

    /// The core owns the state, whose closures own or refer to this.
    private unowned(unsafe) let core: Core
    private let name: String
    private let body: Body
    let storage: UnsafeMutablePointer<lf_native>

    init(core: Core, name: String, body: Body, bound: Int32 = 0, skip: Int32 = 0, limit: Int32 = 0) {
        self.core = core
        self.name = name
        self.body = body
        storage = .allocate(capacity: 1)
        storage.initialize(to: lf_native_make(Unmanaged.passUnretained(self).toOpaque(), bound, skip, limit))
    }

    deinit { storage.deallocate() }

    func call(_ frame: UnsafeMutablePointer<lf_frame>) -> Int32 {
        core.chargeLuaBytes()
        let outcome = core.memory.profile.map { profiled(frame, $0) } ?? outcome(frame)
        core.account(frame)
        return Int32(outcome)
    }

    private func profiled(_ frame: UnsafeMutablePointer<lf_frame>, _ profile: Profile) -> Int {
        let outer = profile.enter(name, line: core.location.describe(), charged: core.memory.chargedBytes)
        defer { profile.leave(outer, charged: core.memory.chargedBytes) }
        return outcome(frame)
    }

    private func outcome(_ frame: UnsafeMutablePointer<lf_frame>) -> Int {
        do {
            let arguments = Arguments(
                function: name, values: core.values(frame.pointee.values, frame.pointee.count), context: core.context)
            switch body {
            case .function(let body):
                for result in try body(arguments) { try core.write(result, to: frame.pointee.results) }
            case .instructions(let body):
                try body(arguments, frame.pointee.results)
            }
            return LF_RETURN
        } catch is Interrupted {
            return LF_STOP
        } catch let exit as ExitRequest {
            lf_request_exit(core.state, Int32(clamping: exit.code))
            return LF_STOP
        } catch let error as LuaError {
            if let value = error.value, value.core === core {
                withBytes(error.traceback ?? "") { lf_frame_rethrow(frame, value.reference, $0, $1) }
                return LF_RETHROW
            }
            withBytes(error.message) { lf_frame_throw(frame, $0, $1) }
            return LF_THROW
        } catch let error as ScriptError where error.operation == NativeMemory.operation {
            // The memory account does not know the function's name.
            withBytes("\(name): \(error.message)") { lf_frame_throw(frame, $0, $1) }
            return LF_THROW
        } catch {
            withBytes(String(describing: error)) { lf_frame_throw(frame, $0, $1) }
            return LF_THROW
        }
    }
}

/// Calls C with a string's bytes and their number.
func withBytes<R>(_ string: String, _ body: (UnsafePointer<CChar>?, Int) -> R) -> R {
    var string = string
    return string.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { body($0.baseAddress, $0.count) }
    }
}

func withBytes<R>(_ string: ByteString, _ body: (UnsafePointer<CChar>?, Int) -> R) -> R {
    string.withBytes { body($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
}
