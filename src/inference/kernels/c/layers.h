// Layers that read maps. See kernels.h.

// Bytes by which weights that are read once are fetched before they are needed.
enum { AHEAD = 4096 };

typedef struct {
  float *data; // [row][column][channel]
  int width; // columns of the memory
} Map;

INLINE const float *cell(Map map, int C, int row, int column) {
  return map.data + ((long)row * map.width + column) * C;
}

// [rows][columns] of sums without bias -> 2x2 pool, bias, sigmoid.
static void pool(const Step *s, int C, const float *sums, const float *bias, Map out) {
  const long row = 2L * s->width * C;
  for (int y = 0; y < s->height; y++)
    for (int x = 0; x < s->width; x++)
      for (int c = 0; c < C; c += WIDTH) {
        const float *in = sums + 2 * y * row + 2L * x * C + c;
        const vec best = largest_of_four(*(const vec *)in, *(const vec *)(in + C), *(const vec *)(in + row),
                                         *(const vec *)(in + row + C));
        *(vec *)(cell(out, C, y, x) + c) = sigmoid(best + *(const vec *)(bias + c));
      }
}

INLINE int is_small(const Step *s) {
  return (s->height << s->pooled) * (s->width << s->pooled) <= ROWS;
}

// Floats that `direct` needs: of the sums, and of the parts of a small map.
INLINE size_t direct_floats(const Step *s, int C) {
  const size_t sums = (size_t)(s->height << s->pooled) * (s->width << s->pooled) * C;
  return is_small(s) ? sums * (1 + s->kernel * s->kernel) : sums;
}

// Of a small map the weights are most of what is read, so all sums are computed while they are read once.
static void direct_small(const Step *s, int C, const float *weights, Map in, float *sums) {
  const int K = s->kernel, rows = s->height << s->pooled, columns = s->width << s->pooled;
  const long depth = (long)C * K * K, each = stored_floats(s->stored, depth * BLOCK, BLOCK);
  float *parts = sums + (long)rows * columns * C, *to = parts;
  for (int y = 0; y < rows; y++)
    for (int x = 0; x < columns; x++)
      for (int row = 0; row < K; row++, to += K * C)
        memcpy(to, cell(in, C, s->top + y + row, s->left + x), K * C * sizeof(float));
  static const long none[1] = {0};
  for (int b = 0; b < C / BLOCK; b++)
    multiply_once(&(Product){.in = parts,
                             .step = depth,
                             .offsets = none,
                             .taps = 1,
                             .depth = (int)depth,
                             .weights = weights + b * each,
                             .out = sums + b * BLOCK,
                             .out_step = C,
                             .next = (const char *)(weights + b * each) + AHEAD,
                             .stored = s->stored},
                  rows * columns);
}

static void direct_large(const Step *s, int C, const float *weights, Map in, float *sums) {
  const int K = s->kernel, rows = s->height << s->pooled, columns = s->width << s->pooled;
  long offsets[25];
  for (int tap = 0; tap < K * K; tap++) offsets[tap] = ((long)(tap / K) * in.width + tap % K) * C;
  const size_t each = stored_floats(s->stored, (size_t)C * K * K * BLOCK, BLOCK);
  for (int b = 0; b < C / BLOCK; b++)
    for (int y = 0; y < rows; y++)
      multiply((Product){.in = cell(in, C, s->top + y, s->left),
                         .step = C,
                         .offsets = offsets,
                         .taps = K * K,
                         .depth = C,
                         .weights = weights + b * each,
                         .out = sums + (long)y * columns * C + b * BLOCK,
                         .out_step = C,
                         .stored = s->stored},
               columns);
}

// Weights: [block][tap][from][BLOCK], then the bias.
static void direct(const Step *s, int C, const float *weights, Map in, float *sums, Map out) {
  const float *bias = weights + map_floats(s, C);
  if (is_small(s)) direct_small(s, C, weights, in, sums);
  else direct_large(s, C, weights, in, sums);
  if (s->pooled) {
    pool(s, C, sums, bias, out);
    return;
  }
  for (int y = 0; y < s->height; y++)
    for (int x = 0; x < s->width; x++)
      for (int c = 0; c < C; c += WIDTH)
        *(vec *)(cell(out, C, y, x) + c) =
            sigmoid(*(const vec *)(sums + ((long)y * s->width + x) * C + c) + *(const vec *)(bias + c));
}

// From the weights of a point to those of the next. Widened ones are written for all points at a time, and would get into
// each other's way in the cache if they were at the same place of its pages.
INLINE long point_floats(const Step *s, int C) {
  return (long)C * BLOCK + (s->widened > 0 ? LINE : 0);
}

// A pooled 5x5 convolution by tiles of 4x4 sums. Weights: [block][point][from][BLOCK].
static void by_tiles(const Step *s, int C, const float *weights, const float *bias, Map in, float *values, float *products,
                     Map out) {
  const int down = tiles_of(s->height), across = tiles_of(s->width), tiles = down * across;
  const long plane = (long)tiles * C;
  for (int ty = 0; ty < down; ty++)
    for (int tx = 0; tx < across; tx++)
      for (int c = 0; c < C; c += WIDTH) {
        const float *corner = cell(in, C, s->top + TILE * ty, s->left + TILE * tx) + c;
        tile_to_points(corner, (long)in.width * C, C, values + ((long)ty * across + tx) * C + c, plane);
      }
  static const long none[1] = {0};
  const long each = point_floats(s, C);
  for (int b = 0; b < C / BLOCK; b++)
    for (int p = 0; p < POINTS * POINTS; p++) {
      const float *own = weights + (b * POINTS * POINTS + p) * each;
      multiply((Product){.in = values + p * plane,
                         .step = C,
                         .offsets = none,
                         .taps = 1,
                         .depth = C,
                         .weights = own,
                         .out = products + p * plane + b * BLOCK,
                         .out_step = C,
                         .next = own + each},
               tiles);
    }
  for (int ty = 0; ty < down; ty++)
    for (int tx = 0; tx < across; tx++)
      for (int c = 0; c < C; c += WIDTH) {
        const float *from = products + ((long)ty * across + tx) * C + c;
        vec y[TILE][TILE];
        points_to_tile(from, plane, y);
        const vec shift = *(const vec *)(bias + c);
        for (int k = 0; k < TILE; k += 2)
          for (int l = 0; l < TILE; l += 2) {
            const int row = (TILE * ty + k) / 2, column = (TILE * tx + l) / 2;
            if (row >= s->height || column >= s->width) continue;
            const vec best = largest_of_four(y[k][l], y[k][l + 1], y[k + 1][l], y[k + 1][l + 1]);
            *(vec *)(cell(out, C, row, column) + c) = sigmoid(best + shift);
          }
      }
}
