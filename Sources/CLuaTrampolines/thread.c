// The interpreter's thread: its stack must hold Lua's 200 nested C calls with Swift frames between them.
#include "private.h"

#include <stdlib.h>

struct lf_thread {
    pthread_t thread;
    void (*body)(void *);
    void *context;
};

static void *start(void *argument) {
    lf_thread *thread = argument;
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
    pthread_attr_setstacksize(&attributes, stack_bytes);
    int failed = pthread_create(&thread->thread, &attributes, start, thread);
    pthread_attr_destroy(&attributes);
    if (!failed) return thread;
    free(thread);
    return NULL;
}

bool lf_thread_is_current(const lf_thread *thread) { return pthread_equal(pthread_self(), thread->thread); }

void lf_thread_join(lf_thread *thread) {
    if (lf_thread_is_current(thread)) pthread_detach(thread->thread);
    else pthread_join(thread->thread, NULL);
    free(thread);
}
