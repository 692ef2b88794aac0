// How often a byte occurs.
#ifndef ANN_BYTE_COUNT_H
#define ANN_BYTE_COUNT_H

#include <stdint.h>

inline int64_t count_bytes(const char *from, const char *to, char wanted) {
  int64_t n = 0;
  // A sum of few bytes fits into a byte itself, and vectors hold many of these.
  for (; to - from >= 240; from += 240) {
    unsigned char sum = 0;
    for (int k = 0; k < 240; k++) sum = (unsigned char)(sum + (from[k] == wanted));
    n += sum;
  }
  for (; from < to; from++) n += *from == wanted;
  return n;
}

#endif
