// The baseline variant: what every machine of the platform has; plain loops where the compiler has no vector types.
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
