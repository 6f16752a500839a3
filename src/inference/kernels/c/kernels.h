// The layers of one network, compiled for one width of vectors. Maps are [row][column][channel], channels padded to
// a multiple of BLOCK.
#include "network.h"
#include "vector.h"
#include <string.h>
#include "products.h"

enum { TILE = 4, POINTS = TILE + 5 - 1 };

// Winograd's F(4, 5) with the points 0, 1, -1, 2, -2, 1/2, -1/2 and infinity (Lavin and Gray 2016, arXiv 1509.09308).
// B^T d: eight values to eight.
INLINE void transform_input(const vec d[POINTS], vec o[POINTS]) {
  o[0] = 4.0f * (d[0] - d[6]) + 21.0f * (d[4] - d[2]);
  vec even = 17.0f * d[4] - 4.0f * (d[2] + d[6]);
  vec odd = 17.0f * d[3] - 4.0f * (d[1] + d[5]);
  o[1] = even + odd;
  o[2] = even - odd;
  even = d[2] - 5.0f * d[4] + 4.0f * d[6];
  odd = 2.0f * d[1] - 10.0f * d[3] + 8.0f * d[5];
  o[3] = even + odd;
  o[4] = even - odd;
  even = 8.0f * d[2] - 10.0f * d[4] + 2.0f * d[6];
  odd = 4.0f * d[1] - 5.0f * d[3] + d[5];
  o[5] = even + odd;
  o[6] = even - odd;
  o[7] = 4.0f * (d[7] - d[1]) + 21.0f * (d[3] - d[5]);
}

// A^T m: eight products to four sums.
INLINE void transform_output(const vec m[POINTS], vec y[TILE]) {
  const vec s1 = m[1] + m[2], d1 = m[1] - m[2];
  const vec s2 = m[3] + m[4], d2 = m[3] - m[4];
  const vec s3 = m[5] + m[6], d3 = m[5] - m[6];
  y[0] = m[0] + s1 + s2 + s3;
  y[1] = d1 + 2.0f * d2 + 0.5f * d3;
  y[2] = s1 + 4.0f * s2 + 0.25f * s3;
  y[3] = d1 + 8.0f * d2 + 0.125f * d3 + m[7];
}

INLINE vec largest_of_four(vec a, vec b, vec c, vec d) {
  return larger(larger(a, b), larger(c, d));
}

#include "layers.h"
#include "stimulus.h"
#include "attention.h"

INLINE size_t larger_size(size_t a, size_t b) {
  return a > b ? a : b;
}

// Floats of the maps of all layers, and of what the largest layer needs meanwhile.
typedef struct {
  size_t maps, work;
} Sizes;

static Sizes sizes_of(const Network *n) {
  Sizes sizes = {0, 0};
  const int C = n->channels;
  for (int i = 0; i < n->steps; i++) {
    const Step *s = n->step + i;
    sizes.maps += (size_t)s->memory_height * s->memory_width * C;
    size_t work = 0;
    if (s->kind == BY_TILES)
      work = 2 * (size_t)tiles_of(s->height) * tiles_of(s->width) * C * POINTS * POINTS;
    if (s->kind == DIRECT) work = direct_floats(s, C);
    if (s->kind == ATTENTION)
      work = attention_floats((long)s->height * s->width, (long)s[-1].height * s[-1].width, C);
    sizes.work = larger_size(sizes.work, work);
  }
  return sizes;
}

static size_t scratch_floats(const Network *n) {
  const Sizes sizes = sizes_of(n);
  return sizes.maps + sizes.work;
}

static float respond(const Network *n, const float *weights, const float *transformed, float *scratch) {
  const Sizes sizes = sizes_of(n);
  const int C = n->channels;
  float *memory = scratch, *work = memory + sizes.maps;
  Map map = {0};
  for (int i = 0; i < n->steps; i++) {
    const Step *s = n->step + i;
    const float *own = weights + s->weights;
    const Map out = {memory, s->memory_width};
    memory += (size_t)s->memory_height * s->memory_width * C;
    switch (s->kind) {
      case OF_STIMULUS: of_stimulus(n, own, transformed, out); break;
      case BY_TILES: {
        const size_t half = (size_t)tiles_of(s->height) * tiles_of(s->width) * C * POINTS * POINTS;
        by_tiles(s, C, own, map, work, work + half, out);
        break;
      }
      case DIRECT: direct(s, C, own, map, work, out); break;
      case ATTENTION: attend(s, C, own, map, s[-1].height, s[-1].width, work, out); break;
    }
    map = out;
  }
  const Step *last = n->step + n->steps - 1;
  const float *readout = weights + n->readout;
  vec sum = (vec){0};
  for (int y = 0; y < last->height; y++)
    for (int x = 0; x < last->width; x++)
      for (int c = 0; c < C; c += WIDTH, readout += WIDTH)
        sum += *(const vec *)readout * *(const vec *)(cell(map, C, y, x) + c);
  const float total = sum_of(sum) + *readout;
  if (!n->softplus) return total;
  return total > 20 ? total : log1pf(expf(total));
}

#include "pack.h"

const Kernels KERNELS = {NAME, BLOCK, transformed_floats, transform_stimulus, scratch_floats, respond, pack};
