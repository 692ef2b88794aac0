// Rows of float32 as text: each number with the fewest digits that give the same float32 when read.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "calls.h"

namespace {

const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
                       1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39, 1e40, 1e41, 1e42, 1e43, 1e44, 1e45, 1e46};
const int LONGEST = 24;  // no number has more characters: -0.000123456789, -1234567890000000.0, -1.23456789e-38

inline double scaled(double value, int power) { return power < 0 ? value / TENS[-power] : value * TENS[power]; }

// Writes nine digits as Python prints a float, without trailing zeros; the first digit is worth 10^exponent.
char *lay_out(uint64_t digits, int exponent, char *to) {
  char text[12];
  int n = 9;
  for (int i = 8; i >= 0; i--, digits /= 10) text[i] = (char)('0' + digits % 10);
  while (n > 1 && text[n - 1] == '0') n--;
  if (exponent < -4 || exponent >= 16) {
    *to++ = text[0];
    if (n > 1) *to++ = '.';
    for (int i = 1; i < n; i++) *to++ = text[i];
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    if (exponent < 0) exponent = -exponent;
    *to++ = (char)('0' + exponent / 10);
    *to++ = (char)('0' + exponent % 10);
    return to;
  }
  if (exponent < 0) {
    *to++ = '0';
    *to++ = '.';
    for (int i = exponent + 1; i < 0; i++) *to++ = '0';
    for (int i = 0; i < n; i++) *to++ = text[i];
    return to;
  }
  for (int i = 0; i <= exponent; i++) *to++ = i < n ? text[i] : '0';
  *to++ = '.';
  if (n <= exponent + 1) *to++ = '0';
  for (int i = exponent + 1; i < n; i++) *to++ = text[i];
  return to;
}

// Writes a number at `to` and returns the end of its text. NULL where double arithmetic cannot tell the text: a number that is
// not finite or is denormal, and a decimal too close to the middle between two float32 or between two decimals.
char *shortest(float number, char *to) {
  uint32_t bits;
  memcpy(&bits, &number, 4);
  const uint32_t fraction = bits & 0x7FFFFF;
  const int exponent = (int)(bits >> 23 & 0xFF);
  if (bits >> 31) *to++ = '-';
  if (!exponent && !fraction) {
    memcpy(to, "0.0", 3);
    return to + 3;
  }
  if (!exponent || exponent == 0xFF) return NULL;
  const double value = bits >> 31 ? -(double)number : (double)number;
  int ten = (int)((exponent - 127) * 0.30103 + 64) - 64;
  double nine = scaled(value, 8 - ten);
  if (nine >= 1e9) nine = scaled(value, 8 - ++ten);
  if (!(nine >= 1e8 && nine < 1e9)) return NULL;
  // Half the distance to the next float32 above, in units of the ninth digit: 3 to 60. The error of `nine` is below HAIR.
  const double HAIR = 1e-6;
  const uint64_t half_bits = (uint64_t)(exponent - 151 + 1023) << 52;
  double half;
  memcpy(&half, &half_bits, 8);
  half = scaled(half, 8 - ten);
  const double below = fraction ? half : half / 2;  // at a power of two the next float32 below is half as far away
  const uint64_t whole = (uint64_t)nine;
  const double rest = nine - (double)whole;
  uint64_t found = 0;
  // A multiple of 10^j is a multiple of 10^(j-1) too, so the search can end at the first power without one close enough.
  uint64_t unit = 1;
  for (int j = 0; j < 9; j++, unit *= 10) {
    const double above = (double)(whole % unit) + rest, middle = (double)unit / 2;
    const bool up = above > middle;
    const double distance = up ? (double)unit - above : above;
    const double limit = up ? half : below;
    if (distance - limit < HAIR && distance - limit > -HAIR) return NULL;
    if (distance > limit) {
      if (!fraction && (double)unit - above < half + HAIR) return NULL;
      break;
    }
    if (above - middle < HAIR && above - middle > -HAIR) return NULL;
    found = (whole / unit + up) * unit;
  }
  if (found == 1000000000) {
    found = 100000000;
    ten++;
  }
  return found ? lay_out(found, ten, to) : NULL;
}

struct Text {
  char *start, *at, *end;
  bool room(size_t n) {
    if ((size_t)(end - at) >= n) return true;
    const size_t used = (size_t)(at - start), size = (used + n) * 2;
    char *grown = (char *)realloc(start, size);
    if (!grown) {
      PyErr_NoMemory();
      return false;
    }
    start = grown;
    at = grown + used;
    end = grown + size;
    return true;
  }
  bool add(const char *piece, Py_ssize_t n) {
    if (!n) return true;
    if (!room((size_t)n)) return false;
    memcpy(at, piece, (size_t)n);
    at += n;
    return true;
  }
  bool add(PyObject *string) {
    Py_ssize_t n;
    const char *piece = PyUnicode_AsUTF8AndSize(string, &n);
    return piece && add(piece, n);
  }
  bool number(float value, PyObject *exact) {
    if (!room(LONGEST)) return false;
    char *const after = shortest(value, at);
    if (after) {
      at = after;
      return true;
    }
    PyObject *text = PyObject_CallFunction(exact, "d", (double)value);
    const bool good = text && add(text);
    Py_XDECREF(text);
    return good;
  }
};

bool write_rows(Text &text, const BufferView &values, const int64_t *chosen, PyObject *const *a) {
  const Py_ssize_t n_rows = values.rows, n_columns = values.view.shape[1], n_tails = PyTuple_Size(a[3]);
  const float *value = values.floats();
  Py_ssize_t separator_size, head_size;
  const char *head = PyUnicode_AsUTF8AndSize(a[1], &head_size);
  const char *separator = PyUnicode_AsUTF8AndSize(a[2], &separator_size);
  if (!head || !separator) return false;
  for (Py_ssize_t row = 0; row < n_rows; row++) {
    if (!text.add(head, head_size)) return false;
    for (Py_ssize_t column = 0; column < n_columns; column++) {
      if (column && !text.add(separator, separator_size)) return false;
      if (!text.number(*value++, a[5])) return false;
    }
    const int64_t tail = chosen ? chosen[row] : 0;
    if (tail < 0 || tail >= n_tails) {
      PyErr_Format(PyExc_IndexError, "there is no tail %lld", (long long)tail);
      return false;
    }
    if (!text.add(PyTuple_GetItem(a[3], (Py_ssize_t)tail))) return false;
  }
  return true;
}

}  // namespace

// format_rows(values, head, separator, tails, chosen, exact) -> str
//
// values: a float32 matrix; each row becomes head, its numbers with the separator between them, and tails[chosen[row]].
// chosen: int64, or None for the first tail in every row; exact(number): the text of the few numbers that shortest() cannot tell.
PyObject *format_rows(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (n != 6 || !PyTuple_Check(a[3])) {
    PyErr_SetString(PyExc_TypeError, "format_rows takes values, head, separator, a tuple of tails, chosen and exact");
    return NULL;
  }
  BufferView values, chosen;
  if (!values.take_matrix(a[0], "values", BufferView::ANY, BufferView::ANY, BufferView::READ) ||
      !chosen.take_numbers(a[4], "chosen", values.rows))
    return NULL;
  Text text = {NULL, NULL, NULL};
  PyObject *result = NULL;
  if (write_rows(text, values, (const int64_t *)chosen.data, a))
    result = PyUnicode_DecodeUTF8(text.start ? text.start : "", text.at - text.start, NULL);
  free(text.start);
  return result;
}
