// Weights of convolutions of maps that are stored in fewer bits. Each block of channels has its scales, of INT8 alone, and
// then its numbers: [tap][from][BLOCK], or [from][tap][BLOCK] for tiles. See kernels.h.
//
// For tiles the filters are stored, not their values at the points: these are 2.6 times as many numbers, and to round them
// disturbs the sums several times as much. They are computed for a neuron before its images are.

// The upper half of a float, rounded to the nearest, of two such to the even one.
INLINE uint16_t to_bfloat16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// [to][from][taps] -> w
static void store_map(const Step *s, int C, const float *filters, float *w) {
  const size_t taps = (size_t)s->kernel * s->kernel, each = C * taps;
  for (size_t to = 0; to < (size_t)C; to++, filters += each) {
    float *block = w + to / BLOCK * stored_floats(s->stored, each * BLOCK, BLOCK), largest = 0;
    for (size_t i = 0; i < each; i++) largest = fmaxf(largest, fabsf(filters[i]));
    if (s->stored == INT8) block[to % BLOCK] = largest / 127;
    uint16_t *halves = (uint16_t *)block;
    int8_t *bytes = (int8_t *)(block + BLOCK);
    for (size_t from = 0; from < (size_t)C; from++)
      for (size_t tap = 0; tap < taps; tap++) {
        const float x = filters[from * taps + tap];
        const size_t place = (s->kind == BY_TILES ? from * taps + tap : tap * C + from) * BLOCK + to % BLOCK;
        if (s->stored == BFLOAT16) halves[place] = to_bfloat16(x);
        else bytes[place] = largest == 0 ? 0 : (int8_t)lrintf(x / largest * 127);
      }
  }
}

// The values at the points of a block: [from][tap][BLOCK] -> [point][from][BLOCK]
INLINE void widen_block(Precision stored, int C, const float *block, long point, float *to) {
  const char *numbers = first_weights(stored, block);
  for (int from = 0; from < C; from++) {
    vec w[COLUMNS][5][5];
    for (int tap = 0; tap < 25; tap++, numbers += row_bytes(stored)) {
      vec both[COLUMNS];
      read_weights(numbers, stored, both);
      for (int c = 0; c < COLUMNS; c++)
        w[c][tap / 5][tap % 5] = stored == INT8 ? both[c] * ((const vec *)block)[c] : both[c];
    }
    for (int c = 0; c < COLUMNS; c++) {
      vec half[POINTS][5];
      for (int r = 0; r < 5; r++) {
        vec o[POINTS];
        transform_filter(w[c][r], o);
        for (int x = 0; x < POINTS; x++) half[x][r] = o[x];
      }
      for (int x = 0; x < POINTS; x++) {
        vec o[POINTS];
        transform_filter(half[x], o);
        for (int y = 0; y < POINTS; y++)
          *(vec *)(to + (y * POINTS + x) * point + (long)from * BLOCK + c * WIDTH) = o[y];
      }
    }
  }
}

// Writes what the stored weights of a neuron are widened to before its images are computed: those of tiles.
static void widen(const Network *n, const float *weights, float *widened) {
  const int C = n->channels;
  for (int i = 0; i < n->steps; i++) {
    const Step *s = n->step + i;
    if (s->widened == 0) continue;
    const size_t each = stored_floats(s->stored, (size_t)C * 25 * BLOCK, BLOCK);
    const long point = point_floats(s, C);
    for (int b = 0; b < C / BLOCK; b++, widened += point * POINTS * POINTS) {
      const float *block = weights + s->weights + b * each;
      if (s->stored == BFLOAT16) widen_block(BFLOAT16, C, block, point, widened);
      else widen_block(INT8, C, block, point, widened);
    }
  }
}
