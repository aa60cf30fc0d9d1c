// What a process does to itself before it runs somebody else's code. Nothing here can be undone.
//
// In C, because Swift cannot call prctl and syscall, which take varying arguments.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Address space in use, in bytes; 0 when the system does not tell.
uint64_t cf_mapped_bytes(void);

typedef enum { CF_ADDRESS_SPACE, CF_CPU_SECONDS, CF_FILE_BYTES, CF_CORE_BYTES, CF_OPEN_FILES } cf_resource;

// Lowers a limit, soft and hard. False, and errno, when the system refuses.
bool cf_limit(cf_resource resource, uint64_t value);

// Standard streams that were closed when the program started become /dev/null, so that no file opened later takes their
// place and receives what is printed.
void cf_open_missing_streams(void);

// Writing beyond a limit on the size of files (ulimit -f) fails, instead of ending the process. Programs started from here
// are not concerned; what has been set up for the signal already stays. False: as it is by default again.
void cf_take_size_limits_as_errors(bool errors);

// A program started from here gets standard input, output and error, and no other open file.
void cf_hand_on_standard_streams_only(void);

// Standard output is written line by line, also into files and pipes.
void cf_print_by_lines(void);
// Flushes standard output; false when that, or an earlier write, failed.
bool cf_output_is_whole(void);

// The kernel kills this process when `parent` ends. False when that parent is gone already. True, and nothing done,
// where the system has no such thing.
bool cf_end_with_parent(int32_t parent);

// No program started from here gains rights, and no other process of the user's may look into this one.
bool cf_give_up_privileges(void);

// ---------------------------------------------------------------- second lines, where the kernel has them

// A list of folders: after cf_folders_enforce this thread, and those it starts, open nothing else. -1: not available.
int32_t cf_folders_new(void);
// False when there is no such folder or file.
bool cf_folders_allow(int32_t folders, const char *path, bool writing);
bool cf_folders_enforce(int32_t folders);

// No programs, no processes, no sockets, no signals to others, no raising of limits: such calls fail with EPERM.
bool cf_filter_system_calls(void);
