// What every processor of this kind has.
#define CK_VECTORS 0
#include "reductions_loops.h"
