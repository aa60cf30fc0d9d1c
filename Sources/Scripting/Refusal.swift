/// An error that says whether it ends all work (a stop, an exit, want of memory), or only refuses its input.
public protocol EndsWork: Error {
    var endsWork: Bool { get }
}

extension Interrupted: EndsWork { public var endsWork: Bool { true } }
extension ExitRequest: EndsWork { public var endsWork: Bool { true } }
extension ScriptError: EndsWork {
    /// True when memory ran out: rooms below the host say so in these words.
    public var endsWork: Bool { message.contains("not enough memory") }
}

/// The result of `body`, or nil where it refuses its input: for a try whose failure is an answer.
///
///     let image = try unlessRefused { try transform.toLatent(x) }   // nil outside the transform's domain
///
/// - Throws: what says nothing about the input: a stop, an exit, want of memory.
public func unlessRefused<Result>(_ body: () throws -> Result) throws -> Result? {
    do {
        return try body()
    } catch let error as any EndsWork where error.endsWork {
        throw error
    } catch {
        return nil
    }
}
