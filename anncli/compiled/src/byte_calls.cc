// Calls that look at the bytes of a text.
#include "arguments.h"
#include "byte_count.h"
#include "calls.h"
#include "utf8.h"

// count_bytes(text, start, byte) -> how often a byte occurs from `start` on
PyObject *count_bytes(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 3)) return NULL;
  int64_t start, wanted;
  BufferView view;
  if (!view.take_text(a[0]) || !as_int64(a[1], &start) || !as_int64(a[2], &wanted)) return NULL;
  if (start < 0 || start > view.rows || wanted < 0 || wanted > 255) {
    PyErr_SetString(PyExc_ValueError, "start or byte is out of range");
    return NULL;
  }
  const char *const text = (const char *)view.data;
  return PyLong_FromLongLong(count_bytes(text + start, text + view.rows, (char)wanted));
}

// utf8_end(text) -> where the first byte is that is no UTF-8, or the first character that is cut by the end; else len(text)
PyObject *utf8_end(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 1)) return NULL;
  BufferView view;
  if (!view.take_text(a[0])) return NULL;
  const char *const text = (const char *)view.data;
  return PyLong_FromLongLong(utf8_end(text, text + view.rows) - text);
}
