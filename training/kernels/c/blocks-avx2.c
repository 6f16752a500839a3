#define WIDTH 8
#define NAME "AVX2"
#define KERNELS blocks_avx2
#define KEEP "+x"
#include "passes.h"
