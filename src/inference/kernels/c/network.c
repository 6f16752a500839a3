#include "network.h"

enum { VALUES_OF_NETWORK = 6, VALUES_OF_STEP = 7 }; // as describe-network.ts writes them

static size_t whole_lines(size_t floats) {
  return (floats + LINE - 1) / LINE * LINE;
}

// Tiles of 4x4 sums cost 64 multiplications where 16 sums cost 400, but their weights take 2.6 times the memory, which
// small maps do not repay.
static int is_by_tiles(const Step *s) {
  return s->kernel == 5 && s->pooled && s->height * s->width >= 16;
}

static int tiled(int cells) {
  return (2 * cells + 3) / 4 * 4;
}

size_t map_floats(const Step *s, int channels) {
  const size_t square = (size_t)channels * channels;
  if (s->kind == BY_TILES && s->stored == FLOAT32) return square * 64;
  return stored_floats(s->stored, square * s->kernel * s->kernel, channels);
}

// With a margin after each point of each block, which has at least eight channels.
static size_t widened_floats(size_t channels) {
  return 64 * (channels * channels + LINE * channels / 8);
}

static double multiplications_of_step(const Network *n, int i) {
  const Step *s = n->step + i;
  const double C = n->channels, cells = (double)s->height * s->width, sums = s->pooled ? 4 * cells : cells;
  switch (s->kind) {
    case OF_STIMULUS: return sums * n->stimulus_channels * C * 5 * 8 / 4; // eight products for four sums of a row
    case BY_TILES: return (double)(tiled(s->height) / 4) * (tiled(s->width) / 4) * 64 * C * C;
    case ATTENTION: return 2 * cells * C * (C + (double)s[-1].height * s[-1].width);
    default: return sums * s->kernel * s->kernel * C * C;
  }
}

double multiplications_of(const Network *n) {
  double sum = (double)n->cells * n->channels;
  for (int i = 0; i < n->steps; i++) sum += multiplications_of_step(n, i);
  return sum;
}

static size_t weight_floats(const Network *n, const Step *s) {
  const size_t C = n->channels;
  switch (s->kind) {
    case OF_STIMULUS: return C * n->stimulus_channels * 5 * 8 + C;
    case ATTENTION: return 2 * C * C + 3 * C;
    default: return map_floats(s, n->channels) + C;
  }
}

static void plan(Network *n) {
  size_t at = 0;
  n->widened = 0;
  for (int i = 0; i < n->steps; i++) {
    Step *s = n->step + i;
    if (s->kind == DIRECT && is_by_tiles(s)) s->kind = BY_TILES;
    s->stored = s->kind == BY_TILES || s->kind == DIRECT ? n->precision : FLOAT32;
    s->widened = s->kind == BY_TILES && s->stored != FLOAT32 ? widened_floats(n->channels) : 0;
    n->widened += s->widened;
    s->weights = at;
    at += whole_lines(weight_floats(n, s));
    s->memory_height = s->height;
    s->memory_width = s->width;
    if (i == 0 || s->kind != BY_TILES) continue;
    // Tiles read beyond the map at its right and its bottom, where zeros are.
    Step *before = s - 1;
    const int height = s->top + tiled(s->height) + 4, width = s->left + tiled(s->width) + 4;
    if (height > before->memory_height) before->memory_height = height;
    if (width > before->memory_width) before->memory_width = width;
  }
  const Step *last = n->step + n->steps - 1;
  n->cells = last->height * last->width;
  n->readout = at;
  n->floats = at + whole_lines((size_t)n->cells * n->channels + 1);
}

int read_network(Network *n, const int32_t *values, size_t length) {
  if (length < VALUES_OF_NETWORK || (length - VALUES_OF_NETWORK) % VALUES_OF_STEP != 0 ||
      (length - VALUES_OF_NETWORK) / VALUES_OF_STEP > MAX_STEPS)
    return 0;
  n->stimulus_channels = values[0];
  n->stimulus_height = values[1];
  n->stimulus_width = values[2];
  n->channels = values[3];
  n->softplus = values[4];
  n->precision = values[5];
  n->steps = (int)((length - VALUES_OF_NETWORK) / VALUES_OF_STEP);
  for (int i = 0; i < n->steps; i++) {
    const int32_t *own = values + VALUES_OF_NETWORK + i * VALUES_OF_STEP;
    n->step[i] = (Step){.kind = own[0], .kernel = own[1], .pooled = own[2], .top = own[3], .left = own[4],
                        .height = own[5], .width = own[6]};
  }
  plan(n);
  return 1;
}
