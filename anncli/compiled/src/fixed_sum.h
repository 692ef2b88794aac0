// Sums of whole numbers: adding a vector to the two words of each number; formulas in backends/fixed_sums.py.
//
// Every step is exact or rounded as IEEE 754 says, so that all variants and numpy give the same words.
#ifndef ANN_FIXED_SUM_H
#define ANN_FIXED_SUM_H

#include <math.h>
#include <stdint.h>
#include <string.h>

// What could not be added, as it is counted in FixedSum.overflow.
static const int64_t ANN_TOO_LARGE = 1, ANN_NOT_FINITE = (int64_t)1 << 32;

// hi and lo of values * factor at an exponent.
struct FixedScale {
  double factor, up, down, rest;  // 2^(20-e), 2^(e-20), 2^(70-e)
  FixedScale() {}
  FixedScale(double by, int exponent)
      : factor(by), up(ldexp(1, 20 - exponent)), down(ldexp(1, exponent - 20)), rest(ldexp(1, 70 - exponent)) {}
};

// Adding 1.5 * 2^52 to a number of up to 2^50 leaves it, rounded to a whole number, in the last bits.
static inline int64_t whole_bits(double x) {
  const double shifted = x + 6755399441055744.0;
  int64_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  return bits - 0x4338000000000000LL;
}

template <class Real>
static void add_small(const Real *values, int64_t n, const FixedScale s, int64_t *high, int64_t *low) {
  for (int64_t i = 0; i < n; i++) {
    const double v = (double)values[i] * s.factor, x = v * s.up;
    const double whole = (x + 6755399441055744.0) - 6755399441055744.0;
    high[i] += whole_bits(x);
    low[i] += whole_bits((v - whole * s.down) * s.rest);
  }
}

template <class Real>
static void add_large(const Real *values, int64_t n, const FixedScale s, int64_t *high, int64_t *low) {
  for (int64_t i = 0; i < n; i++) {
    const double v = (double)values[i] * s.factor;
    const long long whole = llrint(v * s.up);
    high[i] += whole;
    low[i] += whole_bits((v - (double)whole * s.down) * s.rest);
  }
}

// Adds values * factor to high and low (n,); or adds nothing, and returns what is wrong with the values.
template <class Real>
static int64_t add_fixed(const Real *values, int64_t n, double factor, int exponent, int64_t *high, int64_t *low) {
  const FixedScale s(factor, exponent);
  // The largest value, of which nan is none: nan * 0 makes `wrong` nan, and so does an infinite value.
  Real largest[8] = {0}, wrong[8] = {0};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; k++) {
      const Real size = values[i + k] < 0 ? -values[i + k] : values[i + k];
      largest[k] = size > largest[k] ? size : largest[k];
      wrong[k] += size * 0;
    }
  for (; i < n; i++) {
    const Real size = values[i] < 0 ? -values[i] : values[i];
    largest[0] = size > largest[0] ? size : largest[0];
    wrong[0] += size * 0;
  }
  for (int k = 0; k < 8; k++) {
    if (!(wrong[k] == 0)) return ANN_NOT_FINITE;
    if (largest[k] > largest[0]) largest[0] = largest[k];
  }
  const double most = fabs(rint((double)largest[0] * factor * s.up));
  if (!(most <= 72057594037927936.0)) return ANN_TOO_LARGE;  // 2^56
  if (most <= 1125899906842624.0) add_small(values, n, s, high, low);  // 2^50
  else add_large(values, n, s, high, low);
  return 0;
}

#endif
