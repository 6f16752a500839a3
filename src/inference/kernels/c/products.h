// Products of small matrices, which all layers but the first are made of.

// Registers: ROWS x COLUMNS accumulators, COLUMNS weights and one broadcast value.
#if WIDTH == 16
enum { COLUMNS = 2, ROWS = 13 };
#elif WIDTH == 8
enum { COLUMNS = 2, ROWS = 6 };
#else
enum { COLUMNS = 2, ROWS = 6 };
#endif
enum { BLOCK = COLUMNS * WIDTH };

// What a product takes: out[t][0..BLOCK) = sum over taps and k of in[tap.offset + t * step + k] * weights[tap][k][0..BLOCK).
typedef struct {
  const float *in;
  long step;
  const long *offsets; // of each tap
  int taps;
  int depth; // k counts to it
  const float *weights;
  float *out;
  long out_step;
  const float *next; // weights that are needed soon, to be fetched meanwhile
} Product;

// @param lines of `next` that are fetched for each k
INLINE void multiply_rows(const Product *p, int rows, int lines, long first) {
  vec sum[ROWS][COLUMNS];
  for (int t = 0; t < rows; t++)
    for (int c = 0; c < COLUMNS; c++) sum[t][c] = (vec){0};
  const float *w = p->weights;
  const char *next = (const char *)p->next;
  for (int tap = 0; tap < p->taps; tap++) {
    const float *in = p->in + p->offsets[tap] + first * p->step;
    for (int k = 0; k < p->depth; k++, w += BLOCK, next += 64 * lines) {
      __builtin_prefetch(next);
      if (lines == 2) __builtin_prefetch(next + 64);
      const vec *wk = (const vec *)w;
      const vec w0 = wk[0], w1 = wk[1];
#pragma GCC unroll 16
      for (int t = 0; t < rows; t++) {
        const vec x = broadcast(in[t * p->step + k]);
        sum[t][0] += w0 * x;
        sum[t][1] += w1 * x;
      }
    }
  }
  for (int t = 0; t < rows; t++) {
    vec *out = (vec *)(p->out + (first + t) * p->out_step);
    out[0] = sum[t][0];
    out[1] = sum[t][1];
  }
}

#define CASE(n) case n: multiply_rows(p, n, LINES, first); break;
#if WIDTH == 16
#define CASES CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13)
#else
#define CASES CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#endif
#define LINES 1
static void multiply_some(const Product *p, int rows, long first) {
  switch (rows) { CASES }
}
#undef LINES

// For at most ROWS rows, which read all weights once: `next` runs ahead of them.
#define LINES (BLOCK / 16)
static void multiply_once(const Product *p, int rows) {
  const long first = 0;
  switch (rows) { CASES }
}
#undef LINES
#undef CASES
#undef CASE

// For t from 0 to count, in pieces of nearly equal size.
static void multiply(Product p, long count) {
  const long pieces = (count + ROWS - 1) / ROWS;
  const float *next = p.next;
  for (long piece = 0; piece < pieces; piece++) {
    const long first = count * piece / pieces, last = count * (piece + 1) / pieces;
    p.next = next + piece * (long)p.taps * p.depth * 16;
    multiply_some(&p, (int)(last - first), first);
  }
}
