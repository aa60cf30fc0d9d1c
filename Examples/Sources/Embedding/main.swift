import LuaFlow

// swift run Embedding: a host in five lines. (Beside `import Foundation`, which has a Host too, say LuaFlow.Host.)
let host = try Host()
try host.define("scale") { (x: Double) in 2 * x }
try host.run(code: "function schedule(k, lr) return scale(lr) / k end")
let step: Double = try host.call("schedule", 10, 1e-3)
print(step)

// Tensors go both ways as well.
try host.set("x", try Tensor([3, 4], shape: [2]))
let norm: Tensor = try host.evaluate("x:norm()")
print(try norm.item())

// Several hosts side by side, each on a thread of its own. Cancelling the task would interrupt the script.
@Sendable func sample(seed: Int) async throws -> Double {
    let host = try Host()
    return try await host.interpreter.perform {
        try host.run(code: "require('random').manual_seed(\(seed))")
        return try host.evaluate("require('random').normal({1000}):mean():item()")
    }
}
async let (first, second) = (sample(seed: 1), sample(seed: 2))
print(try await abs(first - second) < 0.5)
