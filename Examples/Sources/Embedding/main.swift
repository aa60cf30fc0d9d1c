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

// A function for what it does, called for what it does; a script's function as a parameter.
try host.define("say") { (text: String) in print(text) }
try host.define("integral") { (f: FunctionValue, a: Double, b: Double) in
    let (left, middle, right): (Double, Double, Double) = (try f(a), try f((a + b) / 2), try f(b))
    return (b - a) / 6 * (left + 4 * middle + right)
}
try host.run(code: "function report() say(integral(function(x) return x * x end, 0, 3) .. ' under the curve') end")
try host.call("report")

// A loop that can be paused: by Ctrl-C under `withInterruptsFromTerminal`, or as here. The answer says how it goes on.
try host.onPause { point in
    print(point.summary)
    return .stop
}
let interpreter = host.interpreter
try host.define("pause") { [unowned interpreter] in interpreter.askForPause() }
try host.run(code: "for k in require('host').steps(5, {}) do if k == 2 then pause() end end")

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
