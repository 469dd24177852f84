// Vectors of 8 are passed between functions of this file alone: how others would pass them does not matter.
#pragma clang diagnostic ignored "-Wpsabi"
#define LOOPS mvt_loops_plain
#define LANES
#include "loops_body.h"
