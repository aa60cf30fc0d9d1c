// The border between Swift and Lua.
//
// Lua raises errors by longjmp, which must never cross a Swift frame. So everything that may raise an error happens in
// C: before Swift is entered, after it has returned, or under a protected call. Swift gets decoded arguments and writes
// its results as a list of instructions, which is carried out when no Swift frame is left.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lf_state lf_state;
typedef struct lf_list lf_list;
typedef struct lf_type lf_type;
typedef struct lf_reference lf_reference;

// Swift's `any ScriptObject`, copied bit by bit: the object's address and its witness table.
typedef struct { void *words[2]; } lf_object;

// ---------------------------------------------------------------- values from Lua

enum {
    LF_NIL, LF_BOOLEAN, LF_INTEGER, LF_NUMBER, LF_STRING, LF_OBJECT, LF_TABLE, LF_FUNCTION, LF_FOREIGN
};

typedef struct {
    int32_t kind;
    union {
        int64_t integer;          // LF_BOOLEAN, LF_INTEGER
        double number;            // LF_NUMBER
        size_t length;            // LF_STRING, LF_FOREIGN
        const void *address;      // LF_TABLE, LF_FUNCTION
    };
    union {
        const char *bytes;        // LF_STRING; the type's name for LF_FOREIGN
        const lf_object *object;  // LF_OBJECT
        lf_reference *reference;  // LF_TABLE, LF_FUNCTION; owned by whoever reads the value
    };
    lf_reference *passed;         // LF_FOREIGN: the value, so that it can be passed on; owned likewise; may be null
} lf_value;

// ---------------------------------------------------------------- native functions

// The outcomes of a native function.
enum { LF_RETURN, LF_THROW, LF_RETHROW, LF_STOP };

// One call of a native function.
typedef struct lf_frame {
    const lf_value *values;
    size_t count;
    lf_list *results;
    // LF_THROW: the message. LF_RETHROW: the error's value and traceback. Set by lf_frame_throw and lf_frame_rethrow.
    char *message;
    size_t message_length;
    lf_reference *error;
    // Native bytes charged during the call, and alive after it.
    int64_t charged;
    int64_t live;
    // Private to this target.
    lf_value *storage;
    size_t capacity;
    struct lf_frame *next;
} lf_frame;

// A native function as its Lua closure refers to it.
typedef struct {
    const void *magic; // debug.setupvalue may put anything in our closures: checked at every call
    void *context;    // Swift's object for it
    int32_t bound;    // values bound in upvalues, put before the arguments
    int32_t skip;     // leading arguments to drop: 1 for a module's __call, which gets the module first
    int32_t limit;    // arguments past this one are dropped (Lua gives unary operators their operand twice); 0: none
    lf_type *makes;   // the type of the one new object that the last call gave back; null when it gave something else
} lf_native;

lf_native lf_native_make(void *context, int32_t bound, int32_t skip, int32_t limit);

typedef struct {
    int32_t (*call)(void *native, lf_frame *frame);
    void (*release_object)(void *context, lf_object *object);
    void (*release_native)(void *native);
    // The bytes that scripts hold outside of Lua's heap; asked again after objects were released.
    int64_t (*live_bytes)(void *context);
    // Opens a Lua file for reading, by the sandbox's rules; negative, with a message, when that is not allowed or
    // fails.
    int32_t (*open_script)(const char *path, char *message, size_t capacity);
    void *context;
    // Reports a file that the script is about to read or write, or has looked for; may be null.
    void (*note_file)(void *files, int32_t kind, const char *path, size_t length);
    void *files;
    // Set by lf_record_output.
    void (*note_output)(void *output, const char *bytes, size_t length);
    void *output;
    // Set by lf_take_streams.
    void (*write_stream)(int32_t stream, const char *bytes, size_t length);
    int64_t (*read_stream)(char *bytes, size_t most);
} lf_callbacks;

enum { LF_FILE_LUA, LF_FILE_LIBRARY, LF_FILE_DATA, LF_FILE_WRITTEN, LF_FILE_MISSING };

