// Sums of 5x5 convolutions by tiles of 4, in vectors of channels. See products.h.

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

// G g: five taps of a filter to eight points, scaled so that B has whole numbers.
INLINE void transform_filter(const vec g[5], vec o[POINTS]) {
  vec even = (g[0] + g[2] + g[4]) * (1.0f / 18), odd = (g[1] + g[3]) * (1.0f / 18);
  o[0] = 0.25f * g[0];
  o[1] = even + odd;
  o[2] = even - odd;
  even = (g[0] + 4.0f * g[2] + 16.0f * g[4]) * (1.0f / 360);
  odd = (g[1] + 4.0f * g[3]) * (1.0f / 180);
  o[3] = even + odd;
  o[4] = even - odd;
  even = (16.0f * g[0] + 4.0f * g[2] + g[4]) * (1.0f / 45);
  odd = (8.0f * g[1] + 2.0f * g[3]) * (1.0f / 45);
  o[5] = even + odd;
  o[6] = even - odd;
  o[7] = 0.25f * g[4];
}

// Tiles along a map of so many cells after its 2x2 pool.
INLINE int tiles_of(int cells) {
  return (2 * cells + TILE - 1) / TILE;
}

// B^T d B of the 8x8 cells from a corner on.
// @param row floats from a row to the next
// @param step floats from a column to the next
// @param plane floats from a point to the next
INLINE void tile_to_points(const float *corner, long row, long step, float *to, long plane) {
  vec half[POINTS][POINTS];
  for (int x = 0; x < POINTS; x++) {
    vec d[POINTS], o[POINTS];
    for (int y = 0; y < POINTS; y++) d[y] = *(const vec *)(corner + y * row + x * step);
    transform_input(d, o);
    for (int y = 0; y < POINTS; y++) half[y][x] = o[y];
  }
  for (int y = 0; y < POINTS; y++) {
    vec o[POINTS];
    transform_input(half[y], o);
    for (int x = 0; x < POINTS; x++) *(vec *)(to + (y * POINTS + x) * plane) = o[x];
  }
}

// A^T m A: the 4x4 sums of a tile.
INLINE void points_to_tile(const float *from, long plane, vec y[TILE][TILE]) {
  vec half[TILE][POINTS];
  for (int x = 0; x < POINTS; x++) {
    vec m[POINTS], o[TILE];
    for (int p = 0; p < POINTS; p++) m[p] = *(const vec *)(from + (p * POINTS + x) * plane);
    transform_output(m, o);
    for (int k = 0; k < TILE; k++) half[k][x] = o[k];
  }
  for (int k = 0; k < TILE; k++) transform_output(half[k], y[k]);
}

// As many points at a time as the registers hold for two rows of sums and the weights.
#if WIDTH == 8
enum { TOGETHER = 4 };
#else
enum { TOGETHER = 8 };
#endif

// Four sums of each of two rows, of stimuli whose rows are transformed.
// @param weights [channel of the stimulus][row][point]
// @param transformed [channel][row][tile][point], from the tile on
// @param row floats from a row to the next
// @param plane floats from a channel to the next
INLINE void stimulus_tile(const vec *weights, int channels, const float *transformed, long row, long plane,
                          vec y0[TILE], vec y1[TILE]) {
  vec m0[POINTS], m1[POINTS];
#pragma GCC unroll 2
  for (int first = 0; first < POINTS; first += TOGETHER) {
    vec a0[TOGETHER], a1[TOGETHER], w[TOGETHER];
    for (int p = 0; p < TOGETHER; p++) a0[p] = a1[p] = (vec){0};
    for (int channel = 0; channel < channels; channel++) {
      const float *d = transformed + channel * plane + first;
      const vec *wc = weights + channel * 5 * POINTS + first;
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
  transform_output(m0, y0);
  transform_output(m1, y1);
}
