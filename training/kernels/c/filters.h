// Filters at Winograd's points, and the gradients of filters from there. See passes.h.

// G^T o: what five taps get from eight points.
INLINE void gather_filter(const vec o[POINTS], vec g[5]) {
  const vec s1 = (o[1] + o[2]) * (1.0f / 18), d1 = (o[1] - o[2]) * (1.0f / 18);
  const vec s2 = (o[3] + o[4]) * (1.0f / 360), d2 = (o[3] - o[4]) * (1.0f / 360);
  const vec s3 = (o[5] + o[6]) * (1.0f / 45), d3 = (o[5] - o[6]) * (1.0f / 45);
  g[0] = 0.25f * o[0] + s1 + s2 + 16.0f * s3;
  g[1] = d1 + 2.0f * d2 + 8.0f * d3;
  g[2] = s1 + 4.0f * (s2 + s3);
  g[3] = d1 + 8.0f * d2 + 2.0f * d3;
  g[4] = 0.25f * o[7] + s1 + 16.0f * s2 + s3;
}

// [tap][from][to] of `channels` outputs -> the same of `padded` ones, the others zero.
static void pad_filters(const float *filters, int taps, int from, int channels, int from_padded, int padded,
                        float *to) {
  memset(to, 0, sizeof(float) * taps * from_padded * padded);
  for (int tap = 0; tap < taps; tap++)
    for (int f = 0; f < from; f++)
      memcpy(to + ((size_t)tap * from_padded + f) * padded, filters + ((size_t)tap * from + f) * channels,
             sizeof(float) * channels);
}

// [tap][from][to] -> [tap][to][from], of as many channels each
static void turn_filters(const float *filters, int taps, int C, float *to) {
  for (int tap = 0; tap < taps; tap++)
    for (int f = 0; f < C; f++)
      for (int t = 0; t < C; t++) to[((size_t)tap * C + t) * C + f] = filters[((size_t)tap * C + f) * C + t];
}

INLINE size_t at_point(int C, int c, int point, int from) {
  return (((size_t)(c / BLOCK) * POINTS * POINTS + point) * C + from) * BLOCK + c % BLOCK;
}

// [tap][from][to] -> [block][point][from][BLOCK]
static void filters_to_points(const float *filters, int C, float *to) {
  for (int from = 0; from < C; from++)
    for (int c = 0; c < C; c += WIDTH) {
      vec columns[5][POINTS];
      for (int s = 0; s < 5; s++) {
        vec g[5];
        for (int r = 0; r < 5; r++) g[r] = *(const vec *)(filters + ((size_t)(5 * r + s) * C + from) * C + c);
        transform_filter(g, columns[s]);
      }
      for (int y = 0; y < POINTS; y++) {
        vec g[5], o[POINTS];
        for (int s = 0; s < 5; s++) g[s] = columns[s][y];
        transform_filter(g, o);
        for (int x = 0; x < POINTS; x++) *(vec *)(to + at_point(C, c, y * POINTS + x, from)) = o[x];
      }
    }
}

// The gradients at the points, [block][point][from][BLOCK] -> [tap][from][to]
static void points_to_filters(const float *points, int C, float *to) {
  for (int from = 0; from < C; from++)
    for (int c = 0; c < C; c += WIDTH) {
      vec columns[5][POINTS];
      for (int y = 0; y < POINTS; y++) {
        vec g[5], o[POINTS];
        for (int x = 0; x < POINTS; x++) o[x] = *(const vec *)(points + at_point(C, c, y * POINTS + x, from));
        gather_filter(o, g);
        for (int s = 0; s < 5; s++) columns[s][y] = g[s];
      }
      for (int s = 0; s < 5; s++) {
        vec g[5];
        gather_filter(columns[s], g);
        for (int r = 0; r < 5; r++) *(vec *)(to + ((size_t)(5 * r + s) * C + from) * C + c) = g[r];
      }
    }
}

// Of the stimulus: [row][column][channel of the stimulus][to] -> [vector][channel of the stimulus][row][point][WIDTH]
static void stimulus_filters(const float *filters, int seen, int C, float *to) {
  for (int c = 0; c < C; c += WIDTH)
    for (int channel = 0; channel < seen; channel++)
      for (int r = 0; r < 5; r++, to += POINTS * WIDTH) {
        vec g[5];
        for (int s = 0; s < 5; s++) g[s] = *(const vec *)(filters + ((size_t)(5 * r + s) * seen + channel) * C + c);
        transform_filter(g, (vec *)to);
      }
}
