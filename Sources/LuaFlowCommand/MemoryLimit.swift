import Foundation

/// The memory limit of scripts run from the command line, for Lua's values and tensors together: nine tenths of the
/// memory that is free at the start, so that a script that allocates without end gets an error before the system kills
/// a process.
enum MemoryLimit {
    static var standard: Int {
        let bounds = [available, controlGroup, Int(clamping: ProcessInfo.processInfo.physicalMemory)].compactMap(\.self)
        return Int(Double(bounds.min() ?? .max) * 0.9)
    }

    /// `MemAvailable` in /proc/meminfo, where it exists.
    private static var available: Int? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") })
        else { return nil }
        return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
    }

    /// The limit of the control group (container), if there is one.
    private static var controlGroup: Int? {
        guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8) else { return nil }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
