#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <signal.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

uint64_t cf_mapped_bytes(void) {
#ifdef __linux__
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;
    if (!file) return 0;
    if (fscanf(file, "%lu", &pages) != 1) pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
#else
    return 0;
#endif
}

void cf_begin_again_within_limits(char *const *arguments) {
#ifdef __linux__
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
    if (getenv("OPENBLAS_NUM_THREADS") || setenv("OPENBLAS_NUM_THREADS", "1", 1) != 0) return;
    bool arenas_are_free = !getenv("MALLOC_ARENA_MAX");
    setenv("MALLOC_ARENA_MAX", "2", 0);
    execv("/proc/self/exe", arguments);
    // Comes back only where it fails: then all is as before, also for programs that are started from here.
    unsetenv("OPENBLAS_NUM_THREADS");
    if (arenas_are_free) unsetenv("MALLOC_ARENA_MAX");
#else
    (void)arguments;
#endif
}

bool cf_limit(cf_resource resource, uint64_t value) {
    static const int names[] = {RLIMIT_AS, RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_CORE, RLIMIT_NOFILE};
    struct rlimit limit;
    if ((unsigned)resource >= sizeof names / sizeof *names) {
        errno = EINVAL;
        return false;
    }
    if (getrlimit(names[resource], &limit) != 0) return false;
    // Never above the present hard limit.
    rlim_t wanted = value > (uint64_t)RLIM_INFINITY ? RLIM_INFINITY : (rlim_t)value;
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted) limit.rlim_max = wanted;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(names[resource], &limit) == 0;
}

void cf_open_missing_streams(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++)
        if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDWR) == -1) return;
}

static void nothing(int number) { (void)number; }

void cf_take_size_limits_as_errors(bool errors) {
    // A handler, as SIG_IGN would be inherited by programs started from here.
    struct sigaction now, action = {.sa_handler = errors ? nothing : SIG_DFL, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGXFSZ, NULL, &now) != 0 || now.sa_handler != (errors ? SIG_DFL : nothing)) return;
    sigaction(SIGXFSZ, &action, NULL);
}

void cf_hand_on_standard_streams_only(void) {
    long most = sysconf(_SC_OPEN_MAX);
    if (most < 0 || most > 65536) most = 65536;
    for (int descriptor = 3; descriptor < most; descriptor++) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

bool cf_output_is_whole(void) { return fflush(stdout) == 0 && !ferror(stdout); }

void cf_print_by_lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

bool cf_end_with_parent(int32_t parent) {
#ifdef __linux__
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
#endif
    // The parent may have ended before the call.
    return getppid() == (pid_t)parent;
}

bool cf_give_up_privileges(void) {
#ifdef __linux__
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
#else
    return true;
#endif
}
