// Exponential and logarithm of float64 with the same bits on every machine: those of C libraries differ in their last bits.
#ifndef ANN_EVENTS_NUMBERS_H
#define ANN_EVENTS_NUMBERS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

namespace ann_events {

inline uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline double of_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// e^r - 1 for |r| <= ln2/32.
inline double small_power_less_one(double r) {
  const double r2 = r * r;
  const double low = r + r2 * (1. / 2 + r * (1. / 6)), high = (1. / 24 + r * (1. / 120)) + r2 * (1. / 720 + r * (1. / 5040));
  return low + r2 * r2 * high;
}

// e^x within one unit of the last place; 0 below -708.
inline double exponential(double x) {
  static const double powers[16] = {  // 2^(k/16)
      0x1.0000000000000p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0, 0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0,
      0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0, 0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0,
      0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0};
  if (!(x >= -708)) return x < -708 ? 0 : x;
  if (x > 709) return HUGE_VAL;
  // x = n ln2/16 + r. Adding 1.5 * 2^52 rounds to a whole number, which then stands in the last bits.
  const double shifted = x * 0x1.71547652b82fep+4 + 0x1.8p52, n = shifted - 0x1.8p52;
  const int64_t whole = (int32_t)(uint32_t)bits_of(shifted);
  const double r = (x - n * 0x1.62e42fep-5) - n * 0x1.f473de6af278fp-34, power = powers[whole & 15];
  const double y = power + power * small_power_less_one(r);
  return of_bits(bits_of(y) + ((uint64_t)(whole >> 4) << 52));
}

// e^x - 1 for |x| <= ln2/4, without the loss of digits near 0.
inline double exponential_less_one(double x) {
  double y = small_power_less_one(x / 8);
  for (int doubled = 0; doubled < 3; doubled++) y *= y + 2;  // e^2x - 1
  return y;
}

// ln x for x > 0 that is no denormal.
inline double logarithm(double x) {
  const uint64_t bits = bits_of(x);
  int exponent = (int)(bits >> 52) - 1023;
  double m = of_bits((bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL);
  if (m > 1.4142135623730951) {
    m /= 2;
    exponent++;
  }
  // ln m = 2 artanh(s), |s| <= 0.172
  const double s = (m - 1) / (m + 1), q = s * s, q2 = q * q, q4 = q2 * q2;
  const double low = (1. / 3 + q * (1. / 5)) + q2 * (1. / 7 + q * (1. / 9)), middle = (1. / 11 + q * (1. / 13)) + q2 * (1. / 15 + q * (1. / 17));
  const double sum = low + q4 * (middle + q4 * ((1. / 19 + q * (1. / 21)) + q2 * (1. / 23)));
  return exponent * 0x1.62e42fep-1 + (2 * s + (exponent * 0x1.f473de6af278fp-30 + 2 * s * q * sum));
}

}  // namespace ann_events
#endif
