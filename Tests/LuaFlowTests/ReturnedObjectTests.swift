import Foundation
import LuaFlow
import Testing

/// Objects that Lua returns to a native call, and that only Swift holds until the call has returned.
@Suite struct ReturnedObjectTests {
    /// The networks of a flow are made one by one while its file is read. What their functions refer to outlasts the
    /// collections in between, however many networks there are; afterwards, all of it may go.
    @Test(arguments: [3, 300]) func whatFunctionsReferToStays(_ count: Int) throws {
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try ContractTests.host().run(
            code: """
                local made = 0
                host.register{modules = {Masked = function()
                  made = made + 1
                  if made % 50 <= 3 then collectgarbage() collectgarbage() end
                  local mask = tensor.ones(2)
                  local inner = nn.Module{
                    modules = {layer = nn.Linear(1, 2)}, forward = function(self, x) return self.layer(x) * mask end,
                  }
                  return nn.Module{modules = {inner = inner}, forward = function(self, x) return self.inner(x) end}
                end}}
                local parts = {}
                for k = 1, \(count) do
                  parts[k] = flow.AffineCoupling{mask = k % 2 == 0 and {1, 0} or {0, 1}, net = nn.Masked{}}
                end
                local m = flow.Flow("normal", parts, {dim = 2})
                m:save("\(path)")
                local loaded = flow.load("\(path)")
                for _ = 1, 3 do
                  local x = tensor.ones(1, 2)
                  assert(tostring(loaded:log_prob(x):item()) == tostring(m:log_prob(x):item()))
                  collectgarbage() collectgarbage()
                end
                """)
    }
}
