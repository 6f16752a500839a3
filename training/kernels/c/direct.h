// A convolution of maps without a pool, and its gradients. See passes.h.

// A side of the gradient with zeros around it, as far as a filter reaches.
INLINE int framed(const Block *b, int cells) {
  return cells + 2 * (b->kernel - 1);
}

INLINE size_t framed_floats(const Shape *s, const Block *b) {
  return (size_t)framed(b, b->rows) * framed(b, b->columns) * s->padded;
}

// [tap][from][to] -> [block][tap][from][BLOCK], the taps in reverse where that is wanted
static void block_filters(const float *filters, int taps, int C, int is_reverse, float *to) {
  for (int c = 0; c < C; c += BLOCK)
    for (int tap = 0; tap < taps; tap++) {
      const float *own = filters + (size_t)(is_reverse ? taps - 1 - tap : tap) * C * C + c;
      for (int from = 0; from < C; from++, to += BLOCK) memcpy(to, own + (size_t)from * C, sizeof(float) * BLOCK);
    }
}

// Sums of rows x columns cells of a map whose rows have `in_columns`.
static void convolve_map(const Shape *s, const Block *b, const float *map, int in_columns, int rows, int columns,
                         const float *filters, float *sums) {
  const int C = s->padded, taps = b->kernel * b->kernel;
  long offsets[MAX_TAPS];
  for (int tap = 0; tap < taps; tap++) offsets[tap] = ((long)(tap / b->kernel) * in_columns + tap % b->kernel) * C;
  for (int c = 0; c < C; c += BLOCK)
    for (int y = 0; y < rows; y++)
      multiply((Product){.in = map + (long)y * in_columns * C, .step = C, .offsets = offsets, .taps = taps, .depth = C,
                         .weights = filters + (size_t)c * C * taps, .out = sums + (long)y * columns * C + c,
                         .out_step = C}, columns);
}

// The gradient of the filters, [tap][from][to], gets what an image adds to it.
static void add_map_gradient(const Shape *s, const Block *b, const float *map, const float *gradient, float *filters) {
  const int C = s->padded;
  const long row = (long)map_columns(b) * C;
  for (int tap = 0; tap < b->kernel * b->kernel; tap++)
    for (int c = 0; c < C; c += BLOCK)
      add_outer((Outer){.left = map + tap / b->kernel * row + (long)(tap % b->kernel) * C, .right = gradient + c,
                        .step = C, .left_row = row, .right_row = (long)b->columns * C, .rows = b->rows,
                        .columns = b->columns, .sums = filters + (size_t)tap * C * C + c, .sums_step = C}, C);
}

// The gradient of what the block saw of an image, from the gradient of its sums.
static void direct_input_gradient(const Shape *s, const Block *b, const float *gradient, const float *turned,
                                  float *frame, float *map) {
  const int C = s->padded, columns = framed(b, b->columns), edge = b->kernel - 1;
  for (int y = 0; y < b->rows; y++)
    memcpy(frame + ((long)(y + edge) * columns + edge) * C, gradient + (long)y * b->columns * C,
           sizeof(float) * b->columns * C);
  convolve_map(s, b, frame, columns, b->in_rows, b->in_columns, turned, map);
}
