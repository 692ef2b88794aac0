// The avx2 variant; the build compiles only this file for that instruction set.
#if defined(__AVX2__)
#define VL 8
#define ANN_VARIANT "avx2"
#define ANN_TABLE ann_kernel_avx2
#include "variant.h"
#endif
