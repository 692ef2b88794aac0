// Arguments of a call from Python: numbers and arrays, checked, each with an error that says what is wrong.
#ifndef ANN_ARGUMENTS_H
#define ANN_ARGUMENTS_H

#include <stdint.h>
#include <string.h>

#include "python_api.h"

// A C-contiguous array of a given type and shape, held until the end of a call. None leaves `data` null.
struct BufferView {
  Py_buffer view;
  bool held;
  void *data;
  Py_ssize_t rows;

  enum Access { READ, WRITE };
  enum Presence { REQUIRED, OPTIONAL };
  enum { ANY = -1 };  // any number of rows or columns

  BufferView() : held(false), data(NULL), rows(0) {}
  ~BufferView() {
    if (held) PyBuffer_Release(&view);
  }
  BufferView(const BufferView &) = delete;

  // A vector of float32; n_rows: its length.
  bool take_vector(PyObject *object, const char *name, Py_ssize_t n_rows, Access access, Presence presence = REQUIRED) {
    return take(object, name, 4, 'f', 'f', n_rows, 0, access, presence);
  }
  // A matrix of float32.
  bool take_matrix(PyObject *object, const char *name, Py_ssize_t n_rows, Py_ssize_t n_columns, Access access,
                   Presence presence = REQUIRED) {
    return take(object, name, 4, 'f', 'f', n_rows, n_columns, access, presence);
  }
  // A vector of int32 or None, and one of int64 or None. Which letter numpy gives them depends on the platform.
  bool take_row_numbers(PyObject *object, const char *name) { return take(object, name, 4, 'i', 'l', ANY, 0, READ, OPTIONAL); }
  bool take_numbers(PyObject *object, const char *name, Py_ssize_t n_rows) {
    return take(object, name, 8, 'l', 'q', n_rows, 0, READ, OPTIONAL);
  }
  // A matrix of int32.
  bool take_integers(PyObject *object, const char *name, Py_ssize_t n_columns) {
    return take(object, name, 4, 'i', 'l', ANY, n_columns, READ, REQUIRED);
  }
  // A writable matrix of float64, and a writable vector of int64.
  bool take_doubles(PyObject *object, const char *name) { return take(object, name, 8, 'd', 'd', ANY, ANY, WRITE, REQUIRED); }
  // A vector of float64, and a matrix of float64 of a given shape.
  bool take_double_vector(PyObject *object, const char *name, Py_ssize_t n_rows, Access access = READ) {
    return take(object, name, 8, 'd', 'd', n_rows, 0, access, REQUIRED);
  }
  bool take_double_matrix(PyObject *object, const char *name, Py_ssize_t n_rows, Py_ssize_t n_columns, Access access = READ) {
    return take(object, name, 8, 'd', 'd', n_rows, n_columns, access, REQUIRED);
  }
  bool take_writable_numbers(PyObject *object, const char *name, Py_ssize_t n_rows) {
    return take(object, name, 8, 'l', 'q', n_rows, 0, WRITE, REQUIRED);
  }
  // Bytes or a bytearray, which have a NUL behind their end; rows: how many there are.
  bool take_text(PyObject *object) {
    if (!PyBytes_Check(object) && !PyByteArray_Check(object)) {
      PyErr_SetString(PyExc_TypeError, "text must be bytes or a bytearray");
      return false;
    }
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE)) return false;
    held = true;
    data = view.buf;
    rows = view.len;
    return true;
  }

  const float *floats() const { return (const float *)data; }
  float *writable_floats() const { return (float *)data; }
  const double *doubles() const { return (const double *)data; }
  double *writable_doubles() const { return (double *)data; }

 private:
  // size: bytes of an item; one, other: the two type letters that are accepted; n_columns 0: one dimension.
  bool take(PyObject *object, const char *name, Py_ssize_t size, char one, char other, Py_ssize_t n_rows, Py_ssize_t n_columns,
            Access access, Presence presence) {
    if (presence == OPTIONAL && object == Py_None) return true;
    const int flags = PyBUF_FORMAT | PyBUF_C_CONTIGUOUS | (access == WRITE ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, &view, flags)) return false;
    held = true;
    const char *format = view.format ? view.format : "B";
    const bool type = view.itemsize == size && (format[0] == one || format[0] == other) && !format[1];
    const bool shape = view.ndim == (n_columns ? 2 : 1) && (n_rows == ANY || view.shape[0] == n_rows) &&
                       (!n_columns || n_columns == ANY || view.shape[1] == n_columns);
    if (!type || !shape) {
      PyErr_Format(PyExc_ValueError, "%s has the wrong %s", name, type ? "shape" : "type");
      return false;
    }
    data = view.buf;
    rows = view.shape[0];
    return true;
  }
};

// Whether all of these row numbers, if there are any, are below n.
inline bool check_row_numbers(const BufferView &numbers, Py_ssize_t n) {
  uint64_t highest = 0;
  for (Py_ssize_t r = 0; r < numbers.rows; r++) {
    const uint64_t number = (uint64_t)((const int32_t *)numbers.data)[r];  // a negative one becomes very large
    highest = number > highest ? number : highest;
  }
  if (!numbers.rows || highest < (uint64_t)n) return true;
  PyErr_Format(PyExc_IndexError, "a row number is not in 0 .. %zd", n - 1);
  return false;
}

inline bool as_int64(PyObject *object, int64_t *to) {
  *to = PyLong_AsLongLong(object);
  return !(*to == -1 && PyErr_Occurred());
}

inline bool as_double(PyObject *object, double *to) {
  *to = PyFloat_AsDouble(object);
  return !(*to == -1 && PyErr_Occurred());
}

inline bool expect_arguments(Py_ssize_t n, Py_ssize_t wanted) {
  if (n == wanted) return true;
  PyErr_Format(PyExc_TypeError, "%zd arguments instead of %zd", n, wanted);
  return false;
}

#endif
