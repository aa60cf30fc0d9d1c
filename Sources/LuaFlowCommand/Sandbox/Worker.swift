import CConfinement
import Foundation
import LuaFlow
import Synchronization

/// The process in which a sandboxed script runs, seen from inside.
///
/// It is this program again, with the same arguments; an environment variable names the parent. Limits are set before
/// any Lua state exists. The interpreter's own limits (memory, deadline, files) apply first and give proper errors;
/// those set here are a second line of defence.
enum Worker {
    static let parentVariable = "LUAFLOW_SANDBOX_PARENT"

    /// Whether this process was started for a sandboxed script.
    static var isThisProcess: Bool { parent != nil }

    /// Whether ``confine(_:script:)`` was called.
    static var isConfined: Bool { confined.load(ordering: .relaxed) }
    private static let confined = Atomic<Bool>(false)

    private static var parent: Int32? { ProcessInfo.processInfo.environment[parentVariable].flatMap { Int32($0) } }

    /// Gives up all rights that the script does not need, irrevocably.
    /// - Parameter script: the file that will run; its folder stays accessible.
    /// - Throws: when a limit cannot be set; then nothing may run.
    static func confine(_ sandbox: Sandbox, script: ByteString?) throws {
        guard let parent, cf_end_with_parent(parent) else {
            throw ScriptError("sandbox", "the process that asked for it is gone")
        }
        unsetenv(parentVariable)
        confined.store(true, ordering: .relaxed)
        // So that output before a kill is not lost.
        cf_print_by_lines()
        // A flood of output must end the worker, as `print` ignores errors.
        cf_take_size_limits_as_errors(false)
        for (resource, value) in limits(sandbox) {
            guard cf_limit(resource, UInt64(value)) else {
                throw ScriptError("sandbox", "a limit cannot be set: \(String(cString: strerror(errno)))")
            }
        }
        guard cf_give_up_privileges() else {
            throw ScriptError("sandbox", "privileges cannot be given up: \(String(cString: strerror(errno)))")
        }
        // The kernel's restrictions; where it lacks them, the interpreter's rules and the limits above remain.
        var missing: [String] = []
        if !closeFolders(sandbox, script: script) { missing.append("files (Landlock)") }
        if !cf_filter_system_calls() { missing.append("system calls (seccomp)") }
        guard !missing.isEmpty else { return }
        Session.write(
            "luaflow: sandbox: the system fences in no \(missing.joined(separator: " and no ")) here; "
                + "the interpreter's rules and the process's limits still hold\n")
    }

    private static func limits(_ sandbox: Sandbox) -> [(cf_resource, Int)] {
        // Besides what scripts hold: threads' stacks, fonts, buffers of OpenBLAS and Cairo, and values being passed.
        let memory = clampedSum(Int(clamping: cf_mapped_bytes()), sandbox.memory, sandbox.memory / 4, 512 << 20)
        // Processor time is summed over all threads.
        let threads = (try? ThreadCount.standard()) ?? 1
        let (seconds, overflow) = Int(clamping: sandbox.timeLimit.components.seconds).multipliedReportingOverflow(
            by: threads)
        return [
            (CF_ADDRESS_SPACE, memory),
            (CF_CPU_SECONDS, clampedSum(overflow ? .max : seconds, 5)),
            // Standard output may be a file, whose size is limited.
            (CF_FILE_BYTES, clampedSum(sizeOfOutput, 1 << 30)),
            (CF_CORE_BYTES, 0),
            (CF_OPEN_FILES, 64),
        ]
    }

    private static func clampedSum(_ terms: Int...) -> Int {
        terms.reduce(0) { sum, term in
            let (next, overflow) = sum.addingReportingOverflow(term)
            return overflow ? .max : next
        }
    }

    private static var sizeOfOutput: Int {
        [STDOUT_FILENO, STDERR_FILENO].map { descriptor -> Int in
            var status = stat()
            return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
        }.reduce(0, max)
    }

    /// Has the kernel restrict the process to the folders of the script, and those that libraries read.
    /// - Returns: whether it does.
    private static func closeFolders(_ sandbox: Sandbox, script: ByteString?) -> Bool {
        let folders = cf_folders_new()
        guard folders >= 0 else { return false }
        let system: [ByteString] = [
            "/usr/share", "/usr/lib", "/usr/local/share/fonts", "/lib", "/lib64", "/etc/fonts", "/etc/localtime",
            "/var/cache/fontconfig", "/proc/meminfo", "/sys/fs/cgroup", "/dev/null",
        ]
        let models = Host.shippedFolders
        let beside = script.map { [$0.splitPath.folder] } ?? []
        for path in system + models + beside + sandbox.files.folders(for: .load) {
            // False for a folder that does not exist, which needs no permission.
            _ = path.withCString { cf_folders_allow(folders, $0, false) }
        }
        for path in sandbox.files.folders(for: .write) {
            _ = path.withCString { cf_folders_allow(folders, $0, true) }
        }
        return cf_folders_enforce(folders)
    }
}
