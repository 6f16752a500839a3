// Self-attention between the cells of a map, and its gradients, image by image. See passes.h.
//
// The biases of keys, values and output leave what a batch norm makes of the map as it is, so that their gradients are
// zero. All rows of queries, keys and projected values have BLOCK floats, zeros after the first PROJECTED.
#include "softmax.h"

enum { PROJECTIONS = 3 }; // queries, keys and values

typedef struct {
  // Weights of a neuron
  float *to[PROJECTIONS]; // [channel][BLOCK]
  float *back; // the transposes of `to`, [block][projection][PROJECTED][BLOCK]
  float *query_bias; // [BLOCK]
  float *output; // times gamma, [block][PROJECTED][BLOCK]
  float *output_back; // its transpose, [channel][BLOCK]
  // Sums of their gradients, as long as the weights
  float *to_gradient[PROJECTIONS]; // [channel][BLOCK]
  float *query_bias_gradient; // [BLOCK]
  float *output_gradient; // not times gamma, [BLOCK][channel]
  float *gamma_gradient; // [channel], of values that are the map itself
  // Of one image
  float *projected, *projected_gradient; // [projection][padded cell][BLOCK]
  float *values; // the map, [block][cell][BLOCK], where the values are it
  float *turned; // keys or values, [block of cells][channel][BLOCK]
  float *attention, *scores; // [cell][padded cell]; the scores are those of the backward pass alone
  float *gathered, *gathered_gradient; // [cell][channel]
  float *values_gradient; // [padded cell][channel], where the values are the map
} Attending;

INLINE int is_attention(const Block *b) {
  return b->kind == IDENTITY || b->kind == MAPPED;
}

// Queries and keys, and values where they are projected.
INLINE int projections_of(const Block *b) {
  return b->kind == MAPPED ? PROJECTIONS : PROJECTIONS - 1;
}

// Channels of the values, padded.
INLINE int values_of(const Shape *s, const Block *b) {
  return b->kind == MAPPED ? BLOCK : s->padded;
}

INLINE long in_cells(const Block *b) {
  return (long)b->rows * b->columns;
}

// Returns how many floats it takes.
static size_t lay_out_attending(const Shape *s, const Block *b, float *memory, Attending *a) {
  const size_t C = s->padded, cells = in_cells(b), keys = padded(cells), row = keys * BLOCK;
  const size_t values = values_of(s, b), own = b->kind == IDENTITY ? keys * C : 0;
  return place_parts(memory, (Part[]){{&a->to[0], C * BLOCK},
                                      {&a->to[1], C * BLOCK},
                                      {&a->to[2], C * BLOCK},
                                      {&a->back, C * PROJECTIONS * PROJECTED},
                                      {&a->query_bias, BLOCK},
                                      {&a->output, C * PROJECTED},
                                      {&a->output_back, C * BLOCK},
                                      {&a->to_gradient[0], C * BLOCK},
                                      {&a->to_gradient[1], C * BLOCK},
                                      {&a->to_gradient[2], C * BLOCK},
                                      {&a->query_bias_gradient, BLOCK},
                                      {&a->output_gradient, C * BLOCK},
                                      {&a->gamma_gradient, C},
                                      {&a->projected, PROJECTIONS * row},
                                      {&a->projected_gradient, PROJECTIONS * row},
                                      {&a->values, own},
                                      {&a->turned, keys * most(values, BLOCK)},
                                      {&a->attention, cells * keys},
                                      {&a->scores, cells * keys},
                                      {&a->gathered, cells * values},
                                      {&a->gathered_gradient, cells * values},
                                      {&a->values_gradient, own},
                                      {NULL, 0}});
}

// A matrix [channel][PROJECTED], or its transpose, times a factor.
typedef struct {
  const float *values;
  long channel, step; // floats from a channel to the next, and from a projected one to the next
  float factor;
} Matrix;

INLINE float matrix_at(const Matrix *m, int channel, int i) {
  return m->factor * m->values[channel * m->channel + i * m->step];
}

