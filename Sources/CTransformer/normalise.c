#include "transformer.h"

#include <math.h>

void mvt_normalise(float *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)values[i] * values[i];
    if (sum == 0) return;
    float scale = (float)(1 / sqrt(sum));
    for (size_t i = 0; i < count; i++) values[i] *= scale;
}
