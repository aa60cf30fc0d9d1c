/// An error that says whether it ends all work (a stop, an exit, no memory left) or only refuses its input.
public protocol EndsWork: Error {
    /// False for errors that a caller may answer by trying something else.
    var endsWork: Bool { get }
}

extension Interrupted: EndsWork { public var endsWork: Bool { true } }
extension ExitRequest: EndsWork { public var endsWork: Bool { true } }
extension ScriptError: EndsWork {
    /// True when memory ran out, which rooms below the host report in these words.
    public var endsWork: Bool { message.contains("not enough memory") }
}

/// The result of `body`, or nil where it refuses its input: for attempts whose failure is an answer.
///
///     let image = try unlessRefused { try transform.toLatent(x) }   // nil outside the transform's domain
///
/// - Throws: errors that are not about the input: a stop, an exit, no memory left.
public func unlessRefused<Result>(_ body: () throws -> Result) throws -> Result? {
    do {
        return try body()
    } catch let error as any EndsWork where error.endsWork {
        throw error
    } catch {
        return nil
    }
}
