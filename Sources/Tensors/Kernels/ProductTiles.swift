import CKernels
import COpenBLAS
import Scripting

/// A batch of matrix products, cut into tiles for the threads. Tiles depend on extents and layout only, so that no bit
/// depends on the number of threads.
struct ProductTiles {
    /// The extents of each product: (m, k) times (k, n).
    let m: Int, n: Int, k: Int
    /// The steps of the matrices from row to row and from column to column; one of the two is 1.
    let a: (row: Int, column: Int)
    let b: (row: Int, column: Int)
    /// The number of products, and the offsets of the matrices of each.
    let count: Int
    let offsets: (Int) -> (a: Int, b: Int)

    /// Float32, with float16 allowed on the right, by our own kernels.
    /// - Parameter start: n numbers to which each row's sums are added; nil for zeros.
    func run(_ left: UnsafePointer<Float>, _ right: UnsafeRawPointer, half: Bool, start: UnsafePointer<Float>?,
             to c: UnsafeMutablePointer<Float>, level: ck_level) throws {
        // A single column is a single row of the transposed product, for which no wide panel is needed.
        let isColumn = n == 1 && m > 1 && !half && start == nil
        let (rows, columns) = isColumn ? (1, m) : (m, n)
        let panel = ck_product_panel(level)
        // Few rows are bound by reading the right matrix, in whole cache lines.
        let wide = rows <= 32 ? 2 * panel : panel
        try forEachTile(rows: rows, columns: columns, most: (256, wide)) { index, row, height, column, width in
            let offset = offsets(index)
            let stride = half ? 2 : 4
            var p = ck_product()
            p.depth = k
            p.c = c + index * m * n
            p.start = start
            p.b_is_half = half
            if isColumn {
                let vector = UnsafeRawPointer(right).assumingMemoryBound(to: Float.self) + offset.b
                (p.a, p.a_row, p.a_depth) = (vector, 0, b.row)
                (p.b, p.b_depth, p.b_column) = (UnsafeRawPointer(left + offset.a), a.column, a.row)
                p.c_row = m
            } else {
                (p.a, p.a_row, p.a_depth) = (left + offset.a, a.row, a.column)
                (p.b, p.b_depth, p.b_column) = (right + offset.b * stride, b.row, b.column)
                p.c_row = n
            }
            ck_product_tile(level, &p, row, height, column, width)
        }
    }

    /// Float64, and float32 where the processor lacks our vectors, by OpenBLAS.
    func run<T>(
        _ left: UnsafePointer<T>, _ right: UnsafePointer<T>, to c: UnsafeMutablePointer<T>, one: T, zero: T,
        by gemm: Gemm<T>
    ) throws {
        BLAS.prepare()
        let (aOrder, lda) = a.column == 1 ? (CblasNoTrans, a.row) : (CblasTrans, a.column)
        let (bOrder, ldb) = b.column == 1 ? (CblasNoTrans, b.row) : (CblasTrans, b.column)
        try forEachTile(rows: m, columns: n, most: (512, 256)) { index, row, height, column, width in
            let offset = offsets(index)
            let from = left + offset.a + row * a.row
            let with = right + offset.b + column * b.column
            let to = c + index * m * n + row * n + column
            gemm(
                CblasRowMajor, aOrder, bOrder, Int32(height), Int32(width), Int32(k), one, from, Int32(lda), with,
                Int32(ldb), zero, to, Int32(n))
        }
    }

    /// Throws where an extent exceeds the 32-bit integers of BLAS.
    func checkForBLAS(_ operation: String) throws {
        guard [m, n, k, a.row, a.column, b.row, b.column].allSatisfy({ $0 <= Int(Int32.max) }) else {
            throw ScriptError(operation, "extents and strides above \(Int32.max)")
        }
    }

    /// `cblas_dgemm` or `cblas_sgemm`.
    typealias Gemm<T> = (
        CBLAS_LAYOUT, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, Int32, Int32, Int32, T, UnsafePointer<T>, Int32,
        UnsafePointer<T>, Int32, T, UnsafeMutablePointer<T>, Int32
    ) -> Void

    /// - Parameter body: called with the product's index and the tile's first row, rows, first column and columns.
    private func forEachTile(
        rows: Int, columns: Int, most: (rows: Int, columns: Int), _ body: (Int, Int, Int, Int, Int) -> Void
    ) throws {
        // At most about a second of work, so that cancellation is noticed.
        let tallest = max(8, min(most.rows, (1 << 30) / most.columns / max(k, 1)))
        let (down, across) = ((rows - 1) / tallest + 1, (columns - 1) / most.columns + 1)
        // Reading the right matrix takes as long as some rows of products.
        let work = Double(max(min(rows, tallest), 8)) * Double(min(columns, most.columns)) * Double(k)
        // About a million multiplications.
        let grain = max(1, Int(1e6 / max(work, 1)))
        try Parallel.forEach(count * down * across, grain: grain) { tiles in
            for tile in tiles {
                try Cancellation.check()
                let (index, place) = tile.quotientAndRemainder(dividingBy: down * across)
                let (column, row) = place.quotientAndRemainder(dividingBy: down)
                body(
                    index, row * tallest, min(tallest, rows - row * tallest), column * most.columns,
                    min(most.columns, columns - column * most.columns))
            }
        }
    }
}
