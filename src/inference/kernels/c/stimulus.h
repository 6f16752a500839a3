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
        vec y0[TILE], y1[TILE];
        stimulus_tile(own, seen, transformed + 2 * y * row + (long)t * POINTS, row, plane, y0, y1);
        for (int k = 0; k < TILE; k += 2) {
          const int column = (TILE * t + k) / 2;
          if (column >= s->width) break;
          const vec best = largest_of_four(y0[k], y0[k + 1], y1[k], y1[k + 1]);
          *(vec *)(cell(out, C, y, column) + c) = sigmoid(best + shift);
        }
      }
  }
}
