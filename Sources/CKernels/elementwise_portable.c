// The base instruction set: NEON with SLEEF; or SSE2, where elementary functions are left to the caller.
#define CK_VECTORS 0
#include "elementwise_loops.h"
