#include "confinement_probe.h"

#include <confinement.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

bool probe_has_folders(void) {
#ifdef SYS_landlock_create_ruleset
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) >= 1;  // the version of Landlock
#else
    return false;
#endif
}

bool probe_has_filters(void) {
#ifdef PR_SET_SECCOMP
    // A filter at address 0: a kernel that has filters says that the address is wrong, others that the mode is.
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) != 0 && errno == EFAULT;
#else
    return false;
#endif
}

static int32_t answer(pid_t child) {
    int status = 0;
    if (child < 0) return -2;
    pid_t ended;
    do ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (ended != child || !WIFEXITED(status)) return -2;
    return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static int opens(const char *path, int flags) {
    int descriptor = open(path, flags);
    if (descriptor >= 0) close(descriptor);
    return descriptor >= 0;
}

int32_t probe_folders(const char *folder, const char *inside, const char *outside) {
    pid_t child = fork();
    if (child != 0) return answer(child);
    int folders = cf_folders_new();
    if (folders < 0) _exit(255);
    if (!cf_folders_allow(folders, folder, false) || !cf_give_up_privileges() || !cf_folders_enforce(folders)) _exit(254);
    int wrong = 0;
    if (opens(outside, O_RDONLY)) wrong |= PROBE_READ_OUTSIDE;
    if (opens(inside, O_WRONLY)) wrong |= PROBE_WRITE_INSIDE;
    if (!opens(inside, O_RDONLY)) wrong |= PROBE_NO_READ_INSIDE;
    _exit(wrong);
}

int32_t probe_calls(void) {
    pid_t child = fork();
    if (child != 0) return answer(child);
    if (!cf_give_up_privileges() || !cf_filter_system_calls()) _exit(255);
    int wrong = 0;
    pid_t grandchild = fork();
    if (grandchild == 0) _exit(0);
    if (grandchild > 0) wrong |= PROBE_FORK;
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0) wrong |= PROBE_SOCKET;
    if (kill(getppid(), 0) == 0) wrong |= PROBE_SIGNAL;
    char *const nothing[] = {NULL};
    char *const command[] = {"sh", "-c", "exit 8", NULL};
    execve("/bin/sh", command, nothing);  // if this succeeds, the child exits with PROBE_EXECUTE
    _exit(wrong);
}

int32_t probe_environment(void) {
    // A word longer than the kernel passes on: execv fails.
    static char word[1 << 20];
    memset(word, 'a', sizeof word - 1);
    char *const arguments[] = {word, NULL};
    pid_t child = fork();
    if (child != 0) return answer(child);
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0) _exit(254);
    limit.rlim_cur = (rlim_t)1 << 46;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(253);
    unsetenv("OPENBLAS_NUM_THREADS");
    unsetenv("MALLOC_ARENA_MAX");
    cf_begin_again_within_limits(arguments);
    _exit(getenv("OPENBLAS_NUM_THREADS") || getenv("MALLOC_ARENA_MAX") ? 1 : 0);
}
