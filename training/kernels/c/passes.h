// Passes through the blocks of one network, forward and backward, compiled for one width of vectors.
#include "blocks.h"
#include "vector.h"
#include "products.h"
#include "winograd.h"
#include "filters.h"
#include "norm.h"
#include "maps.h"
#include "of-stimulus.h"
#include "by-tiles.h"
#include "direct.h"

INLINE size_t most(size_t a, size_t b) {
  return a > b ? a : b;
}

// A part of a thread's memory.
typedef struct {
  float **place;
  size_t floats;
} Part;

// Lays parts out one after the other; the last has no place. Returns how many floats they take.
static size_t place_parts(float *memory, const Part *part) {
  size_t at = 0;
  for (; part->place != NULL; part++) {
    *part->place = memory + at;
    at += (part->floats + 15) / 16 * 16;
  }
  return at;
}

#include "attend.h"
#include "adam.h"

// The memory of a thread, of the largest block.
typedef struct {
  float *factors, *bias; // [padded]
  float *plain; // filters, [tap][from][padded]
  float *turned; // [tap][to][from]
  float *filters; // in the order in which the products read them
  float *filters_gradient;
  float *map, *map_gradient; // of one image
  float *values, *products, *values_gradient; // at the points
  float *frame;
  Attending attending;
} Scratch;

// Returns how many floats they take.
static size_t lay_out(const Shape *s, float *memory, Scratch *scratch) {
  const size_t C = s->padded, widest = most(C, s->seen);
  size_t map = 0, points = 0, frame = 0, taps = 0, attending = 0;
  for (int i = 0; i < s->blocks; i++) {
    const Block *b = s->block + i;
    if (is_attention(b)) attending = lay_out_attending(s, b, memory, &scratch->attending);
    taps = most(taps, b->kind == DIRECT ? (size_t)b->kernel * b->kernel : POINTS * POINTS);
    if (b->kind != OF_STIMULUS) map = most(map, map_floats(s, b));
    if (b->kind == BY_TILES) points = most(points, tiles_in_all(b) * C * POINTS * POINTS);
    if (b->kind == DIRECT) frame = most(frame, framed_floats(s, b));
  }
  map = most(map, s->block[s->blocks - 1].rows * s->block[s->blocks - 1].columns * C);
  return attending + place_parts(memory + attending, (Part[]){{&scratch->factors, C},
                                                              {&scratch->bias, C},
                                                              {&scratch->plain, widest * C * MAX_TAPS},
                                                              {&scratch->turned, C * C * MAX_TAPS},
                                                              {&scratch->filters, C * C * taps},
                                                              {&scratch->filters_gradient, C * C * taps},
                                                              {&scratch->map, map},
                                                              {&scratch->map_gradient, map},
                                                              {&scratch->values, points},
                                                              {&scratch->products, points},
                                                              {&scratch->values_gradient, points},
                                                              {&scratch->frame, frame},
                                                              {NULL, 0}});
}

static size_t scratch_floats(const Shape *s) {
  Scratch scratch;
  return lay_out(s, NULL, &scratch);
}

INLINE int taps_of(const Block *b) {
  return b->kernel * b->kernel;
}

// Channels of what a block sees, as its filters have them, and padded. Those of the stimuli are not padded.
INLINE int seen_by(const Shape *s, int block) {
  return block == 0 ? s->seen : s->channels;
}

INLINE int padded_seen_by(const Shape *s, int block) {
  return s->block[block].kind == OF_STIMULUS ? s->seen : s->padded;
}

// The filters of a neuron, [tap][from][padded].
static void read_filters(const Shape *s, int block, const Parameters *p, int neuron, float *plain) {
  const int taps = taps_of(s->block + block), from = seen_by(s, block);
  pad_filters(p[block].weights[FILTERS] + (size_t)neuron * taps * from * s->channels, taps, from, s->channels,
              padded_seen_by(s, block), s->padded, plain);
}

