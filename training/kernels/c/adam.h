// A step of Adam on one parameter, in one pass, in the order of operations of optimiser.ts. See passes.h.

// Of the typed arrays of JavaScript.
typedef float loose __attribute__((vector_size(4 * WIDTH), aligned(4)));

INLINE void adam_vector(const AdamNumbers *n, vec parameter, vec gradient, vec *first, vec *second, vec *result) {
  *first = *first * n->keep_first + gradient * n->add_first;
  *second = *second * n->keep_second + gradient * gradient * n->add_second;
  *result = parameter - *first * n->rate / (square_root(*second) * n->spread + n->epsilon);
}

static void adam(const AdamNumbers *n, size_t count, const float *parameter, const float *gradient, AdamState before,
                 AdamState after, float *result) {
  size_t at = 0;
  for (; at + WIDTH <= count; at += WIDTH) {
    vec first = *(const loose *)(before.first + at), second = *(const loose *)(before.second + at), next;
    adam_vector(n, *(const loose *)(parameter + at), *(const loose *)(gradient + at), &first, &second, &next);
    *(loose *)(after.first + at) = first;
    *(loose *)(after.second + at) = second;
    *(loose *)(result + at) = next;
  }
  for (; at < count; at++) {
    vec first = broadcast(before.first[at]), second = broadcast(before.second[at]), next;
    adam_vector(n, broadcast(parameter[at]), broadcast(gradient[at]), &first, &second, &next);
    after.first[at] = first[0];
    after.second[at] = second[0];
    result[at] = next[0];
  }
}
