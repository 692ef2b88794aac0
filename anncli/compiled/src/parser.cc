// A parser of number tables: lines of text into rows of float32. Each number is the one that float() and a cast to float32 give.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "decimal.h"

namespace {

enum Status { GOOD = 0, BAD_NUMBER = 1, TOO_FEW = 2, TOO_MANY = 3, NOT_FINITE = 4, NO_MEMORY = 5 };

using decimal::TENS;
using decimal::eight_digits;
using decimal::is_digit;
using decimal::value_of_eight;

struct Cursor {
  const char *at, *end;    // *end is a NUL
  PyThreadState *thread;   // set while the interpreter lock is released
};

// A number that the fast path does not read, through Python's own reader.
Status slow_number(Cursor &c, const char *token, const char *after, float *value) {
  const size_t n = (size_t)(after - token);
  char small[128], *text = n < sizeof small ? small : (char *)malloc(n + 1);
  if (!text) return NO_MEMORY;
  memcpy(text, token, n);
  text[n] = 0;
  PyEval_RestoreThread(c.thread);
  char *stop = NULL;
  const double found = PyOS_string_to_double(text, &stop, NULL);
  const bool good = n > 0 && stop == text + n && !(found == -1.0 && PyErr_Occurred());
  // A number too large for a double is an infinity, as in float().
  PyErr_Clear();
  c.thread = PyEval_SaveThread();
  if (text != small) free(text);
  if (!good) return BAD_NUMBER;
  *value = (float)found;
  return *value - *value == 0 ? GOOD : NOT_FINITE;
}

inline bool ends_token(char c, char delimiter) {
  return c == delimiter || c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == '#';
}

// Reads one number at c.at and moves c.at past it. Numbers of up to 19 digits and moderate size are exact here: the double is
// one correctly rounded quotient or product, or it is close enough to tell which float32 it rounds to.
inline Status number(Cursor &c, char delimiter, float *value) {
  const char *const token = c.at, *p = token;
  const bool negative = *p == '-';
  p += *p == '-' || *p == '+';
  uint64_t m = 0, eight;
  int exponent = 0;
  const char *digits = p;
  while (is_digit(*p)) m = m * 10 + (uint64_t)(*p++ - '0');
  long n_digits = p - digits;
  if (*p == '.') {
    digits = ++p;
    if (c.end - p >= 8) {
      memcpy(&eight, p, 8);
      if (eight_digits(eight)) {
        m = m * 100000000 + value_of_eight(eight);
        p += 8;
      }
    }
    while (is_digit(*p)) m = m * 10 + (uint64_t)(*p++ - '0');
    n_digits += p - digits;
    exponent = n_digits > 19 ? 0 : (int)(digits - p);
  }
  if ((*p == 'e' || *p == 'E') && n_digits) {
    const char *q = p + 1;
    const bool minus = *q == '-';
    q += *q == '-' || *q == '+';
    if (is_digit(*q)) {
      int power = 0;
      while (is_digit(*q)) {
        if (power < 9999) power = power * 10 + (*q - '0');
        q++;
      }
      exponent += minus ? -power : power;
      p = q;
    }
  }
  const bool at_end = ends_token(*p, delimiter) || p >= c.end;
  if (at_end && n_digits > 0 && n_digits <= 19 && exponent >= -44 && exponent <= 44) {
    double v = (double)m;
    bool exact = m < (1ull << 53) && exponent >= -22 && exponent <= 22;
    if (exponent < 0) v = exponent >= -22 ? v / TENS[-exponent] : v / 1e22 / TENS[-exponent - 22];
    else v = exponent <= 22 ? v * TENS[exponent] : v * 1e22 * TENS[exponent - 22];
    if (m == 0) exact = true;
    else if (!exact && v > 1.2e-38 && v < 3.4e38) {
      // The double is off by at most 3 units in the last place, which matters only near the middle between two float32.
      uint64_t bits;
      memcpy(&bits, &v, 8);
      const int64_t from_middle = (int64_t)(bits & 0x1FFFFFFF) - 0x10000000;
      exact = from_middle > 64 || from_middle < -64;
    }
    if (exact && v < 3.4e38) {
      *value = (float)(negative ? -v : v);
      c.at = p;
      return GOOD;
    }
  }
  while (p < c.end && !ends_token(*p, delimiter)) p++;
  const Status status = slow_number(c, token, p, value);
  if (status == GOOD || status == NOT_FINITE) c.at = p;
  return status;
}

struct Table {
  char delimiter;  // a space means any run of blanks
  bool special;    // nan and inf are accepted
  Py_ssize_t width, rows, lines, column;
  float *out, *out_end;
};

inline void skip_blanks(Cursor &c, char delimiter) {
  while (*c.at == ' ' || *c.at == '\v' || *c.at == '\f' || (*c.at == '\t' && delimiter != '\t')) c.at++;
}
inline bool at_line_end(const Cursor &c) { return *c.at == '\n' || *c.at == '\r' || *c.at == '#' || c.at >= c.end; }

// Moves c.at past a comment and a line end (\n, \r\n or \r).
inline void finish_line(Cursor &c, Table &t) {
  if (*c.at == '#')
    while (c.at < c.end && *c.at != '\n' && *c.at != '\r') c.at++;
  if (c.at >= c.end) return;
  if (*c.at == '\r' && c.at[1] == '\n') c.at++;
  c.at++;
  t.lines++;
}

// Reads the values of one line into t.out; the first line sets the width. On an error c.at is the place of the error.
Status line(Cursor &c, Table &t) {
  float *out = t.out;
  Py_ssize_t n = 0;
  for (;;) {
    t.column = n + 1;
    if (t.width && n == t.width) return TOO_MANY;
    if (out == t.out_end) return NO_MEMORY;  // only a first line longer than the whole table
    const char *const field = c.at;
    const Status status = number(c, t.delimiter, out);
    if (status != GOOD && !(status == NOT_FINITE && t.special)) return status;
    out++;
    n++;
    skip_blanks(c, t.delimiter);
    if (at_line_end(c)) break;
    if (t.delimiter != ' ') {
      if (*c.at != t.delimiter) {
        c.at = field;
        return BAD_NUMBER;
      }
      c.at++;
      skip_blanks(c, t.delimiter);
    }
  }
  t.column = n + 1;
  if (t.width && n < t.width) return TOO_FEW;
  t.width = n;
  t.out = out;
  t.rows++;
  return GOOD;
}

Status table(Cursor &c, Table &t) {
  for (;;) {
    skip_blanks(c, t.delimiter);
    if (c.at >= c.end) return GOOD;
    if (at_line_end(c)) {
      finish_line(c, t);
      continue;
    }
    if (t.out_end - t.out < (t.width ? t.width : 1)) return GOOD;
    const char *start = c.at;
    const Status status = line(c, t);
    if (status != GOOD) {
      if (status == TOO_FEW) c.at = start;
      return status;
    }
    finish_line(c, t);
  }
}

}  // namespace

