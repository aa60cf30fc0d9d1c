// Stopping a script from outside.
//
// While the flag is set, a hook raises the stop value before every instruction, so that no pcall loop survives. The
// hook is set from a signal handler on the state's own thread, which Lua allows; other threads send that signal. Every
// switch to another coroutine checks the flag and sets the hook there.
#include "stop.h"

const char lf_stop_mark;

// SIGURG is ignored by default, and out-of-band data, its purpose, is not used.
#define LF_SIGNAL SIGURG

// The state of the thread, for the signal handler.
static _Thread_local lf_state *thread_state;
static struct sigaction previous_urgent;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void hook(lua_State *L, lua_Debug *event) {
    (void)event;
    if (!atomic_load_explicit(&lf_state_of(L)->stop, memory_order_relaxed)) {
        lua_sethook(L, NULL, 0, 0);  // left over from an earlier run
        return;
    }
    lf_note_stop(L);
    lua_pushlightuserdata(L, (void *)&lf_stop_mark);
    lua_error(L);
}

void lf_arm(lf_state *s) {
    lua_State *L = atomic_load(&s->running);
    if (L) lua_sethook(L, hook, LUA_MASKCOUNT, 1);
}

void lf_switch(lf_state *s, lua_State *to) {
    // First the coroutine, then the flag; the handler does it in the opposite order, so that one of the two sees the
    // other's change.
    atomic_store_explicit(&s->running, to, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&s->stop, memory_order_relaxed)) lf_arm(s);
}

int lf_raise_stop(lua_State *L) {
    lf_state *s = lf_state_of(L);
    atomic_store(&s->stop, 1);
    lf_arm(s);
    lf_note_stop(L);
    lua_pushlightuserdata(L, (void *)&lf_stop_mark);
    return lua_error(L);
}

static void on_urgent(int number, siginfo_t *info, void *context) {
    lf_state *s = thread_state;
    if (s) {
        if (atomic_load(&s->stop)) lf_arm(s);
    } else if (previous_urgent.sa_flags & SA_SIGINFO) {
        if (previous_urgent.sa_sigaction) previous_urgent.sa_sigaction(number, info, context);
    } else if (previous_urgent.sa_handler != SIG_IGN && previous_urgent.sa_handler != SIG_DFL) {
        previous_urgent.sa_handler(number);
    }
}

static void install_urgent(void) {
    // Without SA_RESTART, so that a script that waits for input wakes up.
    struct sigaction action = {.sa_sigaction = on_urgent, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(LF_SIGNAL, &action, &previous_urgent);
}

void lf_adopt_thread(lf_state *s) {
    pthread_once(&once, install_urgent);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, LF_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    s->thread = pthread_self();
    s->has_thread = true;
    thread_state = s;
}

// The state is about to be closed: a signal that still arrives finds none.
void lf_leave_thread(lf_state *s) {
    if (thread_state == s) thread_state = NULL;
}

void lf_interrupt(lf_state *s) {
    atomic_store(&s->stop, 1);
    if (s->has_thread) pthread_kill(s->thread, LF_SIGNAL);
}

bool lf_is_stopping(const lf_state *s) { return atomic_load_explicit(&s->stop, memory_order_relaxed); }

// ---------------------------------------------------------------- hooks of scripts

// A signal may set our hook in between: the flag is checked afterwards.
lf_script_hook lf_take_hook(lf_state *s) {
    lf_script_hook taken = {0};
    lua_State *L = atomic_load(&s->running);
    lua_Hook now = L ? lua_gethook(L) : NULL;
    if (!now || now == hook) return taken;
    taken = (lf_script_hook){(void (*)(void))now, lua_gethookmask(L), lua_gethookcount(L)};
    lua_sethook(L, NULL, 0, 0);
    if (lf_is_stopping(s)) lf_arm(s);
    return taken;
}

void lf_put_hook(lf_state *s, lf_script_hook taken) {
    lua_State *L = atomic_load(&s->running);
    if (!taken.function || !L) return;
    lua_sethook(L, (lua_Hook)taken.function, taken.mask, taken.count);
    if (lf_is_stopping(s)) lf_arm(s);
}
