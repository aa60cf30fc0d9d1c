import CKernels
import COpenBLAS
import Foundation

/// OpenBLAS as it is used here: single-threaded, and with kernels that fit the processor.
///
/// Its own threads are off, as work is divided by ``Parallel``, which knows cancellation, the sandbox and the host's
/// number of threads, and whose results do not depend on that number.
///
/// A version of OpenBLAS older than the processor falls back to kernels of 2004, at a fifth of the speed. It is then
/// told once which of its cores fits; the new kernels are compared with plain sums, and revoked if they differ.
/// `OPENBLAS_CORETYPE` in the environment wins over this.
enum BLAS {
    /// Must be called before anything else of OpenBLAS; free after the first time.
    static func prepare() { _ = isPrepared }

    private static let isPrepared: Bool = {
        openblas_set_num_threads(1)
        guard getenv("OPENBLAS_CORETYPE") == nil, let name = fitting, !known.contains(core) else { return true }
        guard let before = ob_choose_core(name) else { return true }
        if !isRight { ob_restore_core(before) }
        return true
    }()

    /// The processor that OpenBLAS chose its kernels for.
    static var core: String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }

    /// OpenBLAS's names of cores with modern vectors.
    private static let known: Set = ["Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"]

    private static var fitting: String? {
        #if arch(x86_64)
            switch ck_best_level() {
            case ck_level_avx512: "SkylakeX"
            case ck_level_avx2: "Haswell"
            default: nil
            }
        #else
            nil
        #endif
    }

    /// Whether products, also transposed ones, are right; computed with small integers, so that they are exact.
    private static var isRight: Bool {
        let (m, n, k) = (37, 29, 70)
        let a = (0..<m * k).map { Double($0 * 7 % 13 - 6) }
        let b = (0..<k * n).map { Double($0 * 5 % 11 - 5) }
        for transposed in [false, true] {
            var c = [Double](repeating: .nan, count: m * n)
            var single = [Float](repeating: .nan, count: m * n)
            let order = transposed ? CblasTrans : CblasNoTrans
            let step = Int32(transposed ? k : n)
            cblas_dgemm(
                CblasRowMajor, CblasNoTrans, order, Int32(m), Int32(n), Int32(k), 1, a, Int32(k), b, step, 0, &c,
                Int32(n))
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, order, Int32(m), Int32(n), Int32(k), 1, a.map { Float($0) }, Int32(k),
                b.map { Float($0) }, step, 0, &single, Int32(n))
            for i in 0..<m {
                for j in 0..<n {
                    let sum = (0..<k).reduce(0.0) { $0 + a[i * k + $1] * (transposed ? b[j * k + $1] : b[$1 * n + j]) }
                    guard c[i * n + j] == sum, single[i * n + j] == Float(sum) else { return false }
                }
            }
        }
        return true
    }
}