void lf_frame_throw(lf_frame *frame, const char *message, size_t length);
void lf_frame_rethrow(lf_frame *frame, lf_reference *error, const char *traceback, size_t length);

// ---------------------------------------------------------------- results, written by Swift

// None of these calls Lua. If memory runs out, the list records it, and carrying it out raises "not enough memory".
void lf_put_nil(lf_list *list);
void lf_put_boolean(lf_list *list, bool flag);
void lf_put_integer(lf_list *list, int64_t integer);
void lf_put_number(lf_list *list, double number);
void lf_put_string(lf_list *list, const char *bytes, size_t length);
// Takes over the reference that `object` holds. If the object is among the call's arguments, its userdata is pushed,
// and the result is false; if true, a new userdata is made, for which held script values may be put next.
bool lf_put_object(lf_list *list, lf_object object, lf_type *type, bool holds);
// The object put before holds this value: from now on its userdata keeps it alive, so that the collector sees cycles.
// The reference keeps it alive again only if it is still in use when the last such userdata is collected.
void lf_put_held(lf_list *list, lf_reference *reference);
void lf_put_reference(lf_list *list, lf_reference *reference);
// A function that lives as long as the state, as `native` must.
void lf_put_native(lf_list *list, const lf_native *native);
// A new function; the `native.bound` values put next are bound to it. Takes over the reference in `native.context`.
void lf_put_closure(lf_list *list, lf_native native);
void lf_end_closure(lf_list *list, int32_t bound);
// A native function's address, for the table of a type's properties.
void lf_put_native_address(lf_list *list, const lf_native *native);
// A new table. After each value that is put, one of the three functions below moves it into the table.
void lf_put_table(lf_list *list, int32_t elements, int32_t fields);
void lf_set_index(lf_list *list, int64_t index);
void lf_set_field(lf_list *list, const char *bytes, size_t length);
void lf_set_metatable(lf_list *list);
// Marks the table as one whose contents print shows.
void lf_set_record(lf_list *list);
// Makes the table, and tables in it, read-only for scripts.
void lf_set_readonly(lf_list *list);

lf_list *lf_list_new(lf_state *state);
// Whether memory ran out while the list was written.
bool lf_list_failed(const lf_list *list);
void lf_list_free(lf_list *list);

// ---------------------------------------------------------------- the state

// `limit` bounds Lua's and native bytes together; 0 means no limit. A part of it is kept back for runs after one that
// has filled the rest: each may use an eighth of what is left. `sandboxed`: only harmless libraries are opened, and
// lf_seal must follow when the host's modules are in place. Null when memory runs out.
lf_state *lf_open(lf_callbacks callbacks, size_t limit, bool sandboxed);
// Runs finalisers. The structure stays valid, so that references may still be released; lf_free ends it.
void lf_close(lf_state *state);
void lf_free(lf_state *state);

size_t lf_used_bytes(const lf_state *state);
// A full collection, under a protected call.
void lf_collect(lf_state *state);
long lf_allocation_count(const lf_state *state);
// For tests: every allocation from the nth on fails, or only the nth, both Lua's and this target's; 0 turns it off.
void lf_fail(lf_state *state, long nth, bool once);

// ---------------------------------------------------------------- object types

typedef struct {
    const lf_native *index;         // keys that are not strings; null if the type has none
    const lf_native *newindex;
    const lf_native *missing;       // called for a key that the type does not have: it throws
    const lf_native *unassignable;  // the same for assignments
} lf_type_natives;

// Lives until lf_free. Null when memory runs out.
lf_type *lf_type_new(lf_state *state, const char *name, size_t length, lf_type_natives natives);
// The list to which Swift writes the type's four tables: methods, properties, setters, metamethods.
lf_list *lf_type_members(lf_type *type);

// ---------------------------------------------------------------- protected calls

enum {
    LF_FAILURE_RUNTIME, LF_FAILURE_SYNTAX, LF_FAILURE_FILE, LF_FAILURE_MEMORY, LF_FAILURE_STOP, LF_FAILURE_EXIT
};

