// Decimal digits, eight at a time where that many bytes can be read.
#ifndef ANN_DECIMAL_DIGITS_H
#define ANN_DECIMAL_DIGITS_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#if defined(__GNUC__) || defined(__clang__)
#define ANN_INLINE inline __attribute__((always_inline))
#else
#define ANN_INLINE inline
#endif

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

#if defined(__SSE2__)
// Whether sixteen characters are digits; then m = m * 10^16 + the number that they spell.
inline bool take_sixteen(const char *p, uint64_t &m) {
  const __m128i v = _mm_xor_si128(_mm_loadu_si128((const __m128i *)p), _mm_set1_epi8('0'));
  if (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v)) != 0xFFFF) return false;
  // Numbers of 2, 4 and 8 digits; the first digit of a pair is the low byte of 16 bits.
  const __m128i two = _mm_add_epi16(_mm_mullo_epi16(_mm_and_si128(v, _mm_set1_epi16(0xFF)), _mm_set1_epi16(10)), _mm_srli_epi16(v, 8));
  const __m128i four = _mm_madd_epi16(two, _mm_set1_epi32(1 << 16 | 100));
  const __m128i packed = _mm_packs_epi32(four, four);
  const uint64_t eights = (uint64_t)_mm_cvtsi128_si64(_mm_madd_epi16(packed, _mm_set1_epi32(1 << 16 | 10000)));
  m = m * 10000000000000000ull + (eights & 0xFFFFFFFF) * 100000000 + (eights >> 32);
  return true;
}
#else
inline bool take_sixteen(const char *, uint64_t &) { return false; }
#endif

const uint32_t WHOLE_TENS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};

// Digits from p on: adds them to m and moves p.
ANN_INLINE void take_digits(const char *&p, const char *end, uint64_t &m) {
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
