// The first layer, which reads the stimulus: what depends on the stimulus alone is computed once for all neurons.

INLINE int stimulus_rows(const Step *s) {
  return 2 * s->height + 4;
}

// [channel][row][tile][point]
static size_t transformed_floats(const Network *n) {
  const Step *s = n->step;
  return (size_t)n->stimulus_channels * stimulus_rows(s) * tiles_of(s->width) * POINTS;
}

static void transform_stimulus(const Network *n, const float *pixels, float *transformed) {
  const Step *s = n->step;
  const int rows = stimulus_rows(s), tiles = tiles_of(s->width), columns = n->stimulus_width;
  for (int channel = 0; channel < n->stimulus_channels; channel++)
    for (int y = 0; y < rows; y++) {
      const float *row = pixels + ((long)channel * n->stimulus_height + s->top + y) * columns;
      for (int t = 0; t < tiles; t++, transformed += POINTS) {
        vec d[POINTS], o[POINTS];
        for (int k = 0; k < POINTS; k++) {
          const int x = s->left + TILE * t + k;
          d[k] = broadcast(x < columns ? row[x] : 0);
        }
        transform_input(d, o);
        for (int k = 0; k < POINTS; k++) transformed[k] = o[k][0];
      }
    }
}

// As many points at a time as the registers hold for two rows of sums and the weights.
#if WIDTH == 8
enum { TOGETHER = 4 };
#else
enum { TOGETHER = 8 };
#endif

// Weights: [vector of channels][channel of the stimulus][row][point][WIDTH], then the bias.
static void of_stimulus(const Network *n, const float *weights, const float *transformed, Map out) {
  const Step *s = n->step;
  const int C = n->channels, seen = n->stimulus_channels, tiles = tiles_of(s->width), rows = stimulus_rows(s);
  const long row = (long)tiles * POINTS, plane = rows * row;
  const float *bias = weights + (size_t)C * seen * 5 * POINTS;
  for (int c = 0; c < C; c += WIDTH) {
    const vec *own = (const vec *)(weights + (size_t)c * seen * 5 * POINTS);
    const vec shift = *(const vec *)(bias + c);
    for (int y = 0; y < s->height; y++)
      for (int t = 0; t < tiles; t++) {
        vec m0[POINTS], m1[POINTS];
#pragma GCC unroll 2
        for (int first = 0; first < POINTS; first += TOGETHER) {
          vec a0[TOGETHER], a1[TOGETHER], w[TOGETHER];
          for (int p = 0; p < TOGETHER; p++) a0[p] = a1[p] = (vec){0};
          for (int channel = 0; channel < seen; channel++) {
            const float *d = transformed + channel * plane + 2 * y * row + (long)t * POINTS + first;
            const vec *wc = own + channel * 5 * POINTS + first;
#pragma GCC unroll 8
            for (int p = 0; p < TOGETHER; p++) {
              w[p] = wc[p];
              a0[p] += w[p] * broadcast(d[p]);
            }
            // Each row of the stimulus is read once, for both rows of sums.
#pragma GCC unroll 4
            for (int r = 1; r < 5; r++) {
#pragma GCC unroll 8
              for (int p = 0; p < TOGETHER; p++) {
                const vec x = broadcast(d[r * row + p]);
                a1[p] += w[p] * x;
                w[p] = wc[r * POINTS + p];
                __asm__("" : KEEP(w[p])); // in its register for the next row
                a0[p] += w[p] * x;
              }
            }
#pragma GCC unroll 8
            for (int p = 0; p < TOGETHER; p++) a1[p] += w[p] * broadcast(d[5 * row + p]);
          }
          for (int p = 0; p < TOGETHER; p++) {
            m0[first + p] = a0[p];
            m1[first + p] = a1[p];
          }
        }
        vec y0[TILE], y1[TILE];
        transform_output(m0, y0);
        transform_output(m1, y1);
        for (int k = 0; k < TILE; k += 2) {
          const int column = (TILE * t + k) / 2;
          if (column >= s->width) break;
          const vec best = largest_of_four(y0[k], y0[k + 1], y1[k], y1[k + 1]);
          *(vec *)(cell(out, C, y, column) + c) = sigmoid(best + shift);
        }
      }
  }
}
