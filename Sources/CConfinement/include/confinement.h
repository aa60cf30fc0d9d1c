// What a process does to itself before it runs untrusted code. Nothing here can be undone.
//
// In C, because Swift cannot call prctl and syscall, which are variadic.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Address space in use, in bytes; 0 if the system does not tell.
uint64_t cf_mapped_bytes(void);

typedef enum { CF_ADDRESS_SPACE, CF_CPU_SECONDS, CF_FILE_BYTES, CF_CORE_BYTES, CF_OPEN_FILES } cf_resource;

// Lowers a limit, soft and hard. False, with errno set, if the system refuses.
bool cf_limit(cf_resource resource, uint64_t value);

// Under a limit on addresses (ulimit -v) the program begins again, once, with one thread in OpenBLAS and two arenas in
// malloc: OpenBLAS starts a thread for each processor before main, and each asks for 128 MB of addresses, for ever if
// it does not get them. Returns where there is no such limit, or OPENBLAS_NUM_THREADS is set.
void cf_begin_again_within_limits(char *const *arguments);

// Standard streams that were closed when the program started become /dev/null, so that no file opened later takes their
// place and receives what is printed.
void cf_open_missing_streams(void);

// With true, writing beyond a limit on file sizes (ulimit -f) fails instead of ending the process. This does not affect
// programs started from here, and a handler already set for the signal stays. False restores the default.
void cf_take_size_limits_as_errors(bool errors);

// Programs started from here get standard input, output and error, and no other open file.
void cf_hand_on_standard_streams_only(void);

// Standard output is written line by line, also to files and pipes.
void cf_print_by_lines(void);
// Flushes standard output; false if that, or an earlier write, failed.
bool cf_output_is_whole(void);

// The kernel kills this process when `parent` ends. False if that parent has already ended. True, without effect, on
// systems without this feature.
bool cf_end_with_parent(int32_t parent);

// Programs started from here cannot gain rights, and other processes of the user cannot look into this one.
bool cf_give_up_privileges(void);

// ---------------------------------------------------------------- second lines, where the kernel has them

// A list of folders: after cf_folders_enforce this thread, and threads it starts, can open nothing else. -1: not
// available.
int32_t cf_folders_new(void);
// False if there is no such folder or file.
bool cf_folders_allow(int32_t folders, const char *path, bool writing);
bool cf_folders_enforce(int32_t folders);

// No programs, processes, sockets, signals to others, or raising of limits: such calls fail with EPERM.
bool cf_filter_system_calls(void);
