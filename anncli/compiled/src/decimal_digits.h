// Decimal digits, eight at a time where that many bytes can be read.
#ifndef ANN_DECIMAL_DIGITS_H
#define ANN_DECIMAL_DIGITS_H

#include <stdint.h>
#include <string.h>

namespace decimal {

inline int leading_zeros(uint64_t a) {
#if defined(__GNUC__) || defined(__clang__)
  return __builtin_clzll(a);
#else
  int n = 0;
  while (!(a >> 63)) {
    a <<= 1;
    n++;
  }
  return n;
#endif
}

inline int trailing_zeros(uint64_t a) {
#if defined(__GNUC__) || defined(__clang__)
  return __builtin_ctzll(a);
#else
  return 63 - leading_zeros(a & (~a + 1));
#endif
}

inline bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

// Eight characters 0; characters are read as a little-endian number.
const uint64_t ZEROS = 0x3030303030303030ull;

// Whether eight characters are digits; and the number that they spell.
inline bool eight_digits(uint64_t v) {
  return ((v & 0xF0F0F0F0F0F0F0F0ull) | (((v + 0x0606060606060606ull) & 0xF0F0F0F0F0F0F0F0ull) >> 4)) == 0x3333333333333333ull;
}
inline uint32_t value_of_digits(uint64_t v) {
  v = v * 10 + (v >> 8);
  return (uint32_t)(((v & 0x000000FF000000FFull) * 0x000F424000000064ull +
                     ((v >> 16) & 0x000000FF000000FFull) * 0x0000271000000001ull) >> 32);
}
inline uint32_t value_of_eight(uint64_t v) { return value_of_digits(v - ZEROS); }

const uint32_t WHOLE_TENS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};

// Digits from p on: adds them to m and moves p.
inline void take_digits(const char *&p, const char *end, uint64_t &m) {
  while (end - p >= 8) {
    uint64_t eight;
    memcpy(&eight, p, 8);
    eight ^= ZEROS;
    // The high bit of every byte that is above 9, and perhaps of some behind the first of them.
    const uint64_t others = ((eight + 0x7676767676767676ull) | eight) & 0x8080808080808080ull;
    if (others) {
      // The digits before it move to the end; zeros come before them.
      const int n = trailing_zeros(others) >> 3;
      m = m * WHOLE_TENS[n] + value_of_digits(eight << 8 << (56 - 8 * n));
      p += n;
      return;
    }
    m = m * 100000000 + value_of_digits(eight);
    p += 8;
  }
  while (is_digit(*p)) m = m * 10 + (uint64_t)(*p++ - '0');
}

}  // namespace decimal

#endif
