// The softmax of the scores of a cell. See products.h.

INLINE long padded(long count) {
  return (count + BLOCK - 1) / BLOCK * BLOCK;
}

INLINE float sum_of(vec v) {
  float sum = 0;
  for (int i = 0; i < WIDTH; i++) sum += v[i];
  return sum;
}

// row[0..cells) becomes its softmax; the rest of its vectors becomes 0.
static void softmax(float *row, long cells) {
  const long all = padded(cells);
  for (long i = cells; i < all; i++) row[i] = -INFINITY;
  vec most = *(const vec *)row;
  for (long i = WIDTH; i < all; i += WIDTH) most = larger(most, *(const vec *)(row + i));
  float greatest = most[0];
  for (int i = 1; i < WIDTH; i++) greatest = most[i] > greatest ? most[i] : greatest;
  vec sum = (vec){0};
  for (long i = 0; i < all; i += WIDTH) {
    vec *v = (vec *)(row + i);
    *v = exponential(*v - greatest);
    if (i + WIDTH > cells)
      for (long k = i < cells ? cells - i : 0; k < WIDTH; k++) (*v)[k] = 0;
    sum += *v;
  }
  const vec scale = broadcast(1.0f / sum_of(sum));
  for (long i = 0; i < all; i += WIDTH) *(vec *)(row + i) *= scale;
}
