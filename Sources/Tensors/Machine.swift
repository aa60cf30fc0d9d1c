import CKernels
import COpenBLAS

/// What numbers depend on besides the program: the libraries and the processor they chose their loops for.
public enum Machine {
    /// The instruction set of our own kernels: portable, avx2 or avx512.
    public static var kernels: String {
        switch ck_best_level() {
        case ck_level_avx512: "avx512"
        case ck_level_avx2: "avx2"
        default: "portable"
        }
    }

    /// OpenBLAS's version and build, as it says itself.
    public static var openBLAS: String {
        openblas_get_config().map { String(cString: $0) }?.split(separator: " ").prefix(2).joined(separator: " ")
            ?? "unknown"
    }

    /// The processor that OpenBLAS picked its kernels for.
    public static var openBLASCore: String {
        BLAS.prepare()
        return BLAS.core
    }

    /// Whether a computation still runs that was stopped and cannot be ended: a process that leaves now must not tear
    /// down the libraries under it (`_exit`, not `exit`).
    public static var isBusy: Bool { LongCall.abandoned.load(ordering: .relaxed) > 0 }

    /// How many threads OpenBLAS works with: sums are cut differently for each number.
    public static var openBLASThreads: Int {
        BLAS.prepare()
        return Int(openblas_get_num_threads())
    }
}
