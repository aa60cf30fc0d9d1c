#define _GNU_SOURCE
#include "cmpi.h"

#include <fcntl.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

struct cmpi_world {
    MPI_Comm all;
    int rank, size, sharing_memory, sharing_processors;
};

struct cmpi_transfer {
    MPI_Comm all;
    size_t room, count;
    bool is_done;
    MPI_Request requests[];
};

// MPI counts in int: longer messages go in pieces, which arrive in order.
static const size_t piece = (size_t)1 << 30;

// The processors that this process may run on, as bits; 1024 of them.
static void processors(unsigned char bits[128]) {
    memset(bits, 0, 128);
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        for (int i = 0; i < CPU_SETSIZE && i < 1024; i++)
            if (CPU_ISSET(i, &set)) bits[i / 8] |= (unsigned char)(1 << (i % 8));
#endif
}

static void look_around(cmpi_world *world) {
    world->sharing_memory = world->sharing_processors = 1;
    MPI_Comm machine;
    if (MPI_Comm_split_type(world->all, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine) != MPI_SUCCESS) return;
    int count = 1;
    MPI_Comm_size(machine, &count);
    unsigned char own[128], *every = malloc((size_t)count * 128);
    processors(own);
    if (every && MPI_Allgather(own, 128, MPI_BYTE, every, 128, MPI_BYTE, machine) == MPI_SUCCESS) {
        world->sharing_memory = count;
        int sharing = 0;
        for (int i = 0; i < count; i++) sharing += memcmp(own, every + (size_t)i * 128, 128) == 0;
        world->sharing_processors = sharing > 0 ? sharing : 1;
    }
    free(every);
    MPI_Comm_free(&machine);
}

cmpi_world *cmpi_start(char *why, size_t room) {
    int provided = MPI_THREAD_SINGLE;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS) {
        snprintf(why, room, "MPI does not start");
        return NULL;
    }
    if (provided < MPI_THREAD_SERIALIZED) {
        snprintf(why, room, "this MPI takes calls from one thread only (MPI_THREAD_SERIALIZED expected)");
        return NULL;
    }
    cmpi_world *world = calloc(1, sizeof *world);
    if (!world || MPI_Comm_dup(MPI_COMM_WORLD, &world->all) != MPI_SUCCESS) {
        free(world);
        snprintf(why, room, "MPI gives no communicator");
        return NULL;
    }
    MPI_Comm_set_errhandler(world->all, MPI_ERRORS_RETURN);
    MPI_Comm_rank(world->all, &world->rank);
    MPI_Comm_size(world->all, &world->size);
    look_around(world);
    return world;
}

int cmpi_rank(const cmpi_world *world) { return world->rank; }
int cmpi_size(const cmpi_world *world) { return world->size; }
int cmpi_sharing_memory(const cmpi_world *world) { return world->sharing_memory; }
int cmpi_sharing_processors(const cmpi_world *world) { return world->sharing_processors; }

cmpi_transfer *cmpi_begin(cmpi_world *world, size_t messages) {
    if (messages > (SIZE_MAX - sizeof(cmpi_transfer)) / sizeof(MPI_Request)) return NULL;
    cmpi_transfer *transfer = malloc(sizeof *transfer + messages * sizeof(MPI_Request));
    if (!transfer) return NULL;
    transfer->all = world->all;
    transfer->room = messages;
    transfer->count = 0;
    transfer->is_done = false;
    return transfer;
}

bool cmpi_send(cmpi_transfer *transfer, const void *bytes, size_t count, int rank) {
    for (size_t start = 0; start < count; start += piece) {
        if (transfer->count >= transfer->room) return false;
        int length = (int)(count - start < piece ? count - start : piece);
        MPI_Request *request = &transfer->requests[transfer->count];
        if (MPI_Isend((const char *)bytes + start, length, MPI_BYTE, rank, 0, transfer->all, request) != MPI_SUCCESS)
            return false;
        transfer->count++;
    }
    return true;
}

bool cmpi_receive(cmpi_transfer *transfer, void *bytes, size_t count, int rank) {
    for (size_t start = 0; start < count; start += piece) {
        if (transfer->count >= transfer->room) return false;
        int length = (int)(count - start < piece ? count - start : piece);
        MPI_Request *request = &transfer->requests[transfer->count];
        if (MPI_Irecv((char *)bytes + start, length, MPI_BYTE, rank, 0, transfer->all, request) != MPI_SUCCESS)
            return false;
        transfer->count++;
    }
    return true;
}

int cmpi_done(cmpi_transfer *transfer) {
    int flag = 0;
    if (MPI_Testall((int)transfer->count, transfer->requests, &flag, MPI_STATUSES_IGNORE) != MPI_SUCCESS) return -1;
    if (flag) transfer->is_done = true;
    return flag ? 1 : 0;
}

void cmpi_end(cmpi_transfer *transfer) {
    // MPI may still write into the requests of one that was stopped: the program is about to end.
    if (transfer->is_done || transfer->count == 0) free(transfer);
}

void cmpi_finish(cmpi_world *world) {
    MPI_Comm_free(&world->all);
    free(world);
    MPI_Finalize();
}

void cmpi_abort(cmpi_world *world, int status) { MPI_Abort(world->all, status); }

static void on_termination(int number) {
    (void)number;
    kill(getpid(), SIGINT);
}

void cmpi_take_termination_as_interrupt(void) {
    struct sigaction action = {.sa_handler = on_termination};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGTERM, &action, NULL);
}

bool cmpi_print_nothing(void) {
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0) return false;
    bool is_done = dup2(null, STDOUT_FILENO) == STDOUT_FILENO;
    close(null);
    return is_done;
}
