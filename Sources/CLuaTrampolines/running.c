// The beginning and end of runs, and nested runs.
#include "running.h"

void lf_begin_run(lf_state *s) {
    atomic_store(&s->stop, 0);
    lf_offer_pause(s, false);
    s->exiting = false;
    s->exit_code = 0;
    s->stopped_at[0] = 0;
    lf_forget_presses(s);
    // Reflects what Swift has released between runs.
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
    lf_forget_presses(s);
}

// A hook set by the outer run's interrupt removes itself when it finds no reason to stop.
lf_paused_run lf_begin_nested_run(lf_state *s) {
    lf_paused_run outer = {.exit_code = s->exit_code, .exiting = s->exiting, .cap = s->cap};
    outer.stop = atomic_exchange(&s->stop, 0);
    s->exiting = false;
    s->exit_code = 0;
    outer.presses = lf_forget_presses(s);
    s->cap = lf_run_cap(s);
    return outer;
}

void lf_end_nested_run(lf_state *s, lf_paused_run outer) {
    s->stopped_at[0] = 0;
    s->exiting = outer.exiting;
    s->exit_code = outer.exit_code;
    s->cap = outer.cap;
    lf_restore_presses(s, outer.presses);
    atomic_store(&s->stop, outer.stop);
    if (outer.stop) lf_arm(s);
}
