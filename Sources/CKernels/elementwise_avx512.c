// x86 with 512-bit vectors.
#include "dispatch.h"
#if CK_X86
#define CK_VECTORS 2
#include "elementwise_loops.h"
#endif
