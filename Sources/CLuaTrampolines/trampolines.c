#include "trampolines.h"
