// How the weights of convolutions of maps are stored; all else is floats.
#ifndef PRECISION_H
#define PRECISION_H
#include <stddef.h>

// As PRECISIONS in precision.ts. INT8 has a scale, a float, for each channel of an output.
typedef enum { FLOAT32, BFLOAT16, INT8 } Precision;

// The floats whose memory weights take.
static inline size_t stored_floats(Precision stored, size_t weights, size_t scales) {
  switch (stored) {
    case BFLOAT16: return weights / 2;
    case INT8: return weights / 4 + scales;
    default: return weights;
  }
}
#endif
