// Decimal numbers as float64, each the one that Python's float() gives.
#ifndef ANN_DECIMAL64_H
#define ANN_DECIMAL64_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "python_api.h"

// A place in a text that ends with a NUL at `end`. thread: set while the interpreter lock is released.
struct Place {
  const char *at, *end;
  PyThreadState *thread;
};

inline bool is_decimal_digit(char c) { return (unsigned)(c - '0') < 10; }
inline bool is_row_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

// The powers of ten that a double holds exactly, and those that 64 bits hold.
const double EXACT_TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                             1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
const uint64_t WHOLE_TENS[] = {1ull, 10ull, 100ull, 1000ull, 10000ull, 100000ull, 1000000ull, 10000000ull, 100000000ull,
                               1000000000ull, 10000000000ull, 100000000000ull, 1000000000000ull, 10000000000000ull,
                               100000000000000ull, 1000000000000000ull, 10000000000000000ull, 100000000000000000ull,
                               1000000000000000000ull};

// digits * 10^exponent, rounded once; false where this needs more than 128 bits.
inline bool scaled(uint64_t digits, int exponent, double *value) {
  if (digits == 0) {
    *value = 0;
    return true;
  }
  if (digits <= (1ull << 53) && exponent >= -22 && exponent <= 22) {
    *value = exponent < 0 ? (double)digits / EXACT_TENS[-exponent] : (double)digits * EXACT_TENS[exponent];
    return true;
  }
#ifdef __SIZEOF_INT128__
  if (digits > (1ull << 53) && exponent >= -18 && exponent <= 18) {
    typedef unsigned __int128 Wide;
    if (exponent >= 0) {
      *value = (double)((Wide)digits * WHOLE_TENS[exponent]);
      return true;
    }
    // The quotient has at least 57 bits: its last one may stand for all that the division leaves over.
    const Wide numerator = (Wide)digits << 64, divisor = WHOLE_TENS[-exponent];
    const Wide quotient = numerator / divisor;
    *value = ldexp((double)(quotient | (numerator % divisor != 0)), -64);
    return true;
  }
#endif
  return false;
}

// A number that scaled() does not reach, through Python's own reader.
inline bool slow_decimal(Place &c, const char *token, const char *after, double *value) {
  const size_t n = (size_t)(after - token);
  char small[128], *text = n < sizeof small ? small : (char *)malloc(n + 1);
  if (!text) return false;
  memcpy(text, token, n);
  text[n] = 0;
  PyEval_RestoreThread(c.thread);
  char *stop = NULL;
  *value = PyOS_string_to_double(text, &stop, NULL);
  const bool good = stop == text + n && !(*value == -1.0 && PyErr_Occurred());
  PyErr_Clear();
  c.thread = PyEval_SaveThread();
  if (text != small) free(text);
  return good;
}

// Reads a decimal number and moves c.at past it; false, and c.at unmoved, where there is none or it exceeds a float32.
inline bool read_decimal(Place &c, double *value) {
  const char *const token = c.at, *p = token;
  const bool negative = *p == '-';
  p += *p == '-' || *p == '+';
  uint64_t digits = 0;
  int exponent = 0;
  const char *first = p;
  while (is_decimal_digit(*p)) digits = digits * 10 + (uint64_t)(*p++ - '0');
  long n = p - first;
  if (*p == '.') {
    first = ++p;
    while (is_decimal_digit(*p)) digits = digits * 10 + (uint64_t)(*p++ - '0');
    n += p - first;
    exponent = p - first > 9999 ? -9999 : -(int)(p - first);
  }
  if (!n) return false;
  if (*p == 'e' || *p == 'E') {
    const char *q = p + 1;
    const bool minus = *q == '-';
    q += *q == '-' || *q == '+';
    if (!is_decimal_digit(*q)) return false;
    int power = 0;
    for (; is_decimal_digit(*q); q++)
      if (power < 9999) power = power * 10 + (*q - '0');
    exponent += minus ? -power : power;
    p = q;
  }
  double v = 0;
  if (n > 19 || !scaled(digits, exponent, &v)) {
    if (!slow_decimal(c, token, p, &v)) return false;
  } else if (negative) {
    v = -v;
  }
  if (!(fabs(v) < 0x1.ffffffp127)) return false;
  *value = v;
  c.at = p;
  return true;
}

#endif
