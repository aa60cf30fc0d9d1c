// A seccomp filter: system calls that no script needs fail, whatever code makes them.
#define _GNU_SOURCE  // CLONE_THREAD
#include "confinement.h"

#ifdef __linux__

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <unistd.h>

// A call that the processor or an older libseccomp does not know has a negative number.
static const int denied[] = {
    // Programs and processes.
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
    SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
    // The network, and ways to get around this filter.
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
    SCMP_SYS(accept4), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
    // Names and rights of other files; the sandbox only writes and renames files.
    SCMP_SYS(symlinkat), SCMP_SYS(linkat), SCMP_SYS(mknodat), SCMP_SYS(fchownat), SCMP_SYS(fchown), SCMP_SYS(fchmodat),
    SCMP_SYS(chdir), SCMP_SYS(fchdir), SCMP_SYS(chroot), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(name_to_handle_at), SCMP_SYS(symlink), SCMP_SYS(link), SCMP_SYS(mknod),
    SCMP_SYS(chown), SCMP_SYS(lchown), SCMP_SYS(chmod),
    452,  // fchmodat2, newer than many systems' libseccomp, and one number on every processor
    // The system.
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(reboot),
    SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(personality),
    SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid),
    SCMP_SYS(setregid), SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid), SCMP_SYS(capset), SCMP_SYS(setrlimit), SCMP_SYS(setpriority), SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime), SCMP_SYS(adjtimex), SCMP_SYS(syslog), SCMP_SYS(memfd_create), SCMP_SYS(shmget),
    SCMP_SYS(msgget), SCMP_SYS(semget), SCMP_SYS(mq_open), SCMP_SYS(inotify_init1), SCMP_SYS(fanotify_init),
};

#define REFUSE SCMP_ACT_ERRNO(EPERM)
#define REFUSE_IF(call, ...) (seccomp_rule_add(filter, REFUSE, SCMP_SYS(call), 1, __VA_ARGS__) == 0)
// The kernel reads only the lower half of a 32-bit argument; the upper half may be anything.
#define LOW UINT32_MAX

static bool fill(scmp_filter_ctx filter) {
    bool done =
        seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0
        && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0  // on every thread there is
        // Its flags are in memory, which the filter cannot read; glibc then uses clone.
        && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0
        && REFUSE_IF(clone, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0))  // threads, not processes
        && REFUSE_IF(tgkill, SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid()))  // signals to our own threads
        && REFUSE_IF(prlimit64, SCMP_A2(SCMP_CMP_NE, 0))  // reading limits, not setting them
        && REFUSE_IF(ioctl, SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, TIOCSTI))  // typing into the user's terminal
        && REFUSE_IF(ioctl, SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, TIOCLINUX));
    for (size_t i = 0; done && i < sizeof denied / sizeof *denied; i++)
        done = denied[i] < 0 || seccomp_rule_add(filter, REFUSE, denied[i], 0) == 0;
    return done;
}

bool cf_filter_system_calls(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool done = filter && fill(filter) && seccomp_load(filter) == 0;
    if (filter) seccomp_release(filter);
    return done;
}

#else

bool cf_filter_system_calls(void) { return false; }

#endif
