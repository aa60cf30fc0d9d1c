// The lists of instructions that Swift writes: plain memory, without Lua.
#include "list.h"

#include <stdlib.h>
#include <string.h>

lf_list *lf_list_new(lf_state *state) {
    lf_list *list = lf_allocate_zeroed(state, 1, sizeof *list);
    if (list) list->state = state;
    return list;
}

bool lf_list_failed(const lf_list *list) { return list->failed; }

static void release_op(lf_state *s, lf_op *op) {
    switch (op->code) {
    case OP_STRING:
    case OP_SET_FIELD:
        s->listed -= op->string.length;
        free(op->string.bytes);
        break;
    case OP_OBJECT:
        if (op->object.object.words[0]) s->callbacks.release_object(s->callbacks.context, &op->object.object);
        break;
    case OP_REFERENCE:
    case OP_HELD:
        lf_reference_release(op->reference);
        break;
    case OP_CLOSURE:
        if (op->closure.context) s->callbacks.release_native(op->closure.context);
        break;
    default:
        break;
    }
}

static void free_ops(lf_list *list) {
    list->state->listed -= list->capacity * sizeof *list->ops;
    free(list->ops);
    list->ops = NULL;
    list->capacity = 0;
}

void lf_list_clear(lf_list *list) {
    for (size_t i = 0; i < list->count; i++) release_op(list->state, &list->ops[i]);
    list->count = 0;
    list->height = list->most = 0;
    list->failed = list->complex = list->uses_arguments = false;
    if (list->capacity > 1024) {  // one large result must not keep its memory for ever
        free_ops(list);
    }
}

void lf_list_free(lf_list *list) {
    if (!list) return;
    lf_list_clear(list);
    free_ops(list);
    free(list);
}

static bool fits(const lf_state *s, size_t bytes) {
    size_t held = s->used + s->listed + (s->live > 0 ? (size_t)s->live : 0);
    return !s->cap || (bytes <= s->cap && held <= s->cap - bytes);
}

// As with Lua's own allocations: a failed one is tried again after a garbage collection.
static bool has_room(lf_state *s, size_t bytes) {
    if (fits(s, bytes)) return true;
    lf_collect(s);
    return fits(s, bytes);
}

// Takes over what the instruction holds, also when memory runs out.
static void append(lf_list *list, lf_op op, int32_t change) {
    if (list->failed) {
        release_op(list->state, &op);
        return;
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 8;
        size_t more = (capacity - list->capacity) * sizeof(lf_op);
        lf_op *ops = has_room(list->state, more) ? lf_reallocate(list->state, list->ops, capacity * sizeof *ops) : NULL;
        if (!ops) {
            list->failed = list->complex = true;
            release_op(list->state, &op);
            return;
        }
        list->state->listed += more;
        list->ops = ops;
        list->capacity = capacity;
    }
    list->ops[list->count++] = op;
    list->height += change;
    if (list->height > list->most) list->most = list->height;
}

static void append_string(lf_list *list, lf_opcode code, const char *bytes, size_t length, int32_t change) {
    list->complex = true;
    char *copy = has_room(list->state, length) ? lf_reallocate(list->state, NULL, length) : NULL;
    if (!copy) {
        list->failed = true;
        return;
    }
    list->state->listed += length;
    if (length) memcpy(copy, bytes, length);
    append(list, (lf_op){.code = code, .string = {copy, length}}, change);
}

void lf_put_nil(lf_list *list) { append(list, (lf_op){.code = OP_NIL}, 1); }

void lf_put_boolean(lf_list *list, bool flag) { append(list, (lf_op){.code = OP_BOOLEAN, .integer = flag}, 1); }

void lf_put_integer(lf_list *list, int64_t integer) {
    append(list, (lf_op){.code = OP_INTEGER, .integer = integer}, 1);
}

void lf_put_number(lf_list *list, double number) { append(list, (lf_op){.code = OP_NUMBER, .number = number}, 1); }

void lf_put_string(lf_list *list, const char *bytes, size_t length) {
    append_string(list, OP_STRING, bytes, length, 1);
}

bool lf_put_object(lf_list *list, lf_object object, lf_type *type, bool holds) {
    lf_op op = {.code = OP_OBJECT, .small = holds, .object = {object, type}};
    for (size_t i = 0; list->frame && i < list->frame->count; i++) {
        const lf_value *value = &list->frame->values[i];
        if (value->kind != LF_OBJECT || value->object->words[0] != object.words[0]) continue;
        release_op(list->state, &op);
        list->uses_arguments = true;
        append(list, (lf_op){.code = OP_ARGUMENT, .small = (int32_t)i}, 1);
        return false;
    }
    list->complex = true;
    append(list, op, 1);
    return true;
}

void lf_put_held(lf_list *list, lf_reference *reference) {
    lf_reference_retain(reference);
    append(list, (lf_op){.code = OP_HELD, .reference = reference}, 0);
}

void lf_put_reference(lf_list *list, lf_reference *reference) {
    lf_reference_retain(reference);
    append(list, (lf_op){.code = OP_REFERENCE, .reference = reference}, 1);
}

void lf_put_native(lf_list *list, const lf_native *native) {
    list->complex = true;
    append(list, (lf_op){.code = OP_NATIVE, .native = native}, 1);
}

void lf_put_native_address(lf_list *list, const lf_native *native) {
    append(list, (lf_op){.code = OP_ADDRESS, .native = native}, 1);
}

void lf_put_closure(lf_list *list, lf_native native) {
    list->complex = true;
    append(list, (lf_op){.code = OP_CLOSURE, .closure = native}, 1);
}

void lf_end_closure(lf_list *list, int32_t bound) {
    append(list, (lf_op){.code = OP_END_CLOSURE, .small = bound}, -bound);
}

void lf_put_table(lf_list *list, int32_t elements, int32_t fields) {
    list->complex = true;
    append(list, (lf_op){.code = OP_TABLE, .small = elements, .integer = fields}, 1);
}

void lf_set_index(lf_list *list, int64_t index) {
    append(list, (lf_op){.code = OP_SET_INDEX, .integer = index}, -1);
}

void lf_set_field(lf_list *list, const char *bytes, size_t length) {
    append_string(list, OP_SET_FIELD, bytes, length, -1);
}

void lf_set_metatable(lf_list *list) { append(list, (lf_op){.code = OP_SET_METATABLE}, -1); }

void lf_set_record(lf_list *list) { append(list, (lf_op){.code = OP_RECORD}, 0); }

void lf_set_readonly(lf_list *list) { append(list, (lf_op){.code = OP_READONLY}, 0); }
