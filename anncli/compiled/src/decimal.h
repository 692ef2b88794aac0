// Decimal numbers: digits to the nearest double, as float() gives it.
#ifndef ANN_DECIMAL_H
#define ANN_DECIMAL_H

#include <string.h>

#include "decimal_digits.h"
#include "decimal_powers.h"

namespace decimal {

// m * 10^q, m > 0, rounded to a double; false where the first 128 bits do not tell how it is rounded.
ANN_INLINE bool round_product(uint64_t m, int q, double *value) {
  static constexpr Powers powers;
  if (q < -MOST_POWER || q > MOST_POWER) return false;
  const Wide power = powers.bits[q + MOST_POWER];
  const int zeros = leading_zeros(m);
  m <<= zeros;
  Wide found = product(m, power.high);
  const uint64_t below = product(m, power.low).high;
  found.low += below;
  found.high += found.low < below;
  // The true product lies between `found` and `found` + 3. Its first 54 bits are the mantissa and the bit that rounds it.
  const int top = (int)(found.high >> 63), cut = 9 + top;
  uint64_t mantissa = found.high >> cut;
  const bool is_half = (found.high & ((1ull << cut) - 1)) == 0 && found.low == 0 && (mantissa & 1);
  const int biased = powers.shift[q + MOST_POWER] - zeros + top + 64 + 64 + 10 + 52 + 1023;
  if (found.low > ~(uint64_t)8 || is_half || biased < 1 || biased > 2045) return false;
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  // The first bit of the mantissa, and what it carries where it is rounded up to the next power of two, raise the exponent.
  const uint64_t bits = ((uint64_t)(biased - 1) << 52) + mantissa;
  memcpy(value, &bits, 8);
  return true;
}

const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// One product or quotient is exact: m < 2^53, and 10^|exponent| is a double.
inline double small_value(uint64_t m, int exponent) {
  return exponent < 0 ? (double)m / TENS[-exponent] : (double)m * TENS[exponent];
}

enum Found { NONE, EXACT, HARD };

// A number that begins at `p`, which is moved past it; *end is no digit. HARD: it is one, but another reader must find its value.
ANN_INLINE Found read(const char *&p, const char *end, char mark, double *value) {
  // Signs come in no order that could be foretold: no branch depends on them.
  const char sign = *p;
  const char *at = p + ((sign == '-') | (sign == '+'));
  uint64_t m = 0;
  const char *const first = at;
  if (is_digit(*at)) {
    m = (uint64_t)(*at++ - '0');
    if (is_digit(*at)) take_digits(at, end, m);
  }
  long n = (long)(at - first);
  int exponent = 0;
  if (*at == mark && at < end) {
    const char *const point = ++at;
    // Numbers with all their digits have so many; before the point there are few.
    if (end - at >= 16 && take_sixteen(at, m)) at += 16;
    take_digits(at, end, m);
    n += (long)(at - point);
    exponent = at - point < 9999 ? (int)(point - at) : -9999;
  }
  if (!n) return NONE;
  if (n > 19) {
    // Zeros before the first other digit do not count.
    for (const char *q = first; q < at && (*q == '0' || *q == mark); q++) n -= *q == '0';
  }
  if ((*at | 32) == 'e') {
    const char *q = at + 1;
    const bool minus = *q == '-';
    q += *q == '-' || *q == '+';
    if (is_digit(*q)) {
      int power = 0;
      for (; is_digit(*q); q++)
        if (power < 99999) power = power * 10 + (*q - '0');
      exponent += minus ? -power : power;
      at = q;
    }
  }
  p = at;
  if (n > 19) return HARD;
  double v = 0;
  const bool is_near = exponent >= -22 && exponent <= 22;
  if (n <= 15 && is_near) {
    v = small_value(m, exponent);
  } else if (m && !round_product(m, exponent, &v)) {
    // Only here, because nothing foretells which numbers of 16 digits are below 2^53.
    if (m >> 53 || !is_near) return HARD;
    v = small_value(m, exponent);
  }
  uint64_t bits;
  memcpy(&bits, &v, 8);
  bits |= (uint64_t)(sign == '-') << 63;
  memcpy(value, &bits, 8);
  return EXACT;
}

}  // namespace decimal

#endif
