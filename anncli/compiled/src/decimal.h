// Decimal numbers: digits to the nearest double, as float() gives it.
#ifndef ANN_DECIMAL_H
#define ANN_DECIMAL_H

#include <stdint.h>
#include <string.h>

namespace decimal {

struct Wide {
  uint64_t high, low;
};

constexpr int MOST_POWER = 55;  // 5^55 is the last power of 5 below 2^128

// The first 128 bits of 10^q, cut off, for every q from -MOST_POWER to MOST_POWER: 10^q = (bits + less than 1) * 2^shift.
struct Powers {
  Wide bits[2 * MOST_POWER + 1];
  int shift[2 * MOST_POWER + 1];

  constexpr Powers() : bits(), shift() {
    Wide five = {0, 1};
    for (int q = 0; q <= MOST_POWER; q++) {
      Wide top = five;
      int moved = 0;
      while (!(top.high >> 63)) {
        top = {top.high << 1 | top.low >> 63, top.low << 1};
        moved++;
      }
      bits[MOST_POWER + q] = top;
      shift[MOST_POWER + q] = q - moved;
      if (q) divide(five, q);
      if (q < MOST_POWER) five = times_five(five);
    }
  }

  static constexpr Wide times_five(Wide a) {
    const uint64_t low = a.low * 4, sum = low + a.low;
    const uint64_t carry = (a.low >> 62) + (sum < low);
    return {a.high * 5 + carry, sum};
  }

  // 2^n / five by long division, as many bits as a Wide holds.
  constexpr void divide(Wide five, int q) {
    Wide rest = {0, 1}, found = {0, 0};
    int n = 0;
    while (!(found.high >> 63)) {
      const bool over = rest.high >> 63;
      rest = {rest.high << 1 | rest.low >> 63, rest.low << 1};
      n++;
      const bool fits = over || rest.high > five.high || (rest.high == five.high && rest.low >= five.low);
      if (fits) {
        const uint64_t borrow = rest.low < five.low;
        rest = {rest.high - five.high - borrow, rest.low - five.low};
      }
      found = {found.high << 1 | found.low >> 63, found.low << 1 | (uint64_t)fits};
    }
    bits[MOST_POWER - q] = found;
    shift[MOST_POWER - q] = -n - q;
  }
};

inline Wide product(uint64_t a, uint64_t b) {
#ifdef __SIZEOF_INT128__
  const unsigned __int128 wide = (unsigned __int128)a * b;
  return {(uint64_t)(wide >> 64), (uint64_t)wide};
#else
  const uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
  const uint64_t middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (uint32_t)middle;
  return {a1 * b1 + (middle >> 32) + (other >> 32), a * b};
#endif
}

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

// m * 10^q, m > 0, rounded to a double; false where the first 128 bits do not tell how it is rounded.
inline bool round_product(uint64_t m, int q, double *value) {
  static constexpr Powers powers;
  if (q < -MOST_POWER || q > MOST_POWER) return false;
  const Wide power = powers.bits[q + MOST_POWER];
  const int zeros = leading_zeros(m);
  m <<= zeros;
  Wide found = product(m, power.high);
  const uint64_t below = product(m, power.low).high;
  found.low += below;
  found.high += found.low < below;
  // The true product lies between `found` and `found` + 3. Its first 53 bits are the mantissa.
  int exponent = powers.shift[q + MOST_POWER] - zeros + 64 + 64 + 10;
  if (found.high >> 63) exponent++;
  else found = {found.high << 1 | found.low >> 63, found.low << 1};
  const uint64_t rest = found.high & 0x7FF, half = 0x400;
  if (found.low > ~(uint64_t)8 || (rest == half && found.low == 0)) return false;
  uint64_t mantissa = found.high >> 11;
  if (rest >= half) mantissa++;
  if (mantissa >> 53) {
    mantissa >>= 1;
    exponent++;
  }
  const int biased = exponent + 52 + 1023;
  if (biased < 1 || biased > 2046) return false;
  const uint64_t bits = (mantissa & 0xFFFFFFFFFFFFFull) | (uint64_t)biased << 52;
  memcpy(value, &bits, 8);
  return true;
}

const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

inline bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

// Whether eight characters, read as a little-endian number, are digits; and the number that they spell.
inline bool eight_digits(uint64_t v) {
  return ((v & 0xF0F0F0F0F0F0F0F0ull) | (((v + 0x0606060606060606ull) & 0xF0F0F0F0F0F0F0F0ull) >> 4)) == 0x3333333333333333ull;
}
inline uint32_t value_of_eight(uint64_t v) {
  v -= 0x3030303030303030ull;
  v = v * 10 + (v >> 8);
  return (uint32_t)(((v & 0x000000FF000000FFull) * 0x000F424000000064ull +
                     ((v >> 16) & 0x000000FF000000FFull) * 0x0000271000000001ull) >> 32);
}

enum Found { NONE, EXACT, HARD };

// Digits from p on: adds them to m and moves p.
inline void take_digits(const char *&p, const char *end, uint64_t &m) {
  uint64_t eight;
  while (end - p >= 8) {
    memcpy(&eight, p, 8);
    if (!eight_digits(eight)) break;
    m = m * 100000000 + value_of_eight(eight);
    p += 8;
  }
  while (is_digit(*p)) m = m * 10 + (uint64_t)(*p++ - '0');
}

// A number that begins at `p`, which is moved past it; *end is no digit. HARD: it is one, but another reader must find its value.
inline Found read(const char *&p, const char *end, char mark, double *value) {
  const char *at = p;
  const bool negative = *at == '-';
  at += *at == '-' || *at == '+';
  uint64_t m = 0;
  const char *const first = at;
  while (is_digit(*at)) m = m * 10 + (uint64_t)(*at++ - '0');
  long n = (long)(at - first);
  int exponent = 0;
  if (*at == mark && at < end) {
    const char *const point = ++at;
    take_digits(at, end, m);
    n += (long)(at - point);
    exponent = at - point < 9999 ? (int)(point - at) : -9999;
  }
  if (!n) return NONE;
  if (n > 19) {
    // Zeros before the first other digit do not count.
    for (const char *q = first; q < at && (*q == '0' || *q == mark); q++) n -= *q == '0';
  }
  if (*at == 'e' || *at == 'E') {
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
  double v = 0;
  if (n > 19) return HARD;
  if (m < (1ull << 53) && exponent >= -22 && exponent <= 22) {
    v = exponent < 0 ? (double)m / TENS[-exponent] : (double)m * TENS[exponent];
  } else if (m && !round_product(m, exponent, &v)) {
    return HARD;
  }
  *value = negative ? -v : v;
  return EXACT;
}

}  // namespace decimal

#endif
