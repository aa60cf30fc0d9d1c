import Tensors
import Testing

@testable import Files

@Suite struct TorchCheckpointTests {
    @Test(arguments: [2, 3, 4, 5]) func everyTypeInEveryProtocol(version: Int) throws {
        let dict = try Checkpoint.load(Fixture.path("types.p\(version).pt"))
        #expect(dict.names.first == "ramp.f16")
        try expectEveryType(dict)
    }

    @Test func viewsKeepStridesAndSharedMemory() throws {
        let dict = try Checkpoint.load(Fixture.path("views.pt"))
        let base = ramp(24, by: 0.25)
        try expect(dict["tied"], [4, 6], .float32, base)
        try expect(dict["transposed"], [6, 4], .float32, (0..<6).flatMap { j in (0..<4).map { base[$0 * 6 + j] } })
        try expect(dict["row"], [6], .float32, Array(base[12..<18]))
        try expect(dict["column"], [4], .float32, [base[1], base[7], base[13], base[19]])
        try expect(dict["step"], [2, 2], .float32, [base[0], base[3], base[12], base[15]])
        try expect(dict["expanded"], [3, 2], .float32, [Double](repeating: 7, count: 6))
        try expect(dict["parameter"], [2, 2], .float32, [0, 0.5, 0.25, 0.75])
        #expect(dict["tied"]?.storage === dict["transposed"]?.storage)
        #expect(dict["tied"]?.storage === dict["column"]?.storage)
    }

    @Test(arguments: TorchContents.wrappers) func weightsBesideATrainingState(wrapper: String) throws {
        let dict = try Checkpoint.load(Fixture.path("nested.\(wrapper).pt"))
        #expect(dict.names == [
            "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked",
        ])
        try expect(dict["0.weight"], [2, 3], .float32, ramp(6, by: 0.25))
        try expect(dict["1.num_batches_tracked"], [], .int64, [0])
    }

    @Test func aBareTensor() throws {
        try expect(try Checkpoint.load(Fixture.path("bare.pt"))["tensor"], [2, 3], .float32, ramp(6, by: 0.25))
    }

    @Test func whatIsNotAStateDictSaysSo() {
        expectError("no_tensors.pt", "no tensors", "\"epoch\"") {
            _ = try Checkpoint.load(Fixture.path("no_tensors.pt"))
        }
        expectError("script.pt", "TorchScript") { _ = try Checkpoint.load(Fixture.path("script.pt")) }
        expectError("complex.pt", "tensor \"z\"", "torch.ComplexFloatStorage") {
            _ = try Checkpoint.load(Fixture.path("complex.pt"))
        }
    }
}

/// Expects what `every_type()` of make_fixtures.py writes.
func expectEveryType(_ dict: StateDict) throws {
    try expect(dict["ramp.f16"], [2, 3], .float16, ramp(6, by: 0.25))
    try expect(dict["ramp.bf16"], [2, 3], .float32, ramp(6, by: 0.25))
    try expect(dict["ramp.f32"], [2, 3], .float32, ramp(6, by: 0.25))
    try expect(dict["ramp.f64"], [2, 3], .float64, ramp(6, by: 0.25))
    for type in ["u8", "i8", "i16", "i32", "i64"] { try expect(dict["ramp.\(type)"], [2, 3], .int64, ramp(6)) }
    try expect(dict["mask"], [3], .bool, [1, 0, 1])
    try expect(dict["negative.i8"], [3], .int64, [-128, -1, 127])
    try expect(dict["negative.i64"], [2], .int64, [-1_099_511_627_776, 1_099_511_627_776])
    try expect(dict["scalar"], [], .float32, [2.5])
    try expect(dict["empty"], [0, 4], .float32, [])
    #expect(dict.count == 14)
}
