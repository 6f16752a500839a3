// The layers of one network, compiled for one width of vectors. Maps are [row][column][channel], channels padded to
// a multiple of BLOCK.
#include "network.h"
#include "vector.h"
#include <string.h>
#include "products.h"
#include "winograd.h"

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

static float respond(const Network *n, const float *weights, const float *widened, const float *transformed,
                     float *scratch) {
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
        by_tiles(s, C, s->widened > 0 ? widened : own, own + map_floats(s, C), map, work, work + half, out);
        widened += s->widened;
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

#include "stored.h"
#include "pack.h"

const Kernels KERNELS = {NAME, BLOCK, transformed_floats, transform_stimulus, scratch_floats, widen, respond, pack};
