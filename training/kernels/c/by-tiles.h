// A pooled 5x5 convolution of maps by tiles of 4x4 sums at Winograd's points, and its gradients, which are the
// transposes of each step. See passes.h.

INLINE int tiles_in_all(const Block *b) {
  return tiles_of(b->rows) * tiles_of(b->columns);
}

// -> [point][tile][channel]
static void map_to_points(const Shape *s, const Block *b, const float *map, float *values) {
  const int C = s->padded;
  const long row = (long)map_columns(b) * C, plane = (long)tiles_in_all(b) * C;
  for (int ty = 0; ty < tiles_of(b->rows); ty++)
    for (int tx = 0; tx < tiles_of(b->columns); tx++)
      for (int c = 0; c < C; c += WIDTH)
        tile_to_points(map + TILE * ty * row + (long)TILE * tx * C + c, row, C,
                       values + ((long)ty * tiles_of(b->columns) + tx) * C + c, plane);
}

// [point][tile][channel] times [block][point][channel][BLOCK] -> [point][tile][channel]
static void multiply_points(const Shape *s, const Block *b, const float *values, const float *filters,
                            float *products) {
  static const long none[1] = {0};
  const int C = s->padded, tiles = tiles_in_all(b);
  const long plane = (long)tiles * C, each = (long)C * BLOCK;
  for (int to = 0; to < C / BLOCK; to++)
    for (int p = 0; p < POINTS * POINTS; p++) {
      const float *own = filters + ((long)to * POINTS * POINTS + p) * each;
      multiply((Product){.in = values + p * plane, .step = C, .offsets = none, .taps = 1, .depth = C, .weights = own,
                         .out = products + p * plane + to * BLOCK, .out_step = C, .next = own + each}, tiles);
    }
}

static void pool_products(const Shape *s, const Block *b, const float *products, int image, float *pooled,
                          int8_t *place) {
  const int C = s->padded, across = tiles_of(b->columns);
  const long plane = (long)tiles_in_all(b) * C;
  for (int ty = 0; ty < tiles_of(b->rows); ty++)
    for (int tx = 0; tx < across; tx++)
      for (int c = 0; c < C; c += WIDTH) {
        vec y[TILE][TILE];
        points_to_tile(products + ((long)ty * across + tx) * C + c, plane, y);
        for (int k = 0; k < TILE; k += 2)
          for (int l = 0; l < TILE; l += 2) {
            const int row = (TILE * ty + k) / 2, column = (TILE * tx + l) / 2;
            if (row >= b->rows || column >= b->columns) continue;
            const size_t at = (((size_t)image * b->rows + row) * b->columns + column) * C + c;
            *(vec *)(pooled + at) = largest(y[k][l], y[k][l + 1], y[k + 1][l], y[k + 1][l + 1], place + at);
          }
      }
}

// A y: what eight points get from four sums.
INLINE void sums_to_points(const vec y[TILE], vec m[POINTS]) {
  const vec s = y[0] + y[2], d = y[1] + y[3];
  m[0] = y[0];
  m[1] = s + d;
  m[2] = s - d;
  const vec s2 = y[0] + 4.0f * y[2], d2 = 2.0f * y[1] + 8.0f * y[3];
  m[3] = s2 + d2;
  m[4] = s2 - d2;
  const vec s3 = y[0] + 0.25f * y[2], d3 = 0.5f * y[1] + 0.125f * y[3];
  m[5] = s3 + d3;
  m[6] = s3 - d3;
  m[7] = y[3];
}

// B o: what eight values get from eight points.
INLINE void points_to_values(const vec o[POINTS], vec d[POINTS]) {
  const vec s1 = o[1] + o[2], d1 = o[1] - o[2];
  const vec s2 = o[3] + o[4], d2 = o[3] - o[4];
  const vec s3 = o[5] + o[6], d3 = o[5] - o[6];
  d[0] = 4.0f * o[0];
  d[1] = 4.0f * (d3 - d1 - o[7]) + 2.0f * d2;
  d[2] = s2 + 8.0f * s3 - 21.0f * o[0] - 4.0f * s1;
  d[3] = 17.0f * d1 - 10.0f * d2 - 5.0f * d3 + 21.0f * o[7];
  d[4] = 21.0f * o[0] + 17.0f * s1 - 5.0f * s2 - 10.0f * s3;
  d[5] = 8.0f * d2 + d3 - 4.0f * d1 - 21.0f * o[7];
  d[6] = 4.0f * (s2 - o[0] - s1) + 2.0f * s3;
  d[7] = 4.0f * o[7];
}

