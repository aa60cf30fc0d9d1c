// Tries, in a child process that confined itself, what the second lines forbid.
#pragma once

#include <stdint.h>

// What worked although it must not, or did not although it must: one bit each.
enum {
    PROBE_READ_OUTSIDE = 1, PROBE_WRITE_INSIDE = 2, PROBE_FORK = 4, PROBE_EXECUTE = 8, PROBE_SOCKET = 16, PROBE_SIGNAL = 32,
    PROBE_NO_READ_INSIDE = 64
};

// -1: the kernel lacks them.
int32_t probe_folders(const char *folder, const char *inside, const char *outside);
int32_t probe_calls(void);
