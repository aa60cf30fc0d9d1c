// The base instruction set of the architecture.
#define CK_VECTORS 0
#include "reductions_loops.h"