// -> [channel][BLOCK]
static void to_projected(const Shape *s, Matrix m, float *to) {
  memset(to, 0, sizeof(float) * s->padded * BLOCK);
  for (int c = 0; c < s->channels; c++)
    for (int i = 0; i < PROJECTED; i++) to[c * BLOCK + i] = matrix_at(&m, c, i);
}

// -> [block][one of `count`][PROJECTED][BLOCK]
static void from_projected(const Shape *s, const Matrix *m, int count, float *to) {
  memset(to, 0, sizeof(float) * s->padded * count * PROJECTED);
  for (int each = 0; each < count; each++)
    for (int c = 0; c < s->channels; c++)
      for (int i = 0; i < PROJECTED; i++)
        to[(((long)c / BLOCK * count + each) * PROJECTED + i) * BLOCK + c % BLOCK] = matrix_at(m + each, c, i);
}

INLINE const float *weights_of(const Parameters *p, int which, long each, int neuron) {
  return p->weights[which] + neuron * each;
}

// Prepares the weights of a neuron.
static void read_attention(const Shape *s, const Block *b, const Parameters *p, int neuron, Attending *a) {
  static const int names[PROJECTIONS] = {QUERY, KEY, VALUE};
  const long each = (long)s->channels * PROJECTED;
  const int count = projections_of(b);
  Matrix m[PROJECTIONS];
  for (int i = 0; i < count; i++) {
    m[i] = (Matrix){weights_of(p, names[i], each, neuron), PROJECTED, 1, 1};
    to_projected(s, m[i], a->to[i]);
  }
  from_projected(s, m, count, a->back);
  memset(a->query_bias, 0, sizeof(float) * BLOCK);
  memcpy(a->query_bias, weights_of(p, QUERY_BIAS, PROJECTED, neuron), sizeof(float) * PROJECTED);
  if (b->kind == IDENTITY) return;
  const Matrix output = {weights_of(p, OUTPUT, each, neuron), 1, s->channels, *weights_of(p, GAMMA, 1, neuron)};
  from_projected(s, &output, 1, a->output);
  to_projected(s, output, a->output_back);
}

// What the biases add to the map before the batch norm.
static void attention_bias(const Shape *s, const Block *b, const Parameters *p, int neuron, float *bias) {
  memset(bias, 0, sizeof(float) * s->channels);
  if (b->kind == IDENTITY) return;
  const float *output = weights_of(p, OUTPUT, (long)s->channels * PROJECTED, neuron);
  const float *value = weights_of(p, VALUE_BIAS, PROJECTED, neuron);
  const float *own = weights_of(p, OUTPUT_BIAS, s->channels, neuron);
  for (int c = 0; c < s->channels; c++) {
    float sum = own[c];
    for (int i = 0; i < PROJECTED; i++) sum += value[i] * output[i * s->channels + c];
    bias[c] = *weights_of(p, GAMMA, 1, neuron) * sum;
  }
}

// out[t][0..width) = sum over k < depth of in[t][k] * weights[block][k][BLOCK]
INLINE void multiply_wide(const float *in, long step, long depth, const float *weights, float *out, long width,
                          long count) {
  static const long none[1] = {0};
  for (long c = 0; c < width; c += BLOCK)
    multiply((Product){.in = in, .step = step, .offsets = none, .taps = 1, .depth = (int)depth,
                       .weights = weights + c * depth, .out = out + c, .out_step = width}, count);
}

// sums[i][0..width) += over cells left[cell][i] * right[cell][0..width), for i < count
INLINE void add_products(const float *left, long left_row, int count, const float *right, long width, float *sums,
                         long cells) {
  for (long c = 0; c < width; c += BLOCK)
    add_outer((Outer){.left = left, .right = right + c, .left_row = left_row, .right_row = width, .rows = (int)cells,
                      .columns = 1, .sums = sums + c, .sums_step = width}, count);
}

// [block][cell][BLOCK] -> [block of cells][depth][BLOCK], zeros after the last cell
static void turn_cells(const float *values, long depth, long cells, float *to) {
  memset(to, 0, sizeof(float) * padded(cells) * depth);
  for (long t = 0; t < cells; t++)
    for (long c = 0; c < depth; c++)
      to[(t / BLOCK * depth + c) * BLOCK + t % BLOCK] = values[(c / BLOCK * cells + t) * BLOCK + c % BLOCK];
}