// parse_block(text, start, delimiter, width, special, out) -> (rows, width, lines, at, status, column)
//
// text: bytes, whole lines from `start` on; delimiter: '' for blanks, or one character; width: values per line, 0 = as many as
// in the first line; special: accept nan and inf; out: a writable float32 buffer, filled row by row until it or the text ends.
// at: where the next line starts, or the error is; lines: line ends passed; status and column (from 1): the first error.
PyObject *parse_block(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (n != 6) {
    PyErr_Format(PyExc_TypeError, "%zd arguments instead of 6", n);
    return NULL;
  }
  char *text;
  Py_ssize_t size;
  if (PyBytes_AsStringAndSize(a[0], &text, &size)) return NULL;
  const Py_ssize_t start = PyLong_AsSsize_t(a[1]);
  if (start == -1 && PyErr_Occurred()) return NULL;
  Py_ssize_t characters;
  const char *delimiter = PyUnicode_AsUTF8AndSize(a[2], &characters);
  if (!delimiter) return NULL;
  Table t;
  memset(&t, 0, sizeof t);
  t.width = PyLong_AsSsize_t(a[3]);
  if (t.width == -1 && PyErr_Occurred()) return NULL;
  const int special = PyObject_IsTrue(a[4]);
  if (special < 0) return NULL;
  if (start < 0 || start > size || t.width < 0 || characters > 1) {
    PyErr_SetString(PyExc_ValueError, "start, width or delimiter is out of range");
    return NULL;
  }
  Py_buffer view;
  if (PyObject_GetBuffer(a[5], &view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE)) return NULL;
  if (!view.format || strcmp(view.format, "f")) {
    PyBuffer_Release(&view);
    PyErr_SetString(PyExc_ValueError, "out must be float32");
    return NULL;
  }
  t.delimiter = characters ? delimiter[0] : ' ';
  t.special = special;
  t.out = (float *)view.buf;
  t.out_end = t.out + view.len / (Py_ssize_t)sizeof(float);
  Cursor c;
  c.at = text + start;
  c.end = text + size;
  c.thread = PyEval_SaveThread();
  const Status status = table(c, t);
  PyEval_RestoreThread(c.thread);
  PyBuffer_Release(&view);
  return Py_BuildValue("nnnnin", t.rows, t.width, t.lines, (Py_ssize_t)(c.at - text), (int)status, t.column);
}
