// Products of small matrices, which all layers but the first are made of.
#include "precision.h"

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
  const void *weights; // as `stored` says; before those of INT8 their scales [BLOCK]
  float *out;
  long out_step;
  const void *next; // weights that are needed soon, to be fetched meanwhile
  Precision stored;
} Product;

// Where weights begin, after their scales.
INLINE const char *first_weights(Precision stored, const void *weights) {
  return (const char *)weights + (stored == INT8 ? BLOCK * sizeof(float) : 0);
}

// Bytes of the weights [BLOCK] of a k.
INLINE int row_bytes(Precision stored) {
  return BLOCK * (stored == FLOAT32 ? 4 : stored == BFLOAT16 ? 2 : 1);
}

// The weights [BLOCK] of a k, without their scales.
INLINE void read_weights(const char *from, Precision stored, vec w[COLUMNS]) {
  for (int c = 0; c < COLUMNS; c++) {
    if (stored == FLOAT32) w[c] = ((const vec *)from)[c];
    if (stored == BFLOAT16) w[c] = of_halves((const uint16_t *)from + c * WIDTH);
    if (stored == INT8) w[c] = of_bytes((const int8_t *)from + c * WIDTH);
  }
}

// @param ahead bytes of `next` that are fetched for each k
INLINE void multiply_rows(const Product *p, Precision stored, int rows, int ahead, long first) {
  vec sum[ROWS][COLUMNS];
  for (int t = 0; t < rows; t++)
    for (int c = 0; c < COLUMNS; c++) sum[t][c] = (vec){0};
  const vec *scale = p->weights;
  const char *w = first_weights(stored, p->weights), *next = p->next;
  for (int tap = 0; tap < p->taps; tap++) {
    const float *in = p->in + p->offsets[tap] + first * p->step;
    for (int k = 0; k < p->depth; k++, w += row_bytes(stored), next += ahead) {
      __builtin_prefetch(next);
      if (ahead > 64) __builtin_prefetch(next + 64);
      vec wk[COLUMNS];
      read_weights(w, stored, wk);
#pragma GCC unroll 16
      for (int t = 0; t < rows; t++) {
        const vec x = broadcast(in[t * p->step + k]);
        sum[t][0] += wk[0] * x;
        sum[t][1] += wk[1] * x;
      }
    }
  }
  for (int t = 0; t < rows; t++) {
    vec *out = (vec *)(p->out + (first + t) * p->out_step);
    out[0] = stored == INT8 ? sum[t][0] * scale[0] : sum[t][0];
    out[1] = stored == INT8 ? sum[t][1] * scale[1] : sum[t][1];
  }
}

#define CASE(n) case n: multiply_rows(p, stored, n, ahead, first); break;
#if WIDTH == 16
#define CASES CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13)
#else
#define CASES CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#endif
INLINE void choose_rows(const Product *p, Precision stored, int rows, int ahead, long first) {
  switch (rows) { CASES }
}
#undef CASES
#undef CASE

static void multiply_some(const Product *p, int rows, long first) {
  switch (p->stored) {
    case BFLOAT16: choose_rows(p, BFLOAT16, rows, 64, first); break;
    case INT8: choose_rows(p, INT8, rows, 64, first); break;
    default: choose_rows(p, FLOAT32, rows, 64, first);
  }
}

// For at most ROWS rows, which read all weights once: `next` runs ahead of them.
static void multiply_once(const Product *p, int rows) {
  switch (p->stored) {
    case BFLOAT16: choose_rows(p, BFLOAT16, rows, row_bytes(BFLOAT16), 0); break;
    case INT8: choose_rows(p, INT8, rows, row_bytes(INT8), 0); break;
    default: choose_rows(p, FLOAT32, rows, row_bytes(FLOAT32), 0);
  }
}

// For t from 0 to count, in pieces of nearly equal size.
static void multiply(Product p, long count) {
  const long pieces = (count + ROWS - 1) / ROWS;
  const char *next = p.next;
  for (long piece = 0; piece < pieces; piece++) {
    const long first = count * piece / pieces, last = count * (piece + 1) / pieces;
    p.next = next + piece * (long)p.taps * p.depth * 64;
    multiply_some(&p, (int)(last - first), first);
  }
}
