#define WIDTH 16
#define NAME "AVX-512"
#define KERNELS blocks_avx512
#define KEEP "+v"
#include "passes.h"
