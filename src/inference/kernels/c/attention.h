// Self-attention between the cells of a map. See kernels.h.
#include "softmax.h"

// Weights: query [block][from][BLOCK], its bias [C]; keep [C]; bias [C]; gather [block][from][BLOCK].
typedef struct {
  const float *query, *query_bias, *keep, *bias, *gather;
} AttentionWeights;

INLINE AttentionWeights attention_weights(const float *w, int C) {
  const size_t square = (size_t)C * C;
  return (AttentionWeights){w, w + square, w + square + C, w + square + 2 * C, w + square + 3 * C};
}

static size_t attention_floats(long seen, long cells, int C) {
  return (size_t)(cells * C + padded(cells) * C + 3 * seen * C + seen * padded(cells));
}

static void attend(const Step *s, int C, const float *weights, Map in, int rows, int columns, float *scratch, Map out) {
  static const long none[1] = {0};
  const AttentionWeights w = attention_weights(weights, C);
  const long cells = (long)rows * columns, seen = (long)s->height * s->width, keys = padded(cells);
  float *values = scratch, *turned = values + cells * C, *own = turned + keys * C, *query = own + seen * C;
  float *gathered = query + seen * C, *attention = gathered + seen * C;
  for (int y = 0; y < rows; y++) memcpy(values + (long)y * columns * C, cell(in, C, y, 0), sizeof(float) * columns * C);
  for (int y = 0; y < s->height; y++)
    memcpy(own + (long)y * s->width * C, cell(in, C, s->top + y, s->left), sizeof(float) * s->width * C);
  // [block of keys][channel][BLOCK]
  memset(turned, 0, sizeof(float) * keys * C);
  for (long k = 0; k < cells; k++)
    for (int c = 0; c < C; c++) turned[(k / BLOCK * C + c) * BLOCK + k % BLOCK] = values[k * C + c];

  for (int b = 0; b < C; b += BLOCK)
    multiply((Product){.in = own, .step = C, .offsets = none, .taps = 1, .depth = C,
                       .weights = w.query + (size_t)b * C, .out = query + b, .out_step = C}, seen);
  for (long t = 0; t < seen; t++)
    for (int c = 0; c < C; c += WIDTH) *(vec *)(query + t * C + c) += *(const vec *)(w.query_bias + c);
  for (long b = 0; b < keys; b += BLOCK)
    multiply((Product){.in = query, .step = C, .offsets = none, .taps = 1, .depth = C,
                       .weights = turned + b * C, .out = attention + b, .out_step = keys}, seen);
  for (long t = 0; t < seen; t++) softmax(attention + t * keys, cells);
  // the values as weights: [block][cell][BLOCK]
  for (int b = 0; b < C; b += BLOCK)
    for (long k = 0; k < cells; k++) memcpy(turned + (b * cells + k * BLOCK), values + k * C + b, sizeof(float) * BLOCK);
  for (int b = 0; b < C; b += BLOCK)
    multiply((Product){.in = attention, .step = keys, .offsets = none, .taps = 1, .depth = (int)cells,
                       .weights = turned + b * cells, .out = gathered + b, .out_step = C}, seen);
  for (int b = 0; b < C; b += BLOCK)
    multiply((Product){.in = gathered, .step = C, .offsets = none, .taps = 1, .depth = C,
                       .weights = w.gather + (size_t)b * C, .out = query + b, .out_step = C}, seen);
  for (long t = 0; t < seen; t++)
    for (int c = 0; c < C; c += WIDTH) {
      const vec kept = *(const vec *)(own + t * C + c) * *(const vec *)(w.keep + c) + *(const vec *)(w.bias + c);
      *(vec *)(cell(out, C, (int)(t / s->width), (int)(t % s->width)) + c) =
          sigmoid(*(const vec *)(query + t * C + c) + kept);
    }
}
