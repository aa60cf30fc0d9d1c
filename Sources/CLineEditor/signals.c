// Signals while a line is read.
//
// They are blocked in the reading thread and delivered only while it waits for a key, so that none can come between the
// check and the wait. Another thread that gets one passes it on.
#include "private.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/select.h>

static const int numbers[] = {SIGINT, SIGTSTP, SIGCONT, SIGWINCH, SIGTERM, SIGHUP, SIGQUIT};
enum { COUNT = sizeof numbers / sizeof *numbers };

// Handlers have no argument. Only one line is read at a time, as there is one terminal.
static struct sigaction previous[COUNT];
static sigset_t previous_mask;
static pthread_t reader;
static volatile sig_atomic_t reading, passing;
static atomic_int heard_now, ending_number;

static int meaning(int number) {
    switch (number) {
    case SIGINT: return LE_HEARD_INTERRUPT;
    case SIGTSTP: return LE_HEARD_STOP;
    case SIGCONT: return LE_HEARD_CONTINUE;
    case SIGWINCH: return LE_HEARD_SIZE;
    default: return LE_HEARD_END;
    }
}

static void on_signal(int number, siginfo_t *info, void *context) {
    int saved = errno;
    if (number == SIGINT && passing) {
        const struct sigaction *before = &previous[0];
        if (before->sa_flags & SA_SIGINFO) before->sa_sigaction(number, info, context);
        else if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) before->sa_handler(number);
    } else if (reading) {
        if (meaning(number) == LE_HEARD_END) atomic_store(&ending_number, number);
        atomic_fetch_or(&heard_now, meaning(number));
        // Wakes up the reader, which gets the signal itself and stops waiting.
        if (!pthread_equal(pthread_self(), reader)) pthread_kill(reader, number);
    }
    errno = saved;
}

void le_signals_begin(void) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < COUNT; i++) sigaddset(&set, numbers[i]);
    pthread_sigmask(SIG_BLOCK, &set, &previous_mask);
    reader = pthread_self();
    atomic_store(&heard_now, 0);
    passing = 0;
    reading = 1;
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < COUNT; i++) {
        sigaction(numbers[i], NULL, &previous[i]);
        // A signal that the parent has set to be ignored (nohup) stays ignored.
        if (previous[i].sa_handler != SIG_IGN || numbers[i] == SIGINT) sigaction(numbers[i], &action, NULL);
    }
}

void le_signals_end(void) {
    reading = 0;
    for (int i = 0; i < COUNT; i++) sigaction(numbers[i], &previous[i], NULL);
    pthread_sigmask(SIG_SETMASK, &previous_mask, NULL);
}

bool le_wait_readable(int descriptor, int *heard, int milliseconds, bool *timed_out) {
    *timed_out = false;
    *heard = atomic_exchange(&heard_now, 0);
    if (*heard) return false;
    sigset_t open = previous_mask;
    for (int i = 0; i < COUNT; i++) sigdelset(&open, numbers[i]);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(descriptor, &set);
    struct timespec limit = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    int ready = pselect(descriptor + 1, &set, NULL, NULL, milliseconds < 0 ? NULL : &limit, &open);
    *heard = atomic_exchange(&heard_now, 0);
    *timed_out = ready == 0 && !*heard;
    // For errors other than a signal, the read reports them.
    return !*heard && (ready > 0 || (ready < 0 && errno != EINTR));
}

static void raise_as_before(int number) {
    struct sigaction ours, before = {.sa_handler = SIG_DFL};
    for (int i = 0; i < COUNT; i++)
        if (numbers[i] == number) before = previous[i];
    sigaction(number, &before, &ours);
    sigset_t set, blocked;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, &blocked);
    raise(number);
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    sigaction(number, &ours, NULL);
}

void le_signals_pass_on(int heard) {
    if (heard & LE_HEARD_END) raise_as_before(atomic_load(&ending_number));
    if (heard & LE_HEARD_STOP) raise_as_before(SIGTSTP);
}

void le_signals_pass_interrupts(bool pass) {
    passing = pass;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    pthread_sigmask(pass ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}
