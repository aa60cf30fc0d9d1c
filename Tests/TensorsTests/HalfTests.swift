import CKernels
import Testing

@Suite("float16 conversions")
struct HalfTests {
    /// Converted by the processor's instruction where there is one, and otherwise by the scalar function in a loop.
    private func floats(_ halves: [UInt16]) -> [Float] {
        [Float](unsafeUninitializedCapacity: halves.count) { buffer, count in
            if let base = buffer.baseAddress { ck_floats_from_halves(halves, base, halves.count) }
            count = halves.count
        }
    }

    private func halves(_ floats: [Float]) -> [UInt16] {
        [UInt16](unsafeUninitializedCapacity: floats.count) { buffer, count in
            if let base = buffer.baseAddress { ck_halves_from_floats(floats, base, floats.count) }
            count = floats.count
        }
    }

    @Test("every half round-trips, NaN as a quiet NaN")
    func roundTrip() {
        let wrong = (UInt16.min...UInt16.max).filter { half in
            let isNaN = half & 0x7c00 == 0x7c00 && half & 0x3ff != 0
            return ck_half_from_float(ck_float_from_half(half)) != (isNaN ? half | 0x200 : half)
        }
        #expect(wrong == [])
    }

    @Test("every half is the number IEEE 754 says")
    func values() {
        let wrong = (UInt16.min...UInt16.max).filter { half in
            if half & 0x7c00 == 0x7c00 { return false }
            let (exponent, fraction) = (Int(half >> 10 & 0x1f), Float(half & 0x3ff))
            let magnitude =
                exponent == 0
                ? fraction * 0x1p-24 : Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
            return ck_float_from_half(half).bitPattern != (half & 0x8000 != 0 ? -magnitude : magnitude).bitPattern
        }
        #expect(wrong == [])
        #expect(ck_float_from_half(0x7c00) == .infinity && ck_float_from_half(0xfc00) == -.infinity)
    }

    @Test("one by one and in bulk agree bit for bit, both ways")
    func hardware() {
        let all = Array(UInt16.min...UInt16.max)
        let converted = floats(all)
        #expect(all.filter { converted[Int($0)].bitPattern != ck_float_from_half($0).bitPattern } == [])
        // Every float16, the midpoint to the next one (ties go to even), and the floats next to each.
        var probes: [Float] = [0x1p-25, 0x1p-26, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 65519.996, 65520]
        for value in converted where value.isFinite {
            let next = ck_float_from_half(ck_half_from_float(value) &+ 1)
            for probe in [value, value + (next - value) / 2] { probes += [probe, probe.nextUp, probe.nextDown] }
        }
        probes += probes.map { -$0 } + converted.filter(\.isNaN)
        #expect(zip(probes, halves(probes)).filter { ck_half_from_float($0) != $1 }.map(\.0) == [])
    }

    @Test("rounding is to nearest, ties to even, and overflow is infinity")
    func rounding() {
        #expect(ck_half_from_float(1 + 0x1p-11) == 0x3c00)
        #expect(ck_half_from_float(1 + 3 * 0x1p-11) == 0x3c02)
        #expect(ck_half_from_float(0x1p-25) == 0)
        #expect(ck_half_from_float(0x1p-25 * 1.5) == 1)
        #expect(ck_half_from_float(65519.996) == 0x7bff)
        #expect(ck_half_from_float(65520) == 0x7c00)
        #expect(ck_half_from_float(-.infinity) == 0xfc00)
    }

    @Test("bulk conversions of every short length")
    func lengths() {
        for count in 0...40 {
            let some = (0..<count).map { UInt16($0 * 797) }
            #expect(floats(some).map(\.bitPattern) == some.map { ck_float_from_half($0).bitPattern })
            let numbers = (0..<count).map { Float($0) * 0.37 - 5 }
            #expect(halves(numbers) == numbers.map(ck_half_from_float))
        }
    }
}
