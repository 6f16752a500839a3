#define WIDTH 16
#define NAME "AVX-512"
#define KERNELS kernels_avx512
#define KEEP "+v"
#include "kernels.h"
