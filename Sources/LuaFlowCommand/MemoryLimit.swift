import Foundation

/// How much a script run from the command line may hold, Lua's values and tensors together: nine tenths of the memory
/// that is free when it starts, so that a script that never stops allocating ends in an error and not in the kernel
/// ending some process.
enum MemoryLimit {
    static var standard: Int {
        let bounds = [available, controlGroup, Int(clamping: ProcessInfo.processInfo.physicalMemory)].compactMap(\.self)
        return Int(Double(bounds.min() ?? .max) * 0.9)
    }

    /// `MemAvailable` of /proc/meminfo, where there is one.
    private static var available: Int? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") })
        else { return nil }
        return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
    }

    /// The limit of the control group (a container's), if there is one.
    private static var controlGroup: Int? {
        guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8) else { return nil }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
