// The interpreter's thread: its stack must hold Lua's 200 nested C calls with Swift frames between them.
#include "state.h"

#include <stdlib.h>

struct lf_thread {
    pthread_t thread;
    void (*body)(void *);
    void *context;
};

// What the calling thread was started with; null on any other thread. Task-locals cannot serve: tasks inherit them.
static _Thread_local void *current_context;

static void *start(void *argument) {
    lf_thread *thread = argument;
    current_context = thread->context;
    thread->body(thread->context);
    return NULL;
}

lf_thread *lf_thread_start(void (*body)(void *), void *context, size_t stack_bytes) {
    lf_thread *thread = calloc(1, sizeof *thread);
    if (!thread) return NULL;
    thread->body = body;
    thread->context = context;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    int failed = pthread_attr_setstacksize(&attributes, stack_bytes);
    if (!failed) failed = pthread_create(&thread->thread, &attributes, start, thread);
    pthread_attr_destroy(&attributes);
    if (!failed) return thread;
    free(thread);
    return NULL;
}

void *lf_thread_context(void) { return current_context; }

bool lf_thread_is_current(const lf_thread *thread) { return pthread_equal(pthread_self(), thread->thread); }

void lf_thread_join(lf_thread *thread) {
    if (lf_thread_is_current(thread)) pthread_detach(thread->thread);
    else pthread_join(thread->thread, NULL);
    free(thread);
}
