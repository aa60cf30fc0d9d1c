// Probes that try, in a child process that has confined itself, what Landlock and the system call filter must forbid.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Whether this kernel has Landlock, and filters of system calls. Asked without the code that is tested.
bool probe_has_folders(void);
bool probe_has_filters(void);

// Faults, one bit each: what worked although it must not, or failed although it must work.
enum {
    PROBE_READ_OUTSIDE = 1, PROBE_WRITE_INSIDE = 2, PROBE_FORK = 4, PROBE_EXECUTE = 8, PROBE_SOCKET = 16, PROBE_SIGNAL = 32,
    PROBE_NO_READ_INSIDE = 64
};

// Each returns the faults' bits, -1 when the child could not confine itself, or -2 when it did not end by itself.
int32_t probe_folders(const char *folder, const char *inside, const char *outside);
int32_t probe_calls(void);

// 0 if a child under a limit on addresses that cannot begin again keeps its environment as it was; -2 if none was made.
int32_t probe_environment(void);
