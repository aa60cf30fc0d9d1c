/// How a long native call learns that the host wants it to stop.
///
/// The host binds one for the length of a run; loops that may take long call ``check()`` between chunks of work.
/// Outside a host nothing is bound and `check` costs one task-local read.
///
///     try Cancellation.check()   // throws Interrupted after Ctrl-C
public struct Cancellation: Sendable {
    /// The cancellation of the current task or thread.
    @TaskLocal public static var current: Cancellation?

    /// True once the work should stop. Must be cheap and callable from any thread.
    public let isRequested: @Sendable () -> Bool

    /// For the runs that bind it as ``current``.
    public init(isRequested: @escaping @Sendable () -> Bool) {
        self.isRequested = isRequested
    }

    /// Throws ``Interrupted`` if the host asked to stop.
    @inlinable public static func check() throws {
        if let current, current.isRequested() { throw Interrupted() }
    }
}

extension Sequence {
    /// `sorted(by:)` with checks for cancellation: ten million elements take seconds.
    ///
    ///     let order = try places.interruptiblySorted { keys[$0] < keys[$1] }
    ///
    /// - Throws: ``Interrupted`` when the host asked for a stop.
    @inlinable public func interruptiblySorted(
        by areInIncreasingOrder: (Element, Element) -> Bool
    ) throws -> [Element] {
        var comparisons = 0
        return try sorted { a, b in
            comparisons &+= 1
            if comparisons & 0xffff == 0 { try Cancellation.check() }
            return areInIncreasingOrder(a, b)
        }
    }
}
