#define WIDTH 4
#define NAME "NEON"
#define KEEP "+w"
#define KERNELS kernels_neon
#include "kernels.h"
