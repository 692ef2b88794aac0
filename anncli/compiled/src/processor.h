// What an x86-64 processor can do, and whether the system keeps the registers that it takes.
//
// Not by __builtin_cpu_supports: it reads a table of the compiler's own library, which stays empty with some (zig's).
#ifndef ANN_PROCESSOR_H
#define ANN_PROCESSOR_H

#include <cpuid.h>

struct Processor {
  bool avx2, avx512;
};

// Sources: Intel's manual, volume 1, 14.3 and 15.2 to 15.4. XCR0 tells the registers that the system keeps: 0x6 those of SSE and
// AVX, 0xe0 those that AVX-512 adds.
static inline Processor processor_here() {
  unsigned a, b, c, d, kept, high;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return {false, false};
  const bool fma = c & bit_FMA;
  __asm__ __volatile__("xgetbv" : "=a"(kept), "=d"(high) : "c"(0));
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return {false, false};
  const unsigned wide = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
  return {fma && (kept & 0x6) == 0x6 && (b & bit_AVX2), fma && (kept & 0xe6) == 0xe6 && (b & wide) == wide};
}

#endif
