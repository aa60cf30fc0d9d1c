import LuaFlow
import Testing

/// `autodiff.detect_anomaly` names the operation that produced the first NaN.
@Suite struct AnomalyTests {
    private func message(_ script: String) throws -> String {
        var options = Interpreter.Options()
        options.globals = true
        let host = try Host(options: options)
        let error = #expect(throws: LuaError.self) { try host.run(code: script, name: "script") }
        return error?.message ?? ""
    }

    @Test func theFirstNaNsLineIsNamed() throws {
        let message = try message("""
            autodiff.detect_anomaly(function()
              local x = tensor({{4, 1}, {0, -1}})
              local y = x * 2
              local z = y:sqrt()
              return z + 1
            end)
            """)
        #expect(message.contains("script:4: tensor.sqrt: NaN at {2, 2}"), "\(message)")
    }

    @Test func aGradientsNaNNamesTheLineThatRecordedIt() throws {
        let message = try message("""
            local x = tensor({0, 1}):requires_grad_(true)
            autodiff.detect_anomaly(function()
              local y = x * 1
              local z = y:sqrt()
              local w = z * 0
              w:sum():backward()
            end)
            """)
        #expect(message.contains("gradient of tensor.sqrt") && message.contains("script:4"), "\(message)")
    }

    @Test func cleanWorkAndOldNaNsPass() throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try Host(options: options)
        try host.run(code: """
            local nan = tensor({0 / 0})
            autodiff.detect_anomaly(function() return nan + 1, tensor({1}):log() end)
            assert((tensor({-1}):log() ~= nil))
            """)
    }
}
