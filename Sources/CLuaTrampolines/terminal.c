// Ctrl-C at the terminal: asks for a pause where one is offered, stops the script, and ends a program that does not
// stop.
#include "running.h"

#include <errno.h>
#include <unistd.h>

// Whether the first Ctrl-C asks for a pause instead of interrupting.
enum { PAUSE_OFF, PAUSE_OFFERED, PAUSE_ASKED };

bool lf_offer_pause(lf_state *s, bool offered) {
    return atomic_exchange(&s->pause, offered ? PAUSE_OFFERED : PAUSE_OFF) == PAUSE_ASKED;
}

bool lf_ask_pause(lf_state *s) {
    int offered = PAUSE_OFFERED;
    return atomic_compare_exchange_strong(&s->pause, &offered, PAUSE_ASKED) || offered == PAUSE_ASKED;
}

// Signal handlers have no arguments: this pointer, and the presses since the run began, are all they can use.
static _Atomic(lf_state *) terminal_state;
static atomic_int presses;
static struct sigaction previous_interrupt, previous_alarm;
static sigset_t previous_mask;

static void say(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    (void)!write(STDERR_FILENO, text, length);
}

// Something does not return to Lua. After one press a message says so; after two the process is ended.
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

// Resets what was said and done about earlier presses. Returns how many there were.
int lf_forget_presses(lf_state *s) {
    if (atomic_load(&terminal_state) != s) return 0;
    int before = atomic_exchange(&presses, 0);
    if (before) alarm(0);
    return before;
}

void lf_restore_presses(lf_state *s, int before) {
    if (atomic_load(&terminal_state) != s) return;
    lf_forget_presses(s);
    atomic_store(&presses, before);
    if (before) alarm(before > 1 ? 2 : 1);
}

static void on_interrupt(int number) {
    (void)number;
    int saved = errno;
    lf_state *s = atomic_load(&terminal_state);
    if (s) {
        // The state is closing and a finaliser does not end: nothing is left to be saved.
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

// A Ctrl-C that came when the run had already ended, before the state was closed.
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
    // A program started from a thread that blocks signals (as Dispatch's workers do) inherits that.
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
