#if defined(__x86_64__)
#define LOOPS mvt_loops_avx2
#define LANES __attribute__((target("avx2,fma")))
#include "loops_body.h"
#endif
