// Batch norm, sigmoid and dropout of a block. See passes.h.

static const float EPSILON = 1e-5f; // NORM_EPSILON

INLINE long cells_of(const Shape *s, int block) {
  return (long)s->block[block].rows * s->block[block].columns;
}

// The sum over all images of one vector of channels; that of each image is summed apart, for the sake of rounding.
#define SUM_OVER_CELLS(s, block, total, index, term)                    \
  for (int image = 0; image < (s)->images; image++) {                   \
    vec part = (vec){0};                                                \
    for (long cell = 0; cell < cells_of(s, block); cell++) {            \
      const size_t index = (image * cells_of(s, block) + cell) * (s)->padded; \
      part += (term);                                                   \
    }                                                                   \
    total += part;                                                      \
  }

// The factor and the summand that make what goes into the sigmoid of what a pool gave.
// @param bias of the neuron, which its sums are without
static void prepare_norm(const Shape *s, int block, const Parameters *p, const float *bias, int neuron, Kept *kept,
                         const Statistics *statistics) {
  const int C = s->channels;
  const size_t own = (size_t)neuron * C;
  const float count = (float)(s->images * cells_of(s, block));
  float *mean = kept->mean[block], *inverse = kept->inverse[block];
  for (int c = 0; c < s->padded; c += WIDTH) {
    const float *pooled = kept->pooled[block] + c;
    if (p->mean != NULL) continue;
    vec sum = (vec){0}, squares = (vec){0};
    SUM_OVER_CELLS(s, block, sum, at, *(const vec *)(pooled + at))
    const vec average = sum / count;
    SUM_OVER_CELLS(s, block, squares, at,
                   (*(const vec *)(pooled + at) - average) * (*(const vec *)(pooled + at) - average))
    *(vec *)(mean + c) = average;
    *(vec *)(inverse + c) = squares / count;
  }
  for (int c = 0; c < s->padded; c++) {
    const int is_real = c < C;
    if (p->mean != NULL) {
      mean[c] = is_real ? p->mean[own + c] - bias[c] : 0;
      inverse[c] = is_real ? p->variance[own + c] : 1;
    } else if (is_real) {
      statistics->mean[own + c] = mean[c] + bias[c];
      statistics->variance[own + c] = inverse[c] * (count / fmaxf(count - 1, 1)); // as TensorFlow's, of a single number too
    }
    inverse[c] = 1.0f / sqrtf(inverse[c] + EPSILON);
    kept->slope[block][c] = is_real ? p->scale[own + c] * inverse[c] : 0;
    kept->offset[block][c] = is_real ? p->shift[own + c] - mean[c] * kept->slope[block][c] : 0;
  }
}

static void activate(const Shape *s, int block, Kept *kept) {
  const size_t all = s->images * cells_of(s, block) * s->padded;
  const float *pooled = kept->pooled[block], *slope = kept->slope[block], *offset = kept->offset[block];
  for (size_t at = 0; at < all; at += s->padded)
    for (int c = 0; c < s->padded; c += WIDTH)
      *(vec *)(kept->active[block] + at + c) =
          sigmoid(*(const vec *)(pooled + at + c) * *(const vec *)(slope + c) + *(const vec *)(offset + c));
}

// The dropout factors of a neuron's channels for an image; zero for the channels that pad.
static void read_factors(const Shape *s, const Parameters *p, int neuron, int image, float *factors) {
  for (int c = 0; c < s->padded; c++) {
    const size_t at = ((size_t)image * s->neurons + neuron) * s->channels + c;
    factors[c] = c >= s->channels ? 0 : p->dropout == NULL ? 1 : p->dropout[at];
  }
}

// Of an image: the gradient of what a block gave -> that of what went into its sigmoid, written over what came out.
static void through_sigmoid(const Shape *s, int block, int image, const float *factors, const float *gradient,
                            long row, Kept *kept) {
  float *active = kept->active[block] + image * cells_of(s, block) * s->padded;
  for (int y = 0; y < s->block[block].rows; y++)
    for (int x = 0; x < s->block[block].columns; x++, active += s->padded)
      for (int c = 0; c < s->padded; c += WIDTH) {
        const vec a = *(const vec *)(active + c), g = *(const vec *)(gradient + y * row + (long)x * s->padded + c);
        *(vec *)(active + c) = g * *(const vec *)(factors + c) * a * (1.0f - a);
      }
}

// The gradients of a batch norm. What went into the sigmoid is replaced by what came out of the pool.
static void through_norm(const Shape *s, int block, const Parameters *p, int neuron, Kept *kept,
                         const Gradients *gradients) {
  const float count = (float)(s->images * cells_of(s, block));
  float scales[WIDTH] __attribute__((aligned(64))), shifts[WIDTH] __attribute__((aligned(64)));
  for (int c = 0; c < s->padded; c += WIDTH) {
    const float *pooled = kept->pooled[block] + c;
    float *active = kept->active[block] + c;
    const vec mean = *(const vec *)(kept->mean[block] + c), inverse = *(const vec *)(kept->inverse[block] + c);
    const vec slope = *(const vec *)(kept->slope[block] + c);
    vec shift = (vec){0}, scale = (vec){0};
    SUM_OVER_CELLS(s, block, shift, at, *(const vec *)(active + at))
    SUM_OVER_CELLS(s, block, scale, at, *(const vec *)(active + at) * (*(const vec *)(pooled + at) - mean))
    scale *= inverse;
    *(vec *)shifts = shift;
    *(vec *)scales = scale;
    for (int i = 0; i < WIDTH && c + i < s->channels; i++) {
      gradients->scale[(size_t)neuron * s->channels + c + i] = scales[i];
      gradients->shift[(size_t)neuron * s->channels + c + i] = shifts[i];
    }
    const int is_still = p->mean != NULL;
    const vec constant = is_still ? (vec){0} : shift / count;
    const vec along = is_still ? (vec){0} : scale * inverse / count;
    const size_t all = s->images * cells_of(s, block) * s->padded;
    for (size_t at = 0; at < all; at += s->padded)
      *(vec *)(active + at) =
          slope * (*(const vec *)(active + at) - constant - (*(const vec *)(pooled + at) - mean) * along);
  }
}
