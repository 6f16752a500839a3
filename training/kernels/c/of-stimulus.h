// The convolution of a block that sees the stimuli, which is the first. See passes.h.

typedef int8_t places __attribute__((vector_size(WIDTH)));

// The largest of the four sums of a pool, and which it is; of equal ones the first.
INLINE vec largest(vec a, vec b, vec c, vec d, int8_t *place) {
  vec best = a;
  ivec chosen = (ivec){0};
  const vec others[3] = {b, c, d};
#pragma GCC unroll 3
  for (int i = 0; i < 3; i++) {
    const ivec is_larger = (ivec)(others[i] > best);
    chosen = (is_larger & (i + 1)) | (~is_larger & chosen);
    best = larger(best, others[i]);
  }
  *(places *)place = __builtin_convertvector(chosen, places);
  return best;
}

// A value where its place in the pool is `place`, else zero.
INLINE vec where(ivec chosen, int place, vec value) {
  return (vec)((ivec)(chosen == place) & (ivec)value);
}

INLINE ivec read_places(const int8_t *place) {
  return __builtin_convertvector(*(const places *)place, ivec);
}

INLINE int rows_seen(const Shape *s) {
  return 2 * s->block->rows + 4;
}

// [channel of the stimulus][row][tile][point]
static size_t transformed_floats(const Shape *s) {
  return (size_t)s->seen * rows_seen(s) * tiles_of(s->block->columns) * POINTS;
}

static void transform(const Shape *s, const float *stimulus, float *transformed) {
  for (int channel = 0; channel < s->seen; channel++)
    for (int y = 0; y < rows_seen(s); y++)
      for (int t = 0; t < tiles_of(s->block->columns); t++, transformed += POINTS) {
        vec d[POINTS], o[POINTS];
        for (int k = 0; k < POINTS; k++) {
          const int x = TILE * t + k;
          d[k] = broadcast(x < s->width ? stimulus[((long)y * s->width + x) * s->seen + channel] : 0);
        }
        transform_input(d, o);
        for (int k = 0; k < POINTS; k++) transformed[k] = o[k][0];
      }
}

// @param filters [vector][channel of the stimulus][row][point][WIDTH]
static void convolve_stimuli(const Shape *s, const float *transformed, const float *filters, Kept *kept) {
  const int C = s->padded, tiles = tiles_of(s->block->columns);
  const long row = (long)tiles * POINTS, plane = rows_seen(s) * row;
  for (int image = 0; image < s->images; image++)
    for (int c = 0; c < C; c += WIDTH) {
      const float *seen = transformed + image * transformed_floats(s);
      const vec *own = (const vec *)(filters + (size_t)c * s->seen * 5 * POINTS);
      for (int y = 0; y < s->block->rows; y++)
        for (int t = 0; t < tiles; t++) {
          vec y0[TILE], y1[TILE];
          stimulus_tile(own, s->seen, seen + 2 * y * row + (long)t * POINTS, row, plane, y0, y1);
          for (int k = 0; k < TILE; k += 2) {
            const int x = (TILE * t + k) / 2;
            if (x >= s->block->columns) break;
            const size_t at = (((size_t)image * s->block->rows + y) * s->block->columns + x) * C + c;
            *(vec *)(kept->pooled[0] + at) = largest(y0[k], y0[k + 1], y1[k], y1[k + 1], kept->place[0] + at);
          }
        }
    }
}

// As many rows of a filter at a time as the registers hold.
#if WIDTH == 8
enum { ROWS_AT_A_TIME = 1 };
#else
enum { ROWS_AT_A_TIME = 5 };
#endif

// Of a vector of channels and one channel of the stimuli, from `first` on.
INLINE void stimulus_rows_gradient(const Shape *s, const float *stimuli, int c, int channel, int first,
                                   const Kept *kept, float *filters) {
  vec sum[ROWS_AT_A_TIME][5];
  for (int r = 0; r < ROWS_AT_A_TIME; r++)
    for (int k = 0; k < 5; k++) sum[r][k] = (vec){0};
  const long row = (long)s->width * s->seen;
  const float *gradient = kept->active[0] + c;
  const int8_t *place = kept->place[0] + c;
  for (int image = 0; image < s->images; image++)
    for (int y = 0; y < s->block->rows; y++) {
      const float *pixels = stimuli + ((long)image * s->height + 2 * y + first) * row + channel;
      for (int x = 0; x < s->block->columns; x++, pixels += 2 * s->seen, gradient += s->padded, place += s->padded) {
        const ivec chosen = read_places(place);
        const vec g = *(const vec *)gradient;
        const vec g0 = where(chosen, 0, g), g1 = where(chosen, 1, g), g2 = where(chosen, 2, g),
                  g3 = where(chosen, 3, g);
#pragma GCC unroll 5
        for (int r = 0; r < ROWS_AT_A_TIME; r++)
#pragma GCC unroll 5
          for (int k = 0; k < 5; k++) {
            const float *own = pixels + r * row + (long)k * s->seen;
            sum[r][k] += g0 * own[0];
            sum[r][k] += g1 * own[s->seen];
            sum[r][k] += g2 * own[row];
            sum[r][k] += g3 * own[row + s->seen];
          }
      }
    }
  for (int r = 0; r < ROWS_AT_A_TIME; r++)
    for (int k = 0; k < 5; k++)
      *(vec *)(filters + ((size_t)(5 * (first + r) + k) * s->seen + channel) * s->padded + c) = sum[r][k];
}

// The gradient of the filters, [tap][channel of the stimulus][padded].
static void stimulus_filters_gradient(const Shape *s, const float *stimuli, const Kept *kept, float *filters) {
  for (int c = 0; c < s->padded; c += WIDTH)
    for (int channel = 0; channel < s->seen; channel++)
      for (int first = 0; first < 5; first += ROWS_AT_A_TIME)
        stimulus_rows_gradient(s, stimuli, c, channel, first, kept, filters);
}
