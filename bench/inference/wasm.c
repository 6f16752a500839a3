// The kernels as WebAssembly, for bench/inference.ts. wasm.ts calls these functions, and checks nothing.
#include "threads.h"
#include <stdlib.h>
#include <wasm_simd128.h>

// What the kernels call of NEON, on vectors of the same width.
typedef v128_t float32x4_t;
#define vmaxq_f32(a, b) wasm_f32x4_pmax(b, a)
#define vsqrtq_f32(a) wasm_f32x4_sqrt(a)
#define WIDTH 4
#define NAME "WebAssembly"
#define KEEP "+r"
#define KERNELS kernels_wasm
#include "kernels.h"

#define EXPORT(name) __attribute__((export_name(name)))

EXPORT("block") int block(void) {
  return BLOCK;
}

EXPORT("allocate") void *allocate(size_t bytes) {
  return aligned_alloc(64, (bytes + 63) / 64 * 64);
}

// NULL where the description is wrong.
EXPORT("openSite") Site *open_site(const int32_t *values, size_t length) {
  Site *site = create_site(&kernels_wasm, 0);
  return read_network(&site->network, values, length) ? site : NULL;
}

EXPORT("floatsOf") size_t floats_of(const Site *site) {
  return site->network.floats;
}

EXPORT("pack") void pack_step(const Site *site, int step, const float *const *folded, float *weights) {
  pack(&site->network, step, folded, weights);
}

EXPORT("respond") int respond_to(Site *site, const float *weights, const float *images, size_t count,
                                 const int32_t *neurons, size_t width, float *responses) {
  return compute_request(&(Request){.site = site, .weights = weights, .images = images, .count = count,
                                    .neurons = neurons, .width = width, .responses = responses},
                         site->threads);
}
