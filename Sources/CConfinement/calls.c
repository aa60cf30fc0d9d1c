// A seccomp filter: system calls that no script's work needs fail, whatever code makes them.
#define _GNU_SOURCE  // CLONE_THREAD
#include "confinement.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

static const int denied[] = {
    // Programs and processes.
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kill, SYS_tkill,
#ifdef SYS_fork
    SYS_fork, SYS_vfork,
#endif
#ifdef SYS_pidfd_open
    SYS_pidfd_open, SYS_pidfd_send_signal,
#endif
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
    SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
    // The network, and ways around this filter.
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
    // Other files' names and rights; the sandbox only writes files and renames them.
    SYS_symlinkat, SYS_linkat, SYS_mknodat, SYS_fchownat, SYS_fchown, SYS_fchmodat, SYS_chdir, SYS_fchdir, SYS_chroot,
    SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_open_by_handle_at, SYS_name_to_handle_at,
    // Newer than many systems' headers, and one number on every processor: 452.
    452,  // fchmodat2
#ifdef SYS_symlink
    SYS_symlink, SYS_link, SYS_mknod, SYS_chown, SYS_lchown, SYS_chmod,
#endif
    // The system.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_unshare, SYS_setns, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
    SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl, SYS_personality, SYS_sethostname, SYS_setdomainname,
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups, SYS_setfsuid,
    SYS_setfsgid, SYS_capset, SYS_setrlimit, SYS_setpriority, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,
    SYS_syslog, SYS_memfd_create, SYS_shmget, SYS_msgget, SYS_semget, SYS_mq_open, SYS_inotify_init1,
    SYS_fanotify_init,
};

enum { MOST = 64 + 2 * sizeof denied / sizeof *denied };

typedef struct {
    struct sock_filter code[MOST];
    unsigned short count;
} program;

static void add(program *p, unsigned short code, unsigned char yes, unsigned char no, uint32_t value) {
    if (p->count < MOST) p->code[p->count] = (struct sock_filter){code, yes, no, value};
    p->count++;
}

#define LOAD(field) add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, field))
#define LOAD_LOW(argument) add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args[argument]))
#define LOAD_HIGH(argument) add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args[argument]) + 4)
#define EQUAL(value, yes, no) add(p, BPF_JMP | BPF_JEQ | BPF_K, yes, no, (uint32_t)(value))
#define ANSWER(value) add(p, BPF_RET | BPF_K, 0, 0, value)

#define ALLOW SECCOMP_RET_ALLOW
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)

// Both supported processors are little-endian: the low word comes first.
static void write_program(program *p) {
    LOAD(arch);
    EQUAL(ARCHITECTURE, 1, 0);
    ANSWER(SECCOMP_RET_KILL_PROCESS);
    LOAD(nr);
#ifdef __x86_64__
    add(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000);  // the x32 calls have other numbers
    ANSWER(REFUSE);
#endif
#ifdef SYS_clone3
    EQUAL(SYS_clone3, 0, 1);  // its flags lie in memory, out of the filter's sight; glibc then asks for clone
    ANSWER(SECCOMP_RET_ERRNO | ENOSYS);
#endif
    EQUAL(SYS_clone, 0, 4);  // threads, not processes
    LOAD_LOW(0);
    add(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, CLONE_THREAD);
    ANSWER(ALLOW);
    ANSWER(REFUSE);
    EQUAL(SYS_tgkill, 0, 4);  // signals to our own threads
    LOAD_LOW(0);
    EQUAL(getpid(), 0, 1);
    ANSWER(ALLOW);
    ANSWER(REFUSE);
    EQUAL(SYS_prlimit64, 0, 6);  // reading limits, not setting them
    LOAD_LOW(2);
    EQUAL(0, 0, 3);
    LOAD_HIGH(2);
    EQUAL(0, 0, 1);
    ANSWER(ALLOW);
    ANSWER(REFUSE);
    EQUAL(SYS_ioctl, 0, 5);  // typing into the user's terminal
    LOAD_LOW(1);
    EQUAL(TIOCSTI, 2, 0);
    EQUAL(TIOCLINUX, 1, 0);
    ANSWER(ALLOW);
    ANSWER(REFUSE);
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) {
        EQUAL(denied[i], 0, 1);
        ANSWER(REFUSE);
    }
    ANSWER(ALLOW);
}

bool cf_filter_system_calls(void) {
    program p = {.count = 0};
    write_program(&p);
    if (p.count > MOST) return false;
    struct sock_fprog filter = {p.count, p.code};
    // On every thread there is.
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
}

#else

bool cf_filter_system_calls(void) { return false; }

#endif
