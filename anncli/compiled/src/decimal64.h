// Places in a text, and the decimal numbers there as float64, each the one that Python's float() gives.
#ifndef ANN_DECIMAL64_H
#define ANN_DECIMAL64_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "python_api.h"

// A place in a text that ends with a NUL at `end`. thread: set while the interpreter lock is released.
struct Place {
  const char *at, *end;
  PyThreadState *thread;
};

inline bool is_row_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

// A number that decimal.h leaves to another reader, through Python's own.
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
  const char *p = c.at;
  double v = 0;
  const decimal::Found found = decimal::read(p, c.end, '.', &v);
  if (found == decimal::NONE || (found == decimal::HARD && !slow_decimal(c, c.at, p, &v))) return false;
  if (!(fabs(v) < 0x1.ffffffp127)) return false;
  *value = v;
  c.at = p;
  return true;
}

#endif
