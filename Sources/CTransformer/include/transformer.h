// Forward passes of small encoders of the BERT family: products by OpenBLAS, the rest by loops of our own.
#ifndef MEMVEC_TRANSFORMER_H
#define MEMVEC_TRANSFORMER_H

#include <stddef.h>
#include <stdint.h>

/// The sizes of a model; width is a multiple of 8 and of heads, inner a multiple of 8.
typedef struct mvt_shape {
    int32_t layers, heads, width, inner, vocabulary, positions;
} mvt_shape;

/// A dense layer: weight[out][in], bias[out].
typedef struct mvt_dense {
    const float *weight, *bias;
} mvt_dense;

/// A normalisation: gain[width], bias[width].
typedef struct mvt_norm {
    const float *gain, *bias;
} mvt_norm;

typedef struct mvt_layer {
    mvt_dense query, key, value, joined, widened, narrowed;
    mvt_norm after_attention, after_all;
} mvt_layer;

/// The weights, which stay the caller's.
typedef struct mvt_weights {
    const float *words;      // [vocabulary][width]
    const float *positions;  // [positions][width]
    const float *kind;       // [width], of the first kind of token
    mvt_norm embedded;
    const mvt_layer *layers;
} mvt_weights;

/// Makes OpenBLAS work in its caller's thread: who embeds brings threads of their own.
void mvt_prepare(void);

/// Embeds texts: of each the mean of its tokens' last states, scaled to length 1.
///
/// `ids` holds the tokens of all texts one after another, `lengths` how many each has, 1 to `positions`. `out` takes
/// width floats a text. 0, -1 when memory is short, -2 when an id or a length is out of range. Any number of threads.
int mvt_embed(
    const mvt_shape *shape, const mvt_weights *weights, const int32_t *ids, const int32_t *lengths, size_t texts,
    float *out);

#endif
