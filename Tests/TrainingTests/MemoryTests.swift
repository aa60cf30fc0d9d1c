import Foundation
import ProgramChecks
import Testing

/// A process' memory does not grow with the number of training steps.
@Suite struct MemoryTests {
    @Test func isFlatOverSteps() throws {
        #if os(Linux)
        let scratch = try Scratch()
        let script = try scratch.write("train.lua", CheckpointTests.prelude + """
            random.manual_seed(1)
            local x = random.normal({200, 2})
            local m = flow.MAF{features = 2, transforms = 2, hidden_features = {16, 16}}
            -- Kilobytes that are in memory.
            local function resident()
              for line in io.lines("/proc/self/status") do
                local number = line:match("^VmRSS:%s+(%d+)")
                if number then return number end
              end
            end
            m:fit(x, {
              steps = 1500, batch_size = 16, progress = false, average = 0.9, clip_norm = 5, validation = 0.2,
              checkpoint = arg[1], checkpoint_every = 100,
              callback = function(k) if k == 300 or k == 1500 then print(resident()) end end})
            """)
        let run = try Command.run(["run", script, scratch.path("run.ckpt")])
        let kilobytes = run.output.split(separator: "\n").compactMap { Int($0) }
        try #require(run.status == 0 && kilobytes.count == 2, "\(run.output)\(run.errors)")
        // A tensor that every step leaked would add a megabyte or more.
        #expect(kilobytes[1] - kilobytes[0] < 1500, "\(kilobytes[0]) kB after 300 steps, \(kilobytes[1]) after 1500")
        #endif
    }
}
