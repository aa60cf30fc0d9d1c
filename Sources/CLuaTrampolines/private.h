// Shared by the files of this target only.
#pragma once

#include "trampolines.h"

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdatomic.h>

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

// Where a stream of somebody else's text stands within a character (visible.c).
typedef struct {
    unsigned char first;         // byte of the character
    signed char following;       // how many bytes of it are still to come
} lf_visible;

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

    size_t used, limit;
    size_t listed;               // bytes of the lists of instructions
    size_t cap;                  // what the run in progress may fill: the limit without what is kept back
    bool starved;                // the last run ended because memory did
    long allocations, fail_at;
    bool fail_once;

    bool ordered;                // pairs goes by the order of keys
    bool order_open;             // but a script went by one that may change

    int64_t live;                // native bytes alive
    int64_t debt;                // native bytes charged since the collector last worked for them
    int64_t ceiling;             // live native bytes at which everything is collected
    int64_t since_full;          // native bytes charged since the last full collection
    int64_t after_full;          // bytes, native and Lua's, that the last full collection left

    lf_frame *frames;            // not in use
    lf_type *types;
    int slots;                   // registry index of the table of referenced values
    int held_slots;              // of the weak table of those that userdata keep alive
    lua_Integer slot_count;
    lua_Integer free_count;
    lf_reference *free_slots;
    lf_reference *blocks;
    _Atomic(lf_reference *) dropped;
    lf_visible shown_output, shown_errors;  // of a sandboxed script
    bool warning;                // its warning has begun and goes on
    lua_State *finalizer;        // the coroutine that finalisers run in
    bool finalizing;
};

extern const char lf_stop_mark;  // its address is the error value of an interrupt
extern const char lf_name_key;   // registry key of the string "__name"

static inline lf_state *lf_state_of(lua_State *L) { return *(lf_state **)lua_getextraspace(L); }

static inline bool lf_is_stop(lua_State *L, int index) {
    return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == (const void *)&lf_stop_mark;
}

int lf_raise_stop(lua_State *L);
void lf_arm(lf_state *state);
void lf_switch(lf_state *state, lua_State *to);
void lf_leave_thread(lf_state *state);
void lf_leave_if_pressed(lf_state *state);

// decode.c
void lf_decode(lua_State *L, int index, lf_value *value);
int lf_reference_needs(lua_State *L, int index);

// reference.c
void lf_drain(lf_state *state, lua_State *L);
void lf_reserve(lua_State *L, lua_Integer count);
lf_reference *lf_reference_take(lf_state *state, lua_State *L, int index);
void lf_reference_push(lua_State *L, lf_reference *reference);
void lf_hold(lua_State *L, lf_reference *reference);
void lf_let_go(lua_State *L, int box);

// list.c
void lf_list_clear(lf_list *list);

// push.c: may raise
void lf_list_push(lua_State *L, lf_list *list, int first_argument);

// call.c
int lf_trampoline(lua_State *L);
int lf_invoke(lua_State *L, const lf_native *native);

// object.c
lf_box *lf_to_box(lua_State *L, int index);
void lf_push_box(lua_State *L, lf_op *op);
lf_box *lf_push_empty_box(lua_State *L, lf_type *type);
void lf_push_native_box(lua_State *L, lf_native *native);
int lf_open_objects(lua_State *L);

// failure.c
int lf_message_handler(lua_State *L);
bool lf_protect(lf_state *state, lua_CFunction body, void *argument, int results, lf_values *values, lf_failure *failure);
void lf_remember_traceback(lua_State *L, int value, const char *bytes, size_t length);
void lf_forget_traceback(lua_State *L);

// state.c: memory that is not Lua's. Null when it is short.
void *lf_reallocate(lf_state *state, void *block, size_t size);
void *lf_allocate_zeroed(lf_state *state, size_t count, size_t size);
size_t lf_run_cap(const lf_state *state);

// reference.c
void lf_reference_retain(lf_reference *reference);

// coroutine.c, guard.c, exit.c, files.c
void lf_open_coroutines(lua_State *L);
void lf_open_guards(lua_State *L);
void lf_open_exit(lua_State *L);
void lf_open_files(lua_State *L);
bool lf_run_finalizer(lua_State *L);
int lf_call_original(lua_State *L);
// Puts `wrapper`, its upvalue 1 the original, in the place of a function of the table on the top.
void lf_wrap(lua_State *L, const char *name, lua_CFunction wrapper);

// sandbox.c, readonly.c, script_files.c
void lf_open_sandboxed(lua_State *L);
void lf_open_readonly(lua_State *L);
void lf_make_readonly(lua_State *L, bool deep);
bool lf_push_target(lua_State *L, int index);
void lf_open_require(lua_State *L);
void lf_push_loaded(lua_State *L);
void lf_open_script_files(lua_State *L);

// records.c
void lf_open_records(lua_State *L);
void lf_mark_record(lua_State *L);
bool lf_is_record(lua_State *L, int index);
// output.c
void lf_note_output(lf_state *state, const char *bytes, size_t length);

// visible.c
void lf_write_visible(lf_visible *state, FILE *file, const char *bytes, size_t length);

// ordered.c
int lf_ordered_pairs(lua_State *L);

// location.c
void lf_note_stop(lua_State *L);

// collect.c
void lf_before_call(lf_state *state, lua_State *L);
void lf_after_call(lf_state *state, lua_State *L, int64_t charged, int64_t live);

// frame.c
lf_frame *lf_frame_take(lf_state *state, size_t count);
void lf_frame_give(lf_state *state, lf_frame *frame);
