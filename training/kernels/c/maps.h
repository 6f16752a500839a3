// Maps that blocks see, image by image, and sums over them. See passes.h.

// Tiles read beyond the map at its right and its bottom, where zeros are.
INLINE int with_margin(const Block *b, int cells, int pooled) {
  const int needed = TILE * tiles_of(pooled) + 4;
  return b->kind == BY_TILES && needed > cells ? needed : cells;
}

INLINE int map_rows(const Block *b) {
  return with_margin(b, b->in_rows, b->rows);
}

INLINE int map_columns(const Block *b) {
  return with_margin(b, b->in_columns, b->columns);
}

INLINE size_t map_floats(const Shape *s, const Block *b) {
  return (size_t)map_rows(b) * map_columns(b) * s->padded;
}

// What a block after the first sees of an image: what the block before it gave, times that one's dropout.
static void fill_map(const Shape *s, int block, const Kept *kept, int image, const float *factors, float *map) {
  const Block *b = s->block + block;
  const long row = (long)map_columns(b) * s->padded;
  const float *active = kept->active[block - 1] + image * cells_of(s, block - 1) * s->padded;
  for (int y = 0; y < b->in_rows; y++)
    for (int x = 0; x < b->in_columns; x++, active += s->padded)
      for (int c = 0; c < s->padded; c += WIDTH)
        *(vec *)(map + y * row + (long)x * s->padded + c) = *(const vec *)(active + c) * *(const vec *)(factors + c);
}

// A neuron's channels of an image: [image][row][column][neuron][channel] -> [row][column][padded].
static void gather_map(const Shape *s, const float *maps, int rows, int across, int neuron, int image, float *own) {
  for (int y = 0; y < rows; y++)
    for (int x = 0; x < across; x++, own += s->padded) {
      const size_t cell = ((size_t)image * rows + y) * across + x;
      const float *from = maps + (cell * s->neurons + neuron) * s->channels;
      for (int c = 0; c < s->padded; c++) own[c] = c < s->channels ? from[c] : 0;
    }
}

// The reverse; values are multiplied by a factor of each channel.
static void scatter_map(const Shape *s, const float *own, int rows, int across, int neuron, int image,
                        const float *factors, float *maps) {
  for (int y = 0; y < rows; y++)
    for (int x = 0; x < across; x++, own += s->padded) {
      const size_t cell = ((size_t)image * rows + y) * across + x;
      float *to = maps + (cell * s->neurons + neuron) * s->channels;
      for (int c = 0; c < s->channels; c++) to[c] = own[c] * factors[c];
    }
}

// sums[i][0..BLOCK) += over cells left[cell][i] * right[cell][0..BLOCK); the cells are in rows.
typedef struct {
  const float *left, *right;
  long step; // floats from a cell to the next
  long left_row, right_row; // from a row to the next
  int rows, columns;
  float *sums;
  long sums_step;
} Outer;

// Registers: twice as many sums, two of the right values and one broadcast value.
enum { OUTER_ROWS = WIDTH == 16 ? 8 : 4 };

INLINE void add_outer_rows(const Outer *o, int first) {
  vec sum[OUTER_ROWS][COLUMNS];
  for (int i = 0; i < OUTER_ROWS; i++)
    for (int c = 0; c < COLUMNS; c++) sum[i][c] = ((const vec *)(o->sums + (first + i) * o->sums_step))[c];
  for (int y = 0; y < o->rows; y++) {
    const float *left = o->left + y * o->left_row + first, *right = o->right + y * o->right_row;
    for (int x = 0; x < o->columns; x++, left += o->step, right += o->step) {
      const vec w0 = ((const vec *)right)[0], w1 = ((const vec *)right)[1];
#pragma GCC unroll 16
      for (int i = 0; i < OUTER_ROWS; i++) {
        const vec v = broadcast(left[i]);
        sum[i][0] += w0 * v;
        sum[i][1] += w1 * v;
      }
    }
  }
  for (int i = 0; i < OUTER_ROWS; i++)
    for (int c = 0; c < COLUMNS; c++) ((vec *)(o->sums + (first + i) * o->sums_step))[c] = sum[i][c];
}

// @param count of left values of a cell
static void add_outer(Outer o, int count) {
  for (int first = 0; first < count; first += OUTER_ROWS) add_outer_rows(&o, first);
}
