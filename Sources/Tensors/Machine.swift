import CKernels
import COpenBLAS

/// What results depend on besides the program: libraries, and the processor that they chose kernels for.
public enum Machine {
    /// The instruction set of our own kernels: portable, avx2 or avx512.
    public static var kernels: String {
        switch ck_best_level() {
        case ck_level_avx512: "avx512"
        case ck_level_avx2: "avx2"
        default: "portable"
        }
    }

    /// OpenBLAS's version and build, in its own words.
    public static var openBLAS: String {
        openblas_get_config().map { String(cString: $0) }?.split(separator: " ").prefix(2).joined(separator: " ")
            ?? "unknown"
    }

    /// The processor that OpenBLAS chose its kernels for.
    public static var openBLASCore: String {
        BLAS.prepare()
        return BLAS.core
    }

    /// Whether an abandoned computation still runs that cannot be stopped: a process that ends now must use `_exit`,
    /// not `exit`, which would tear down libraries in use.
    public static var isBusy: Bool { LongCall.abandoned.load(ordering: .relaxed) > 0 }

    /// The number of OpenBLAS's threads, on which the division of its sums depends.
    public static var openBLASThreads: Int {
        BLAS.prepare()
        return Int(openblas_get_num_threads())
    }
}
