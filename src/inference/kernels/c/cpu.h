// Which vectors the CPU computes with.
#ifndef CPU_H
#define CPU_H

static inline int has_avx512(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw");
#else
  return 0;
#endif
}

static inline int has_avx2(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return 0;
#endif
}

// The kernels for this CPU, of those that are declared as NAME_avx512, NAME_avx2 and NAME_neon. NULL where there are none.
#if defined(__x86_64__)
#define KERNELS_FOR_CPU(name) (has_avx512() ? &name##_avx512 : has_avx2() ? &name##_avx2 : NULL)
#else
#define KERNELS_FOR_CPU(name) (&name##_neon)
#endif
#endif
