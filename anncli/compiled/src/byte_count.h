// How often a byte occurs.
#ifndef ANN_BYTE_COUNT_H
#define ANN_BYTE_COUNT_H

#include <stdint.h>

inline int64_t count_bytes(const char *from, const char *to, char wanted) {
  int64_t n = 0;
  // Sums of a byte, which vectors hold many of.
  for (; to - from >= 192; from += 192) {
    unsigned char sums[16] = {0};
    for (int k = 0; k < 192; k += 16)
      for (int j = 0; j < 16; j++) sums[j] = (unsigned char)(sums[j] + (from[k + j] == wanted));
    for (int j = 0; j < 16; j++) n += sums[j];
  }
  for (; from < to; from++) n += *from == wanted;
  return n;
}

#endif
