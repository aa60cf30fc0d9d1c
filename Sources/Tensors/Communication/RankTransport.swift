/// Bytes on their way to a rank.
public struct OutgoingBytes {
    /// Who gets them.
    public let rank: Int
    /// They stay as they are until the transfer is done.
    public let bytes: UnsafeRawBufferPointer
}

/// Where bytes of a rank shall go: exactly as many as it sends.
public struct IncomingBytes {
    /// Who sends them.
    public let rank: Int
    /// Nobody else looks at it until the transfer is done.
    public let bytes: UnsafeMutableRawBufferPointer
}

/// What carries bytes between ranks; ``RankedCommunicator`` makes everything else of it. MPI is one; tests have
/// threads.
public protocol RankTransport: Sendable {
    /// Which of the ranks this is, from 0.
    var rank: Int { get }
    /// How many there are.
    var size: Int { get }
    /// Sends and receives all of it, and returns when that is done. Between two ranks bytes arrive in the order in
    /// which they were sent. Must look at ``Scripting/Cancellation`` while it waits.
    /// - Throws: when it was stopped on its way; some of the memory may then still be written to.
    func transfer(_ sends: [OutgoingBytes], _ receives: [IncomingBytes]) throws
}
