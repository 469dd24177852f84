#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "loops.h"
#include "transformer.h"

static const mvt_loops *loops(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &mvt_loops_avx2;
#endif
    return &mvt_loops_plain;
}

void mvt_prepare(void) { openblas_set_num_threads(1); }

/// to[rows][out] = from[rows][in] * weight[out][in]^T, without the bias.
static void multiply(float *to, const float *from, const float *weight, size_t rows, size_t in, size_t out) {
    cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, (int)out, (int)in, 1, from, (int)in, weight, (int)in, 0, to,
        (int)out);
}

/// What a pass works in, cut out of one piece of memory.
typedef struct {
    float *states, *query, *key, *value, *seen, *inner, *scores;
} room;

static float *cut(float **left, size_t count) {
    float *piece = *left;
    *left += (count + 15) & ~(size_t)15;
    return piece;
}

static bool make_room(room *room, const mvt_shape *shape, size_t tokens, size_t longest) {
    size_t width = (size_t)shape->width, flat = tokens * width;
    size_t count = 5 * (flat + 16) + tokens * (size_t)shape->inner + 16 + longest * longest + 16;
    float *memory = aligned_alloc(64, (count * sizeof(float) + 63) & ~(size_t)63);
    if (!memory) return false;
    room->states = cut(&memory, flat);
    room->query = cut(&memory, flat);
    room->key = cut(&memory, flat);
    room->value = cut(&memory, flat);
    room->seen = cut(&memory, flat);
    room->inner = cut(&memory, tokens * (size_t)shape->inner);
    room->scores = cut(&memory, longest * longest);
    return true;
}

/// room->states = the normalised sum of the embeddings of words, positions and kind.
static void begin(room *room, const mvt_shape *shape, const mvt_weights *weights, const int32_t *ids,
                  const int32_t *lengths, size_t texts) {
    size_t width = (size_t)shape->width;
    float *state = room->states;
    for (size_t text = 0; text < texts; text++)
        for (int32_t place = 0; place < lengths[text]; place++, ids++, state += width) {
            const float *word = weights->words + (size_t)*ids * width;
            const float *position = weights->positions + (size_t)place * width;
            for (size_t i = 0; i < width; i++) state[i] = word[i] + position[i] + weights->kind[i];
        }
    size_t tokens = (size_t)(state - room->states) / width;
    loops()->normalise(
        room->states, NULL, NULL, weights->embedded.gain, weights->embedded.bias, tokens, width);
}

/// room->seen = what the tokens of each text see of one another.
static void attend(room *room, const mvt_shape *shape, const int32_t *lengths, size_t texts) {
    size_t width = (size_t)shape->width, heads = (size_t)shape->heads, head = width / heads;
    float scale = 1.0f / sqrtf((float)head);
    size_t start = 0;
    for (size_t text = 0; text < texts; text++) {
        int tokens = lengths[text];
        for (size_t h = 0; h < heads; h++) {
            size_t at = start * width + h * head;
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, tokens, tokens, (int)head, 1, room->query + at, (int)width,
                room->key + at, (int)width, 0, room->scores, tokens);
            loops()->softmax(room->scores, scale, (size_t)tokens, (size_t)tokens);
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, tokens, (int)head, tokens, 1, room->scores, tokens,
                room->value + at, (int)width, 0, room->seen + at, (int)width);
        }
        start += (size_t)tokens;
    }
}

static void pass(room *room, const mvt_shape *shape, const mvt_layer *layer, const int32_t *lengths, size_t texts,
                 size_t tokens) {
    size_t width = (size_t)shape->width, inner = (size_t)shape->inner;
    const mvt_loops *each = loops();
    multiply(room->query, room->states, layer->query.weight, tokens, width, width);
    each->add_bias(room->query, layer->query.bias, tokens, width);
    multiply(room->key, room->states, layer->key.weight, tokens, width, width);
    each->add_bias(room->key, layer->key.bias, tokens, width);
    multiply(room->value, room->states, layer->value.weight, tokens, width, width);
    each->add_bias(room->value, layer->value.bias, tokens, width);
    attend(room, shape, lengths, texts);
    // The queries are not needed any more: their room takes the sum.
    float *sum = room->query;
    multiply(sum, room->seen, layer->joined.weight, tokens, width, width);
    each->normalise(
        sum, layer->joined.bias, room->states, layer->after_attention.gain, layer->after_attention.bias, tokens, width);
    multiply(room->inner, sum, layer->widened.weight, tokens, width, inner);
    each->gelu(room->inner, layer->widened.bias, tokens, inner);
    multiply(room->states, room->inner, layer->narrowed.weight, tokens, inner, width);
    each->normalise(
        room->states, layer->narrowed.bias, sum, layer->after_all.gain, layer->after_all.bias, tokens, width);
}

static void finish(const room *room, size_t width, const int32_t *lengths, size_t texts, float *out) {
    const float *state = room->states;
    for (size_t text = 0; text < texts; text++, out += width) {
        memset(out, 0, width * sizeof(float));
        for (int32_t place = 0; place < lengths[text]; place++, state += width)
            for (size_t i = 0; i < width; i++) out[i] += state[i];
        double squares = 0;
        for (size_t i = 0; i < width; i++) squares += (double)out[i] * out[i];
        if (squares == 0) continue;
        float scale = (float)(1 / sqrt(squares));
        for (size_t i = 0; i < width; i++) out[i] *= scale;
    }
}

int mvt_embed(
    const mvt_shape *shape, const mvt_weights *weights, const int32_t *ids, const int32_t *lengths, size_t texts,
    float *out) {
    size_t tokens = 0, longest = 0;
    for (size_t text = 0; text < texts; text++) {
        if (lengths[text] < 1 || lengths[text] > shape->positions) return -2;
        tokens += (size_t)lengths[text];
        if ((size_t)lengths[text] > longest) longest = (size_t)lengths[text];
    }
    for (size_t token = 0; token < tokens; token++)
        if (ids[token] < 0 || ids[token] >= shape->vocabulary) return -2;
    if (tokens == 0) return 0;
    room room;
    if (!make_room(&room, shape, tokens, longest)) return -1;
    begin(&room, shape, weights, ids, lengths, texts);
    for (int32_t layer = 0; layer < shape->layers; layer++)
        pass(&room, shape, weights->layers + layer, lengths, texts, tokens);
    finish(&room, (size_t)shape->width, lengths, texts, out);
    free(room.states);  // the piece begins with them
    return 0;
}
