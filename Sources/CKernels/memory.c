// What the system lets this process map.
#include "kernels.h"
#include <sys/resource.h>

bool ck_addresses_are_limited(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}
