// What LuaFlow needs of MPI, as functions: ranks, bytes between them, the end. Of MPI-3.0.
#ifndef CMPI_H
#define CMPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cmpi_world cmpi_world;
typedef struct cmpi_transfer cmpi_transfer;

// Starts MPI, which then belongs to whoever calls, one thread at a time. NULL where that cannot be; says why.
cmpi_world *cmpi_start(char *why, size_t room);
int cmpi_rank(const cmpi_world *world);
int cmpi_size(const cmpi_world *world);
// How many ranks run on this machine, and how many of them may run on the same processors as this one.
int cmpi_sharing_memory(const cmpi_world *world);
int cmpi_sharing_processors(const cmpi_world *world);

// Messages that are under way together: room for so many. NULL without memory.
cmpi_transfer *cmpi_begin(cmpi_world *world, size_t messages);
// The memory is MPI's until the transfer is done. False when MPI refuses.
bool cmpi_send(cmpi_transfer *transfer, const void *bytes, size_t count, int rank);
bool cmpi_receive(cmpi_transfer *transfer, void *bytes, size_t count, int rank);
// 1 when all messages are done, 0 before, -1 when one failed.
int cmpi_done(cmpi_transfer *transfer);
// Frees a transfer that is done. One that is not keeps what MPI still needs.
void cmpi_end(cmpi_transfer *transfer);

// The end of a program that did what it should; returns when all ranks are here.
void cmpi_finish(cmpi_world *world);
// Ends all ranks with this status.
void cmpi_abort(cmpi_world *world, int status);

// mpirun ends ranks by SIGTERM: from now on that is Ctrl-C, so that a run ends as it does then.
void cmpi_take_termination_as_interrupt(void);
// Nothing that this process prints is seen from now on. False when there is no /dev/null.
bool cmpi_print_nothing(void);

#endif