// Attention, and what it gathers of the values, of a map [cell][channel]. Returns the values, [block][cell][BLOCK].
static const float *gather_values(const Shape *s, const Block *b, const float *map, Attending *a) {
  const int C = s->padded;
  const long cells = in_cells(b), keys = padded(cells), row = keys * BLOCK;
  float *query = a->projected, *key = query + row;
  for (int i = 0; i < projections_of(b); i++) multiply_wide(map, C, C, a->to[i], a->projected + i * row, BLOCK, cells);
  for (long t = 0; t < cells; t++)
    for (int c = 0; c < BLOCK; c += WIDTH) *(vec *)(query + t * BLOCK + c) += *(const vec *)(a->query_bias + c);
  turn_cells(key, PROJECTED, cells, a->turned);
  multiply_wide(query, BLOCK, PROJECTED, a->turned, a->attention, keys, cells);
  for (long t = 0; t < cells; t++) softmax(a->attention + t * keys, cells);
  const float *values = key + row;
  if (b->kind == IDENTITY) {
    values = a->values;
    for (int c = 0; c < C; c += BLOCK)
      for (long t = 0; t < cells; t++)
        memcpy(a->values + c * cells + t * BLOCK, map + t * C + c, sizeof(float) * BLOCK);
  }
  multiply_wide(a->attention, keys, cells, values, a->gathered, values_of(s, b), cells);
  return values;
}

// map + gamma * output(gathered), without the biases
static void attend_map(const Shape *s, const Block *b, const Parameters *p, int neuron, const float *map,
                       Attending *a, float *sums) {
  const long all = in_cells(b) * s->padded;
  gather_values(s, b, map, a);
  if (b->kind == MAPPED) multiply_wide(a->gathered, BLOCK, PROJECTED, a->output, sums, s->padded, in_cells(b));
  const float *output = b->kind == MAPPED ? sums : a->gathered;
  const float factor = b->kind == MAPPED ? 1 : *weights_of(p, GAMMA, 1, neuron);
  for (long i = 0; i < all; i += WIDTH)
    *(vec *)(sums + i) = *(const vec *)(map + i) + factor * *(const vec *)(output + i);
}

// The gradient of the attention -> that of the scores.
static void through_softmax(const float *attention, long cells, float *gradient) {
  const long keys = padded(cells);
  for (long t = 0; t < cells; t++, attention += keys, gradient += keys) {
    vec sum = (vec){0};
    for (long k = 0; k < keys; k += WIDTH) sum += *(const vec *)(attention + k) * *(const vec *)(gradient + k);
    const vec mean = broadcast(sum_of(sum));
    for (long k = 0; k < keys; k += WIDTH)
      *(vec *)(gradient + k) = *(const vec *)(attention + k) * (*(const vec *)(gradient + k) - mean);
  }
}

static void start_attention_gradients(const Shape *s, Attending *a) {
  const size_t size = sizeof(float) * s->padded * BLOCK;
  for (int i = 0; i < PROJECTIONS; i++) memset(a->to_gradient[i], 0, size);
  memset(a->output_gradient, 0, size);
  memset(a->query_bias_gradient, 0, sizeof(float) * BLOCK);
  memset(a->gamma_gradient, 0, sizeof(float) * s->padded);
}

// The gradient of what the values gathered, from that of the sums; adds those of output and gamma.
static void through_output(const Shape *s, const Block *b, const Parameters *p, int neuron, const float *gradient,
                           Attending *a) {
  const int C = s->padded;
  const long cells = in_cells(b);
  if (b->kind == MAPPED) {
    add_products(a->gathered, BLOCK, PROJECTED, gradient, C, a->output_gradient, cells);
    multiply_wide(gradient, C, C, a->output_back, a->gathered_gradient, BLOCK, cells);
    return;
  }
  const float gamma = *weights_of(p, GAMMA, 1, neuron);
  for (long t = 0; t < cells; t++)
    for (int c = 0; c < C; c += WIDTH) {
      const vec own = *(const vec *)(gradient + t * C + c);
      *(vec *)(a->gamma_gradient + c) += own * *(const vec *)(a->gathered + t * C + c);
      *(vec *)(a->gathered_gradient + t * C + c) = gamma * own;
    }
}