// The gradient of the filters of a neuron, from [tap][from][padded].
static void write_filters(const Shape *s, int block, const float *plain, int neuron, const Gradients *gradients) {
  const int taps = taps_of(s->block + block), from = seen_by(s, block);
  float *to = gradients[block].weights[FILTERS] + (size_t)neuron * taps * from * s->channels;
  for (int tap = 0; tap < taps; tap++)
    for (int f = 0; f < from; f++, to += s->channels)
      memcpy(to, plain + ((size_t)tap * padded_seen_by(s, block) + f) * s->padded, sizeof(float) * s->channels);
}

// What a block of maps sees of an image; the margin around it is not written.
static void read_map(const Shape *s, int block, const Parameters *p, int neuron, const Kept *kept, int image,
                     Scratch *own) {
  read_factors(s, p + block - 1, neuron, image, own->factors);
  fill_map(s, block, kept, image, own->factors, own->map);
}

static void attend(const Shape *s, int block, const Parameters *p, int neuron, Kept *kept, Scratch *own) {
  const Block *b = s->block + block;
  read_attention(s, b, p + block, neuron, &own->attending);
  for (int image = 0; image < s->images; image++) {
    read_map(s, block, p, neuron, kept, image, own);
    attend_map(s, b, p + block, neuron, own->map, &own->attending,
               kept->pooled[block] + image * cells_of(s, block) * s->padded);
  }
}

static void convolve(const Shape *s, int block, const Input *input, const Parameters *p, int neuron, Kept *kept,
                     Scratch *own) {
  const Block *b = s->block + block;
  const int C = s->padded;
  read_filters(s, block, p, neuron, own->plain);
  if (b->kind == OF_STIMULUS) {
    stimulus_filters(own->plain, s->seen, C, own->filters);
    convolve_stimuli(s, input->transformed, own->filters, kept);
    return;
  }
  if (b->kind == BY_TILES) filters_to_points(own->plain, C, own->filters);
  else block_filters(own->plain, taps_of(b), C, 0, own->filters);
  memset(own->map, 0, sizeof(float) * map_floats(s, b));
  for (int image = 0; image < s->images; image++) {
    read_map(s, block, p, neuron, kept, image, own);
    float *pooled = kept->pooled[block];
    if (b->kind == BY_TILES) {
      map_to_points(s, b, own->map, own->values);
      multiply_points(s, b, own->values, own->filters, own->products);
      pool_products(s, b, own->products, image, pooled, kept->place[block]);
    } else {
      convolve_map(s, b, own->map, map_columns(b), b->rows, b->columns, own->filters,
                   pooled + image * cells_of(s, block) * C);
    }
  }
}

static void forward(const Shape *s, const Input *input, const Parameters *p, int neuron, Kept *kept, float *scratch,
                    float *map, Statistics *statistics) {
  Scratch own;
  lay_out(s, scratch, &own);
  for (int block = 0; block < s->blocks; block++) {
    const Block *b = s->block + block;
    const float *bias = own.bias;
    if (is_attention(b)) {
      attend(s, block, p, neuron, kept, &own);
      attention_bias(s, b, p + block, neuron, own.bias);
    } else {
      convolve(s, block, input, p, neuron, kept, &own);
      bias = weights_of(p + block, BIAS, s->channels, neuron);
    }
    prepare_norm(s, block, p + block, bias, neuron, kept, statistics + block);
    activate(s, block, kept);
  }
  const int last = s->blocks - 1;
  const Block *b = s->block + last;
  for (int image = 0; image < s->images; image++) {
    read_factors(s, p + last, neuron, image, own.factors);
    scatter_map(s, kept->active[last] + image * cells_of(s, last) * s->padded, b->rows, b->columns, neuron, image,
                own.factors, map);
  }
}

// The gradient of what a block saw of an image goes to the block before it.
static void pass_on(const Shape *s, int block, const Parameters *p, int neuron, Kept *kept, int image, Scratch *own) {
  const Block *b = s->block + block;
  read_factors(s, p + block - 1, neuron, image, own->factors);
  through_sigmoid(s, block - 1, image, own->factors, own->map_gradient, (long)map_columns(b) * s->padded, kept);
}

