// The baseline variant: instructions that every machine of the platform has. Where the compiler has no vector types, VL is 1.
#if !defined(VL)
#if defined(__GNUC__) && (defined(__SSE2__) || defined(__aarch64__))
#define VL 4
#else
#define VL 1
#endif
#endif
#define ANN_VARIANT "baseline"
#define ANN_TABLE ann_kernel_baseline
#include "variant.h"
