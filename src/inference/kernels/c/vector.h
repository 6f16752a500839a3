// Vectors of as many floats as the CPU computes at a time, and the functions of them. Each kernels-*.c chooses WIDTH.
#include <math.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

typedef float vec __attribute__((vector_size(4 * WIDTH)));
typedef int32_t ivec __attribute__((vector_size(4 * WIDTH)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec broadcast(float x) {
  return x - (vec){0};
}

INLINE vec larger(vec a, vec b) {
#if WIDTH == 16
  return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif WIDTH == 8
  return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#else
  return (vec)vmaxq_f32((float32x4_t)a, (float32x4_t)b);
#endif
}

INLINE vec square_root(vec a) {
#if WIDTH == 16
  return (vec)_mm512_sqrt_ps((__m512)a);
#elif WIDTH == 8
  return (vec)_mm256_sqrt_ps((__m256)a);
#else
  return (vec)vsqrtq_f32((float32x4_t)a);
#endif
}

// The floats of bfloat16 numbers, which are the upper halves of floats.
INLINE vec of_halves(const uint16_t *from) {
#if WIDTH == 16
  return (vec)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from)), 16);
#elif WIDTH == 8
  return (vec)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)from)), 16);
#else
  return (vec)((ivec){from[0], from[1], from[2], from[3]} << 16);
#endif
}

INLINE vec of_bytes(const int8_t *from) {
#if WIDTH == 16
  return (vec)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)from)));
#elif WIDTH == 8
  return (vec)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)from)));
#else
  int8_t four __attribute__((vector_size(4)));
  memcpy(&four, from, sizeof four);
  return __builtin_convertvector(four, vec);
#endif
}

// exp(x) for -87 <= x <= 88 with a relative error below 2e-7: 2^n times a polynomial of degree 6 for the rest.
INLINE vec exponential(vec x) {
  const vec magic = broadcast(12582912.0f); // 1.5 * 2^23: adding it rounds to a whole number
  x = larger(x, broadcast(-87.0f));
  vec shifted = x * 1.44269504f + magic;
  vec n = shifted - magic;
  vec f = (x - n * 0.693145752f) - n * 1.42860677e-6f; // x - n ln 2, in two parts
  vec p = f * 1.3981999e-3f + 8.3334519e-3f;
  p = p * f + 4.1665796e-2f;
  p = p * f + 0.16666666f;
  p = p * f + 0.5f;
  p = p * f + 1.0f;
  p = p * f + 1.0f;
  ivec scale = ((ivec)shifted << 23) + (127 << 23);
  return p * (vec)scale;
}

INLINE vec sigmoid(vec x) {
  x = larger(x, broadcast(-87.0f)); // beyond, exp(-x) has no float
  return 1.0f / (1.0f + exponential(-x));
}
