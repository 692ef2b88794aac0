// Powers of ten in 128 bits, and products of that width.
#ifndef ANN_DECIMAL_POWERS_H
#define ANN_DECIMAL_POWERS_H

#include <stdint.h>

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

}  // namespace decimal

#endif
