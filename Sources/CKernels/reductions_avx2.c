// x86 with 256-bit vectors.
#include "dispatch.h"
#if CK_X86
#define CK_VECTORS 1
#include "reductions_loops.h"
#endif
