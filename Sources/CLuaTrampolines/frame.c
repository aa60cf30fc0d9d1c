// A frame for each native call in progress; frames are reused.
#include "list.h"

#include <stdlib.h>
#include <string.h>

// Null when memory runs out.
lf_frame *lf_frame_take(lf_state *s, size_t count) {
    lf_frame *frame = s->frames;
    if (frame) {
        s->frames = frame->next;
    } else {
        frame = lf_allocate_zeroed(s, 1, sizeof *frame);
        if (!frame) return NULL;
        frame->results = lf_list_new(s);
        if (!frame->results) {
            free(frame);
            return NULL;
        }
        frame->results->frame = frame;
    }
    if (frame->capacity < count) {
        lf_value *storage = lf_reallocate(s, frame->storage, (count + 8) * sizeof *storage);
        if (!storage) {
            lf_frame_give(s, frame);
            return NULL;
        }
        frame->storage = storage;
        frame->capacity = count + 8;
    }
    frame->values = frame->storage;
    frame->count = count;
    frame->charged = 0;
    frame->live = s->live;
    return frame;
}

void lf_frame_give(lf_state *s, lf_frame *frame) {
    lf_list_clear(frame->results);
    free(frame->message);
    frame->message = NULL;
    lf_reference_release(frame->error);
    frame->error = NULL;
    frame->count = 0;
    if (frame->capacity > 1024) {
        free(frame->storage);
        frame->storage = NULL;
        frame->capacity = 0;
    }
    frame->next = s->frames;
    s->frames = frame;
}

void lf_frame_throw(lf_frame *frame, const char *message, size_t length) {
    free(frame->message);
    frame->message = lf_reallocate(frame->results->state, NULL, length);
    frame->message_length = frame->message ? length : 0;
    if (frame->message && length) memcpy(frame->message, message, length);
}

void lf_frame_rethrow(lf_frame *frame, lf_reference *error, const char *traceback, size_t length) {
    lf_reference_retain(error);
    frame->error = error;
    lf_frame_throw(frame, traceback, length);
}
