#define WIDTH 8
#define NAME "AVX2"
#define KERNELS kernels_avx2
#define KEEP "+x"
#include "kernels.h"
