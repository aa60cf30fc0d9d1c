// The structures of a state, and memory outside of Lua. The ground of this target: layer 1 of 9.
//
// Each layer is a header and the files named in it, and includes only headers of lower layers
// (LayerTests looks, at what the files call as well). From the ground up:
//
//   1 state.h      the structures; memory.c
//   2 values.h     what Swift holds of Lua and Lua of Swift: reference.c, box.c, decode.c (Lua to Swift)
//   3 stop.h       where a script is, and stopping it there: location.c, stop.c
//   4 protect.h    protected calls and the collector: failure.c, collect.c
//   5 tables.h     tables of two special kinds, and reading any: records.c, readonly.c, table.c
//   6 list.h       lists of results that Swift writes, and frames of calls: list.c, frame.c, push.c (Swift to Lua)
//   7 native.h     native functions and types: call.c, object.c; chunks and functions called by Swift: run.c;
//                  what is no Lua: syntax.c
//   8 running.h    runs begin, nest and end: terminal.c (Ctrl-C), running.c
//   9 library.h    Lua's library as scripts see it: wrap.c, then coroutine.c, ordered.c, guard.c, exit.c, files.c,
//                  visible.c, output.c, streams.c, variables.c; in the sandbox script_files.c, sandbox.c
//
// state.c opens and closes a state, and so uses all layers; thread.c needs none. The two calls from a lower layer to a
// higher one go through pointers, lf_state.trampoline and lf_type.push_metatable: a result may be a native function or
// an object, whose metatable is itself made from a list of results.
#pragma once

#include "trampolines.h"

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

// A slot of the state's table of referenced values. Slots are made in advance, so that taking one cannot fail.
struct lf_reference {
    lf_state *state;
    lua_Integer index;
    atomic_int count;
    int owners;               // userdata that keep the value alive in the slot's place
    bool orphaned;            // let go while there were owners
    lf_reference *next;       // in the list of free or of dropped slots
    lf_reference *block_next; // first slot of each malloc'ed block: the next block
};

struct lf_type {
    lf_state *state;
    char *name;
    lf_list *members;
    lf_type_natives natives;
    int metatable;               // registry index, LUA_NOREF before the first object
    const void *identity;        // the metatable's address
    void (*push_metatable)(lua_State *L, lf_type *type);  // object.c's, for box.c below it
    lf_type *next;
};

// The userdata of every Swift object.
typedef struct {
    const void *magic;
    lf_type *type;
    lf_object object;            // words[0] is null once released
} lf_box;

typedef enum {
    OP_NIL, OP_BOOLEAN, OP_INTEGER, OP_NUMBER, OP_STRING, OP_OBJECT, OP_ARGUMENT, OP_REFERENCE, OP_NATIVE,
    OP_ADDRESS, OP_CLOSURE, OP_END_CLOSURE, OP_TABLE, OP_SET_INDEX, OP_SET_FIELD, OP_SET_METATABLE,
    OP_READONLY, OP_RECORD, OP_HELD
} lf_opcode;

typedef struct {
    lf_opcode code;
    int32_t small;
    union {
        int64_t integer;
        double number;
        struct { char *bytes; size_t length; } string;
        struct { lf_object object; lf_type *type; } object;
        lf_reference *reference;
        const lf_native *native;
        lf_native closure;
    };
} lf_op;

struct lf_list {
    lf_state *state;
    lf_frame *frame;             // whose arguments may be pushed again; null for other lists
    lf_op *ops;
    size_t count, capacity;
    int32_t height, most;        // of the stack when the list is carried out, at its end and at most
    bool failed, complex, uses_arguments;
};

// The position within a character of a stream of an untrusted script's output (visible.c).
typedef struct {
    unsigned char first;         // byte of the character
    signed char following;       // how many bytes of it are still to come
} lf_visible;

// One of the state's own standard streams (streams.c); no file where the process's streams are used.
typedef struct {
    lf_state *state;
    int32_t number;              // 0 input, 1 output, 2 errors
    FILE *file;
} lf_stream;

struct lf_state {
    lua_State *L;
    // The coroutine that runs now; read by the signal handler.
    _Atomic(lua_State *) running;
    atomic_int stop;
    atomic_int pause;
    bool exiting, sandboxed;
    atomic_bool closing, in_run;  // read by the signal handler
    int exit_code;
    char stopped_at[512];        // the line where the run was first stopped
    pthread_t thread;
    bool has_thread;
    lf_callbacks callbacks;
    lua_CFunction trampoline;    // call.c's, for push.c below it: results may be native functions

    size_t used, limit;
    size_t listed;               // bytes of the lists of instructions
    size_t cap;                  // what the run in progress may fill: the limit without what is kept back
    bool starved;                // the last run ended because memory did
    long allocations, fail_at;
    bool fail_once;

    bool ordered;                // pairs goes by the order of keys
    bool order_open;             // but a script went by one that may change

    int64_t live;                // native bytes alive
    int64_t debt;                // native bytes charged, and objects', since the collector last worked
    int64_t ceiling;             // live native bytes at which everything is collected
    int64_t since_full;          // native bytes charged since the last full collection
    int64_t after_full;          // bytes, native and Lua's, that the last full collection left

    lf_frame *frames;            // not in use
    lf_type *types;
    int slots;                   // registry index of the table of referenced values
    int held_slots;              // of the weak table of those that userdata keep alive
    int anchors;                 // of the table of userdata that were returned to Swift, see lf_anchor
    lua_Integer anchor_count;
    int invocations;             // native calls that run, inside of each other
    lua_Integer slot_count;
    lua_Integer free_count;
    lf_reference *free_slots;
    lf_reference *blocks;
    _Atomic(lf_reference *) dropped;
    lf_visible shown_output, shown_errors;  // of a sandboxed script
    lf_stream streams[3];
    bool warning;                // its warning has begun and goes on
    lua_State *finalizer;        // the coroutine that finalisers run in
    bool finalizing;
    int finishing;               // coroutines that are being closed, inside of each other
};

static inline lf_state *lf_state_of(lua_State *L) { return *(lf_state **)lua_getextraspace(L); }

// memory.c: null when memory is short.
void *lf_reallocate(lf_state *state, void *block, size_t size);
void *lf_allocate_zeroed(lf_state *state, size_t count, size_t size);
// Lua's allocator; the context is the state.
void *lf_allocate(void *context, void *block, size_t old, size_t new);
size_t lf_run_cap(const lf_state *state);
