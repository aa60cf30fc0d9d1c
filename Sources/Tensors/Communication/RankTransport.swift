/// Bytes to be sent to a rank.
public struct OutgoingBytes {
    /// The receiver.
    public let rank: Int
    /// Not changed until the transfer is done.
    public let bytes: UnsafeRawBufferPointer
}

/// Memory for the bytes that a rank sends, exactly as many.
public struct IncomingBytes {
    /// The sender.
    public let rank: Int
    /// Not accessed by anything else until the transfer is done.
    public let bytes: UnsafeMutableRawBufferPointer
}

/// Carries bytes between ranks; ``RankedCommunicator`` implements everything else on top. MPI is one; tests use
/// threads.
public protocol RankTransport: Sendable {
    /// Which of the ranks this is, from 0.
    var rank: Int { get }
    /// The number of ranks.
    var size: Int { get }
    /// Sends and receives everything, and returns when it is done. Between two ranks bytes arrive in the order in which
    /// they were sent. Must check ``Scripting/Cancellation`` while it waits.
    /// - Throws: when it was stopped on the way; the memory may then still be written to.
    func transfer(_ sends: [OutgoingBytes], _ receives: [IncomingBytes]) throws
}
