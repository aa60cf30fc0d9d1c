// The base instruction set of the architecture.
#define CK_VECTORS 0
#include "philox_loops.h"
