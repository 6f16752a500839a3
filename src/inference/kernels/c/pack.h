// Folded weights in the order in which the kernels read them. See kernels.h.

// G of F(4, 5): a filter's values at the points, scaled so that B has whole numbers.
static const double AT_POINTS[POINTS][5] = {
    {1. / 4, 0, 0, 0, 0},
    {1. / 18, 1. / 18, 1. / 18, 1. / 18, 1. / 18},
    {1. / 18, -1. / 18, 1. / 18, -1. / 18, 1. / 18},
    {1. / 360, 2. / 360, 4. / 360, 8. / 360, 16. / 360},
    {1. / 360, -2. / 360, 4. / 360, -8. / 360, 16. / 360},
    {16. / 45, 8. / 45, 4. / 45, 2. / 45, 1. / 45},
    {16. / 45, -8. / 45, 4. / 45, -2. / 45, 1. / 45},
    {0, 0, 0, 0, 1. / 4},
};

static double at_point(int point, const double filter[5]) {
  double sum = 0;
  for (int k = 0; k < 5; k++) sum += AT_POINTS[point][k] * filter[k];
  return sum;
}

// [to][from][5][5] -> [vector of channels][from][row][point][WIDTH]
static void pack_stimulus(int C, int from, const float *filters, float *w) {
  for (int to = 0; to < C; to++)
    for (int f = 0; f < from; f++)
      for (int r = 0; r < 5; r++) {
        double filter[5];
        for (int k = 0; k < 5; k++) filter[k] = filters[(((size_t)to * from + f) * 5 + r) * 5 + k];
        float *own = w + (((size_t)(to / WIDTH) * from + f) * 5 + r) * POINTS * WIDTH + to % WIDTH;
        for (int p = 0; p < POINTS; p++) own[p * WIDTH] = (float)at_point(p, filter);
      }
}

// [to][from][5][5] -> [block][point][from][BLOCK]
static void pack_tiles(int C, const float *filters, float *w) {
  for (int to = 0; to < C; to++)
    for (int from = 0; from < C; from++) {
      const float *own = filters + ((size_t)to * C + from) * 25;
      double rows[5][POINTS];
      for (int r = 0; r < 5; r++) {
        double filter[5];
        for (int k = 0; k < 5; k++) filter[k] = own[5 * r + k];
        for (int p = 0; p < POINTS; p++) rows[r][p] = at_point(p, filter);
      }
      for (int x = 0; x < POINTS; x++) {
        double column[5];
        for (int r = 0; r < 5; r++) column[r] = rows[r][x];
        for (int y = 0; y < POINTS; y++) {
          const size_t place = ((size_t)(to / BLOCK) * POINTS * POINTS + y * POINTS + x) * C + from;
          w[place * BLOCK + to % BLOCK] = (float)at_point(y, column);
        }
      }
    }
}

// [to][from][taps] -> [block][tap][from][BLOCK]
static void pack_direct(int C, int taps, const float *filters, float *w) {
  for (int to = 0; to < C; to++)
    for (int from = 0; from < C; from++)
      for (int tap = 0; tap < taps; tap++)
        w[(((size_t)(to / BLOCK) * taps + tap) * C + from) * BLOCK + to % BLOCK] =
            filters[((size_t)to * C + from) * taps + tap];
}

static void pack(const Network *n, int step, const float *const *folded, float *weights) {
  const int C = n->channels;
  if (step == n->steps) {
    memcpy(weights + n->readout, folded[0], sizeof(float) * n->cells * C);
    weights[n->readout + (size_t)n->cells * C] = folded[1][0];
    return;
  }
  const Step *s = n->step + step;
  float *own = weights + s->weights;
  const size_t square = (size_t)C * C;
  switch (s->kind) {
    case OF_STIMULUS:
      pack_stimulus(C, n->stimulus_channels, folded[0], own);
      memcpy(own + (size_t)C * n->stimulus_channels * 5 * POINTS, folded[1], sizeof(float) * C);
      break;
    case BY_TILES:
    case DIRECT:
      if (s->stored != FLOAT32) store_map(s, C, folded[0], own);
      else if (s->kind == BY_TILES) pack_tiles(C, folded[0], own);
      else pack_direct(C, s->kernel * s->kernel, folded[0], own);
      memcpy(own + map_floats(s, C), folded[1], sizeof(float) * C);
      break;
    case ATTENTION: // query, its bias, keep, bias, gather
      pack_direct(C, 1, folded[0], own);
      for (int i = 1; i < 4; i++) memcpy(own + square + (i - 1) * C, folded[i], sizeof(float) * C);
      pack_direct(C, 1, folded[4], own + square + 3 * C);
      break;
  }
}
