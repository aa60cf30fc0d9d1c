import Tensors

/// Every chain's own random numbers. Those of step k of chain c are a pure function of (key, c, k): no chain's depend
/// on another's, on the number of chains or of threads, and a run goes on from any step without saved generators.
final class ChainStreams {
    let key: UInt64
    private let generators: [Generator]

    init(key: UInt64, chains: Int) {
        self.key = key
        generators = (0..<chains).map { Generator(seed: key, stream: UInt64($0)) }
    }

    subscript(chain: Int) -> Generator { generators[chain] }

    /// Moves all streams to the numbers of `step`: 2^32 words of each stream belong to one step.
    func begin(step: Int) {
        for (chain, generator) in generators.enumerated() {
            generator.restore(.init(seed: key, stream: UInt64(chain), drawn: UInt64(step) << 32))
        }
    }

    /// Standard normal numbers, `width` for each chain from its stream.
    func normals(_ width: Int) throws -> Rows {
        var values: [Double] = []
        values.reserveCapacity(generators.count * width)
        for generator in generators { values += try generator.normals([width], .float64, for: "mcmc.sample").toArray() }
        return try Rows(values, count: generators.count, width: width)
    }
}