// The gradient of the pooled sums of an image -> [point][tile][channel]
static void gradient_to_points(const Shape *s, const Block *b, const float *gradient, const int8_t *place, int image,
                               float *products) {
  const int C = s->padded, across = tiles_of(b->columns);
  const long plane = (long)tiles_in_all(b) * C;
  for (int ty = 0; ty < tiles_of(b->rows); ty++)
    for (int tx = 0; tx < across; tx++)
      for (int c = 0; c < C; c += WIDTH) {
        vec y[TILE][TILE], half[TILE][POINTS];
        for (int k = 0; k < TILE; k += 2)
          for (int l = 0; l < TILE; l += 2) {
            const int row = (TILE * ty + k) / 2, column = (TILE * tx + l) / 2;
            const int is_there = row < b->rows && column < b->columns;
            const size_t at = is_there ? (((size_t)image * b->rows + row) * b->columns + column) * C + c : 0;
            const vec g = is_there ? *(const vec *)(gradient + at) : (vec){0};
            const ivec chosen = is_there ? read_places(place + at) : (ivec){0};
            y[k][l] = where(chosen, 0, g);
            y[k][l + 1] = where(chosen, 1, g);
            y[k + 1][l] = where(chosen, 2, g);
            y[k + 1][l + 1] = where(chosen, 3, g);
          }
        for (int k = 0; k < TILE; k++) sums_to_points(y[k], half[k]);
        float *to = products + ((long)ty * across + tx) * C + c;
        for (int x = 0; x < POINTS; x++) {
          vec column[TILE], m[POINTS];
          for (int k = 0; k < TILE; k++) column[k] = half[k][x];
          sums_to_points(column, m);
          for (int p = 0; p < POINTS; p++) *(vec *)(to + (p * POINTS + x) * plane) = m[p];
        }
      }
}

// The gradient of the filters at the points, [block][point][from][BLOCK], gets what an image adds to it.
static void add_points_gradient(const Shape *s, const Block *b, const float *values, const float *products,
                                float *gradient) {
  const int C = s->padded, tiles = tiles_in_all(b);
  const long plane = (long)tiles * C, each = (long)C * BLOCK;
  for (int to = 0; to < C / BLOCK; to++)
    for (int p = 0; p < POINTS * POINTS; p++)
      add_outer((Outer){.left = values + p * plane, .right = products + p * plane + to * BLOCK, .step = C, .rows = 1,
                        .columns = tiles, .sums = gradient + ((long)to * POINTS * POINTS + p) * each,
                        .sums_step = BLOCK}, C);
}

// The gradient at the points, [point][tile][channel] -> that of the map; tiles overlap.
static void points_to_map(const Shape *s, const Block *b, const float *values, float *map) {
  const int C = s->padded, across = tiles_of(b->columns);
  const long row = (long)map_columns(b) * C, plane = (long)tiles_in_all(b) * C;
  memset(map, 0, sizeof(float) * map_rows(b) * row);
  for (int ty = 0; ty < tiles_of(b->rows); ty++)
    for (int tx = 0; tx < across; tx++)
      for (int c = 0; c < C; c += WIDTH) {
        const float *from = values + ((long)ty * across + tx) * C + c;
        vec half[POINTS][POINTS];
        for (int y = 0; y < POINTS; y++) {
          vec o[POINTS];
          for (int x = 0; x < POINTS; x++) o[x] = *(const vec *)(from + (y * POINTS + x) * plane);
          points_to_values(o, half[y]);
        }
        float *to = map + TILE * ty * row + (long)TILE * tx * C + c;
        for (int x = 0; x < POINTS; x++) {
          vec o[POINTS], d[POINTS];
          for (int y = 0; y < POINTS; y++) o[y] = half[y][x];
          points_to_values(o, d);
          for (int y = 0; y < POINTS; y++) *(vec *)(to + y * row + (long)x * C) += d[y];
        }
      }
}
