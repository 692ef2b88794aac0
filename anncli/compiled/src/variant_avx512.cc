// The avx512 variant; the build compiles only this file for that instruction set.
#if defined(__AVX512F__)
#define VL 16
#define ANN_VARIANT "avx512"
#define ANN_TABLE ann_kernel_avx512
#include "variant.h"
#endif