typedef struct {
    int32_t kind;
    int32_t exit_code;
    char *message;          // malloc'ed; lf_failure_clear frees it
    size_t message_length;
    char *traceback;        // may be null
    size_t traceback_length;
    lf_reference *value;    // the error value; may be null
} lf_failure;

void lf_failure_clear(lf_failure *failure);

// Values that a protected call left on Lua's stack. They are valid until lf_values_done.
typedef struct {
    lf_value *items;
    size_t count;
    int32_t top;
    void *stack;
} lf_values;

void lf_values_done(lf_state *state, lf_values *values);

// The message of Lua's compiler about a text, which is not run: `:12: unexpected symbol near '='`. Must be freed; null
// if the text compiles.
char *lf_syntax_error(const char *text, size_t length);

// All of these return true, or false with `failure` filled.
bool lf_run_file(lf_state *state, const char *path, lf_list *arguments, lf_values *results, lf_failure *failure);
// The result of an error object's __tostring; nil if it has none. Runs code of the script.
bool lf_error_text(lf_state *state, lf_reference *value, lf_values *text, lf_failure *failure);
bool lf_run_code(
    lf_state *state, const char *code, size_t length, const char *name, bool only_check, lf_list *arguments,
    lf_values *results, lf_failure *failure);
bool lf_call(lf_state *state, lf_reference *function, lf_list *arguments, lf_values *results, lf_failure *failure);
bool lf_get_global(lf_state *state, const char *name, lf_values *result, lf_failure *failure);
bool lf_set_global(lf_state *state, const char *name, lf_list *value, lf_failure *failure);
// Access to the variables of the script's functions that are running, until they continue: four functions names() ->
// list, read(name) -> true, value, write(name, value) -> true, close(). read and write return nothing for an unknown
// name.
bool lf_variables(lf_state *state, lf_values *results, lf_failure *failure);
// Sets the package.path that require uses.
bool lf_set_path(lf_state *state, const char *path, lf_failure *failure);
// Must be called before the first script of a sandboxed state.
bool lf_seal(lf_state *state, lf_failure *failure);

// ---------------------------------------------------------------- tables, read without metamethods

bool lf_table_at(lf_state *state, lf_reference *table, int64_t index, lf_values *result, lf_failure *failure);
bool lf_table_field(
    lf_state *state, lf_reference *table, const char *key, size_t length, lf_values *result, lf_failure *failure);
// Keys and values in turn, without positions 1...skipped. What they point to belongs to the table and must be read
// before it changes.
bool lf_table_entries(lf_state *state, lf_reference *table, int64_t skipped, lf_values *result, lf_failure *failure);
int64_t lf_table_length(lf_state *state, lf_reference *table);
// Fills `numbers` with elements 1...count; false if one is not a number.
bool lf_table_numbers(lf_state *state, lf_reference *table, double *numbers, int64_t count);
// Whether the table contains nothing but elements 1...length.
bool lf_table_is_list(lf_state *state, lf_reference *table);
// Whether it has a metatable other than that of tables made by native functions.
bool lf_table_has_metatable(lf_state *state, lf_reference *table);
// Identifies a table or function as long as it lives.
const void *lf_address(lf_state *state, lf_reference *value);
// Elements first, first + 1, ..., at most `count`, as long as they are numbers or booleans: the bits of an integer or a
// double, and LF_INTEGER, LF_NUMBER or LF_BOOLEAN. Returns how many.
int64_t lf_table_packed(
    lf_state *state, lf_reference *table, int64_t first, int64_t count, uint64_t *bits, uint8_t *kinds);

// From now on pairs visits a table's numbers and strings in sorted order, not in one that changes from run to run.
bool lf_order_pairs(lf_state *state, lf_failure *failure);
// Whether a script visited a table in an order that may differ in the next run.
bool lf_order_was_open(const lf_state *state);

