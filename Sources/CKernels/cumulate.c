// Cumulative sums. Each waits for the one before, so that vectors would not help.
#include "kernels.h"

#define CUMULATE(kind, number) \
    double ck_cumulate_##kind(const number *from, number *to, ptrdiff_t step, size_t count, double total) { \
        if (step == 1) { \
            for (size_t i = 0; i < count; i++) to[i] = (number)(total += (double)from[i]); \
        } else { \
            for (ptrdiff_t i = 0; i < (ptrdiff_t)count; i++) to[i * step] = (number)(total += (double)from[i * step]); \
        } \
        return total; \
    }
CUMULATE(floats, float)
CUMULATE(doubles, double)
