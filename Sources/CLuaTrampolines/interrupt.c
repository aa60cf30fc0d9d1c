// Stopping a script from outside.
//
// The flag is sticky: while it is set a hook raises the stop value before every instruction, so that no pcall loop
// survives. The hook is set from a signal handler on the state's own thread, which Lua allows; other threads send that
// signal. Every switch to another coroutine looks at the flag and arms that one.
#include "private.h"

#include <errno.h>
#include <unistd.h>

const char lf_stop_mark;

// SIGURG: ignored unless somebody asks for it, as nobody does for out-of-band data.
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
    // First the coroutine, then the flag; the handler goes the other way round, so one of the two sees the other.
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
    // No SA_RESTART: a script that waits for input must wake up.
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

// The state is about to end: a signal that is still on its way finds none.
void lf_leave_thread(lf_state *s) {
    if (thread_state == s) thread_state = NULL;
}

void lf_interrupt(lf_state *s) {
    atomic_store(&s->stop, 1);
    if (s->has_thread) pthread_kill(s->thread, LF_SIGNAL);
}

bool lf_is_stopping(const lf_state *s) { return atomic_load_explicit(&s->stop, memory_order_relaxed); }

// ---------------------------------------------------------------- the terminal's Ctrl-C

// Whether the first Ctrl-C asks for a pause instead of interrupting.
enum { PAUSE_OFF, PAUSE_OFFERED, PAUSE_ASKED };

bool lf_offer_pause(lf_state *s, bool offered) {
    return atomic_exchange(&s->pause, offered ? PAUSE_OFFERED : PAUSE_OFF) == PAUSE_ASKED;
}

bool lf_ask_pause(lf_state *s) {
    int offered = PAUSE_OFFERED;
    return atomic_compare_exchange_strong(&s->pause, &offered, PAUSE_ASKED) || offered == PAUSE_ASKED;
}

// A signal handler has no argument: this one pointer, and the presses since the run began, are all it can know.
static _Atomic(lf_state *) terminal_state;
static atomic_int presses;
static struct sigaction previous_interrupt, previous_alarm;
static sigset_t previous_mask;

static void say(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    (void)!write(STDERR_FILENO, text, length);
}

// Something does not come back to Lua. After one press that is said; after two it is the backstop.
static void on_alarm(int number) {
    (void)number;
    int saved = errno;
    lf_state *s = atomic_load(&terminal_state);
    if (atomic_load(&presses) > 1) {
        say("\nended: the call did not stop\n");
        _exit(130);
    }
    if (s && atomic_load(&s->in_run) && atomic_load(&s->stop))
        say("\nstill inside a call that cannot be stopped; Ctrl-C again ends the program\n");
    errno = saved;
}

// What was said or done about earlier presses counts no more.
static int forget_presses(void) {
    int before = atomic_exchange(&presses, 0);
    if (before) alarm(0);
    return before;
}

static void on_interrupt(int number) {
    (void)number;
    int saved = errno;
    lf_state *s = atomic_load(&terminal_state);
    if (s) {
        // The state is going, and a finaliser keeps it: nothing is left to be saved.
        if (atomic_load(&s->closing)) _exit(130);
        int offered = PAUSE_OFFERED;
        if (atomic_compare_exchange_strong(&s->pause, &offered, PAUSE_ASKED)) {
            say("\npausing after this step; Ctrl-C again interrupts\n");
            errno = saved;
            return;
        }
        switch (atomic_fetch_add(&presses, 1)) {
        case 0: alarm(1); break;
        case 1: alarm(2); break;
        default: break;
        }
        lf_interrupt(s);
    }
    errno = saved;
}

// A Ctrl-C that came when the run had ended already, before the state was going.
void lf_leave_if_pressed(lf_state *s) {
    if (atomic_load(&terminal_state) == s && atomic_load(&presses)) _exit(130);
}

bool lf_install_terminal(lf_state *s) {
    lf_state *nobody = NULL;
    if (!atomic_compare_exchange_strong(&terminal_state, &nobody, s)) return false;
    atomic_store(&presses, 0);
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &previous_interrupt);
    struct sigaction last = {.sa_handler = on_alarm};
    sigemptyset(&last.sa_mask);
    sigaction(SIGALRM, &last, &previous_alarm);
    // A program started from a thread that blocks signals (Dispatch's workers do) inherits that.
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGINT);
    sigaddset(&heard, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &heard, &previous_mask);
    return true;
}

void lf_uninstall_terminal(lf_state *s) {
    if (atomic_load(&terminal_state) != s) return;
    alarm(0);
    pthread_sigmask(SIG_SETMASK, &previous_mask, NULL);
    sigaction(SIGINT, &previous_interrupt, NULL);
    sigaction(SIGALRM, &previous_alarm, NULL);
    atomic_store(&terminal_state, NULL);
}

// ---------------------------------------------------------------- hooks of scripts

// A signal may arm ours in between: the flag is looked at afterwards.
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

// ---------------------------------------------------------------- runs

void lf_begin_run(lf_state *s) {
    atomic_store(&s->stop, 0);
    atomic_store(&s->pause, PAUSE_OFF);
    s->exiting = false;
    s->exit_code = 0;
    s->stopped_at[0] = 0;
    if (atomic_load(&terminal_state) == s) forget_presses();
    // What Swift let go between the runs.
    s->live = s->callbacks.live_bytes(s->callbacks.context);
    if (s->starved) {
        s->starved = false;
        lf_collect(s);  // finalisers run in it, which those of Lua's own, made when an allocation fails, do not
    }
    s->cap = lf_run_cap(s);
    atomic_store(&s->in_run, true);
}

void lf_end_run(lf_state *s) {
    atomic_store(&s->in_run, false);
    atomic_store(&s->stop, 0);
    if (atomic_load(&terminal_state) == s) forget_presses();
}

// A hook that the outer run's interrupt has set takes itself off when it finds no reason to stop.
lf_paused_run lf_begin_nested_run(lf_state *s) {
    lf_paused_run outer = {.exit_code = s->exit_code, .exiting = s->exiting, .cap = s->cap};
    outer.stop = atomic_exchange(&s->stop, 0);
    s->exiting = false;
    s->exit_code = 0;
    if (atomic_load(&terminal_state) == s) outer.presses = forget_presses();
    s->cap = lf_run_cap(s);
    return outer;
}

void lf_end_nested_run(lf_state *s, lf_paused_run outer) {
    s->stopped_at[0] = 0;
    s->exiting = outer.exiting;
    s->exit_code = outer.exit_code;
    s->cap = outer.cap;
    if (atomic_load(&terminal_state) == s) {
        forget_presses();
        atomic_store(&presses, outer.presses);
        if (outer.presses) alarm(outer.presses > 1 ? 2 : 1);
    }
    atomic_store(&s->stop, outer.stop);
    if (outer.stop) lf_arm(s);
}