// The gradients of the weights and of what the block saw, from that of its sums.
static void through_attention(const Shape *s, int block, const Parameters *p, int neuron, Kept *kept, Scratch *own,
                              const Gradients *gradients) {
  const Block *b = s->block + block;
  read_attention(s, b, p + block, neuron, &own->attending);
  start_attention_gradients(s, &own->attending);
  for (int image = 0; image < s->images; image++) {
    read_map(s, block, p, neuron, kept, image, own);
    attention_gradient(s, b, p + block, neuron, own->map, kept->active[block] + image * cells_of(s, block) * s->padded,
                       &own->attending, own->map_gradient);
    pass_on(s, block, p, neuron, kept, image, own);
  }
  write_attention(s, b, p + block, neuron, &own->attending, gradients + block);
}

// The gradients of the filters and of what the block saw, from that of its sums.
static void through_convolution(const Shape *s, int block, const Input *input, const Parameters *p, int neuron,
                                Kept *kept, Scratch *own, const Gradients *gradients) {
  const Block *b = s->block + block;
  const int C = s->padded, taps = taps_of(b), is_tiled = b->kind == BY_TILES;
  if (b->kind == OF_STIMULUS) {
    stimulus_filters_gradient(s, input->stimuli, kept, own->plain);
    write_filters(s, block, own->plain, neuron, gradients);
    return;
  }
  read_filters(s, block, p, neuron, own->plain);
  turn_filters(own->plain, taps, C, own->turned);
  if (is_tiled) filters_to_points(own->turned, C, own->filters);
  else block_filters(own->turned, taps, C, 1, own->filters);
  memset(own->filters_gradient, 0, sizeof(float) * C * C * (is_tiled ? POINTS * POINTS : taps));
  memset(own->map, 0, sizeof(float) * map_floats(s, b));
  if (!is_tiled) memset(own->frame, 0, sizeof(float) * framed_floats(s, b));
  for (int image = 0; image < s->images; image++) {
    read_map(s, block, p, neuron, kept, image, own);
    if (is_tiled) {
      map_to_points(s, b, own->map, own->values);
      gradient_to_points(s, b, kept->active[block], kept->place[block], image, own->products);
      add_points_gradient(s, b, own->values, own->products, own->filters_gradient);
      multiply_points(s, b, own->products, own->filters, own->values_gradient);
      points_to_map(s, b, own->values_gradient, own->map_gradient);
    } else {
      const float *gradient = kept->active[block] + image * cells_of(s, block) * C;
      add_map_gradient(s, b, own->map, gradient, own->filters_gradient);
      direct_input_gradient(s, b, gradient, own->filters, own->frame, own->map_gradient);
    }
    pass_on(s, block, p, neuron, kept, image, own);
  }
  if (is_tiled) points_to_filters(own->filters_gradient, C, own->plain);
  write_filters(s, block, is_tiled ? own->plain : own->filters_gradient, neuron, gradients);
}

static void backward(const Shape *s, const Input *input, const Parameters *p, int neuron, Kept *kept, float *scratch,
                     const float *gradient, const Gradients *gradients) {
  Scratch own;
  lay_out(s, scratch, &own);
  const int last = s->blocks - 1;
  const Block *b = s->block + last;
  for (int image = 0; image < s->images; image++) {
    read_factors(s, p + last, neuron, image, own.factors);
    gather_map(s, gradient, b->rows, b->columns, neuron, image, own.map);
    through_sigmoid(s, last, image, own.factors, own.map, (long)b->columns * s->padded, kept);
  }
  for (int block = last; block >= 0; block--) {
    through_norm(s, block, p + block, neuron, kept, gradients + block);
    if (is_attention(s->block + block)) through_attention(s, block, p, neuron, kept, &own, gradients);
    else through_convolution(s, block, input, p, neuron, kept, &own, gradients);
  }
}

const BlockKernels KERNELS = {NAME, BLOCK, transformed_floats, transform, scratch_floats, forward, backward, adam};
