/// Bytes on their way to a rank.
public struct OutgoingBytes {
    public let rank: Int
    public let bytes: UnsafeRawBufferPointer
}

/// Where bytes of a rank shall go: exactly as many as it sends.
public struct IncomingBytes {
    public let rank: Int
    public let bytes: UnsafeMutableRawBufferPointer
}

/// What carries bytes between ranks; ``RankedCommunicator`` makes everything else of it. MPI is one; tests have threads.
public protocol RankTransport: Sendable {
    var rank: Int { get }
    var size: Int { get }
    /// Sends and receives all of it, and returns when that is done. Between two ranks bytes arrive in the order in which
    /// they were sent. Must look at ``Scripting/Cancellation`` while it waits.
    /// - Throws: when it was stopped on its way; some of the memory may then still be written to.
    func transfer(_ sends: [OutgoingBytes], _ receives: [IncomingBytes]) throws
}