// From now on output of scripts by print, io.write and io.stdout is reported as well.
bool lf_record_output(
    lf_state *state, void (*note_output)(void *output, const char *bytes, size_t length), void *output,
    lf_failure *failure);

// From now on print and io write to `write` (stream 1 for output, 2 for errors) and read from `read`, which returns how
// many bytes it put there, 0 at the end of input, negative when interrupted. Returns false where the system has no such
// streams.
bool lf_take_streams(
    lf_state *state, void (*write)(int32_t stream, const char *bytes, size_t length),
    int64_t (*read)(char *bytes, size_t most), lf_failure *failure);

// Writes out what a script left in a buffer that it gave one of these streams by setvbuf.
void lf_flush_streams(lf_state *state);

// "Lua 5.4.4": what this was compiled for.
const char *lf_lua_release(void);

// May be called from any thread, also after lf_close. The registry slot is freed at the next entry.
void lf_reference_release(lf_reference *reference);

// ---------------------------------------------------------------- interrupts

// From now on the calling thread is the state's thread.
void lf_adopt_thread(lf_state *state);
// Stops everything. May be called from any thread, and from signal handlers, while the state's thread lives.
void lf_interrupt(lf_state *state);
bool lf_is_stopping(const lf_state *state);
// Writes the running line, `script.lua:12`, into `text`; false outside of scripts. Long paths are shortened unless
// `whole`. From the state's thread only.
bool lf_location(lf_state *state, bool whole, char *text, size_t capacity);
// The same for the line where a function is defined; false for a function not written in Lua.
bool lf_definition(lf_state *state, lf_reference *function, char *text, size_t capacity);
// The number of parameters of a Lua function; -1 if it is variadic or not written in Lua.
int lf_parameters(lf_state *state, lf_reference *function);
// The same for the line at which the last run was stopped; false if it was not.
bool lf_stopped_at(lf_state *state, char *text, size_t capacity);
// Ends the run with this status, as os.exit does; the caller then returns LF_STOP.
void lf_request_exit(lf_state *state, int32_t code);
// Whether the script stops because it called os.exit, and with which status.
bool lf_is_exiting(const lf_state *state, int32_t *code);
// Call before and after a run of the outermost level.
void lf_begin_run(lf_state *state);
void lf_end_run(lf_state *state);
// A run inside the run in progress: an interrupt or os.exit in it ends only the inner one, and the state of the outer
// run is set aside. From the state's thread, in properly nested pairs of calls.
typedef struct {
    int32_t stop, presses, exit_code;
    bool exiting;
    size_t cap;
} lf_paused_run;
lf_paused_run lf_begin_nested_run(lf_state *state);
void lf_end_nested_run(lf_state *state, lf_paused_run outer);

// A hook that a script set by debug.sethook, removed for a while or for good. `function` is null if there was none.
typedef struct {
    void (*function)(void);
    int mask, count;
} lf_script_hook;
lf_script_hook lf_take_hook(lf_state *state);
void lf_put_hook(lf_state *state, lf_script_hook taken);
// Ctrl-C interrupts this state until lf_uninstall_terminal. False if another state has it. If a run does not stop
// within a second, standard error says so; two seconds after a second press the process ends with status 130.
bool lf_install_terminal(lf_state *state);
void lf_uninstall_terminal(lf_state *state);
// While a pause is offered, the first Ctrl-C asks for it and interrupts nothing. Returns whether a pause was asked for.
bool lf_offer_pause(lf_state *state, bool offered);
// Asks for a pause as Ctrl-C does; false if none is offered.
bool lf_ask_pause(lf_state *state);

// ---------------------------------------------------------------- the interpreter's thread

typedef struct lf_thread lf_thread;
lf_thread *lf_thread_start(void (*body)(void *), void *context, size_t stack_bytes);
// The context that the calling thread was started with; null on threads not started here.
void *lf_thread_context(void);
bool lf_thread_is_current(const lf_thread *thread);
// Waits for the body's end.
void lf_thread_join(lf_thread *thread);