// The gradients of an image, from that of the sums.
static void attention_gradient(const Shape *s, const Block *b, const Parameters *p, int neuron, const float *map,
                               const float *gradient, Attending *a, float *map_gradient) {
  const int C = s->padded, count = projections_of(b), width = values_of(s, b);
  const long cells = in_cells(b), keys = padded(cells), row = keys * BLOCK;
  const long offsets[PROJECTIONS] = {0, row, 2 * row};
  const float *query = a->projected, *key = query + row;
  float *of_query = a->projected_gradient, *of_key = of_query + row;
  const float *values = gather_values(s, b, map, a);
  through_output(s, b, p, neuron, gradient, a);

  const long depth = b->kind == MAPPED ? PROJECTED : C;
  turn_cells(values, depth, cells, a->turned);
  multiply_wide(a->gathered_gradient, width, depth, a->turned, a->scores, keys, cells);
  through_softmax(a->attention, cells, a->scores);

  multiply_wide(a->scores, keys, cells, key, of_query, BLOCK, cells);
  float *of_values = b->kind == MAPPED ? of_key + row : a->values_gradient;
  memset(of_key, 0, sizeof(float) * keys * BLOCK);
  add_products(a->scores, keys, (int)cells, query, BLOCK, of_key, cells);
  memset(of_values, 0, sizeof(float) * keys * width);
  add_products(a->attention, keys, (int)cells, a->gathered_gradient, width, of_values, cells);

  for (int i = 0; i < count; i++)
    add_products(map, C, C, a->projected_gradient + i * row, BLOCK, a->to_gradient[i], cells);
  for (long t = 0; t < cells; t++)
    for (int c = 0; c < BLOCK; c += WIDTH)
      *(vec *)(a->query_bias_gradient + c) += *(const vec *)(of_query + t * BLOCK + c);
  for (int c = 0; c < C; c += BLOCK)
    multiply((Product){.in = a->projected_gradient, .step = BLOCK, .offsets = offsets, .taps = count,
                       .depth = PROJECTED, .weights = a->back + (long)c * count * PROJECTED, .out = map_gradient + c,
                       .out_step = C}, cells);
  for (long i = 0; i < cells * C; i += WIDTH) {
    *(vec *)(map_gradient + i) += *(const vec *)(gradient + i);
    if (b->kind == IDENTITY) *(vec *)(map_gradient + i) += *(const vec *)(a->values_gradient + i);
  }
}

// The gradients of a neuron's weights, from their sums over all images.
static void write_attention(const Shape *s, const Block *b, const Parameters *p, int neuron, const Attending *a,
                            const Gradients *gradients) {
  static const int names[PROJECTIONS] = {QUERY, KEY, VALUE};
  const int C = s->padded;
  const long each = (long)s->channels * PROJECTED;
  for (int i = 0; i < projections_of(b); i++)
    for (int c = 0; c < s->channels; c++)
      memcpy(gradients->weights[names[i]] + neuron * each + c * PROJECTED, a->to_gradient[i] + (long)c * BLOCK,
             sizeof(float) * PROJECTED);
  memcpy(gradients->weights[QUERY_BIAS] + (long)neuron * PROJECTED, a->query_bias_gradient, sizeof(float) * PROJECTED);
  float of_gamma = 0;
  if (b->kind == IDENTITY) {
    for (int c = 0; c < s->channels; c++) of_gamma += a->gamma_gradient[c];
  } else {
    const float *output = weights_of(p, OUTPUT, each, neuron), gamma = *weights_of(p, GAMMA, 1, neuron);
    float *to = gradients->weights[OUTPUT] + neuron * each;
    for (int i = 0; i < PROJECTED; i++)
      for (int c = 0; c < s->channels; c++) {
        const float sum = a->output_gradient[i * C + c];
        to[i * s->channels + c] = gamma * sum;
        of_gamma += output[i * s->channels + c] * sum;
      }
  }
  gradients->weights[GAMMA][neuron] = of_gamma;
}
