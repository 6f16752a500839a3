#define WIDTH 4
#define NAME "NEON"
#define KERNELS blocks_neon
#define KEEP "+w"
#include "passes.h"
