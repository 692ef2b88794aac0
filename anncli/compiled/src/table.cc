// The call that reads a text table. What it gives is the same as that of table_text_python.py.
#include "arguments.h"
#include "calls.h"
#include "table_parts.h"

namespace {

// Python's reader of numbers, called by any thread while the interpreter lock is released.
double number_of_python(const char *text) {
  const PyGILState_STATE state = PyGILState_Ensure();
  const double found = PyOS_string_to_double(text, NULL, NULL);
  // A number too large is an infinity; there are no other faults in it.
  PyErr_Clear();
  PyGILState_Release(state);
  return found;
}

// marks: delimiter, quote and decimal mark, a blank for none; flags: 1 a backslash escapes, 2 rows may end with a delimiter.
bool take_syntax(table::Syntax &s, PyObject *marks, PyObject *flags, PyObject *na, PyObject *na_numbers) {
  char *text;
  Py_ssize_t size;
  if (PyBytes_AsStringAndSize(marks, &text, &size)) return false;
  int64_t bits;
  if (!as_int64(flags, &bits)) return false;
  if (size != 3 || !PyTuple_Check(na) || !PyTuple_Check(na_numbers)) {
    PyErr_SetString(PyExc_ValueError, "marks, na or na_numbers is wrong");
    return false;
  }
  s.delimiter = text[0] == ' ' ? 0 : text[0];
  s.quote = text[1] == ' ' ? 0 : text[1];
  s.mark = text[2];
  s.escaped = bits & 1;
  s.ended = bits & 2;
  for (Py_ssize_t k = 0; k < PyTuple_Size(na); k++) {
    if (PyBytes_AsStringAndSize(PyTuple_GetItem(na, k), &text, &size)) return false;
    if (!s.na.add({text, size})) return PyErr_NoMemory() != NULL;
  }
  for (Py_ssize_t k = 0; k < PyTuple_Size(na_numbers); k++) {
    double number;
    if (!as_double(PyTuple_GetItem(na_numbers, k), &number)) return false;
    if (!s.na_numbers.add(number)) return PyErr_NoMemory() != NULL;
  }
  return true;
}

// The words of a column in order of their codes: strings, and floats for numbers; None for a column of numbers.
PyObject *list_of(const words::Words *found) {
  if (!found) Py_RETURN_NONE;
  PyObject *const list = PyList_New((Py_ssize_t)found->list.n);
  for (Py_ssize_t k = 0; list && k < found->list.n; k++) {
    const words::Word &word = found->list.items[k];
    PyObject *const item = word.text ? PyUnicode_DecodeUTF8(word.text, (Py_ssize_t)word.size, "replace") : PyFloat_FromDouble(word.number);
    if (!item || PyList_SetItem(list, k, item)) {
      Py_DECREF(list);
      return NULL;
    }
  }
  return list;
}

PyObject *lists_of(const table::Parts &parts, int64_t width) {
  PyObject *const tuple = PyTuple_New((Py_ssize_t)width);
  for (int64_t k = 0; tuple && k < width; k++) {
    PyObject *const list = list_of(parts.words_of(k));
    if (!list || PyTuple_SetItem(tuple, (Py_ssize_t)k, list)) {
      Py_DECREF(tuple);
      return NULL;
    }
  }
  return tuple;
}

}  // namespace

// parse_table(text, start, marks, flags, na, na_numbers, is_last, threads, cells, lines) -> (rows, at, n_lines, flaw, flaw_cell, words)
//
// text: bytes or bytearray, UTF-8; a row begins at `start`; marks and flags: see take_syntax(); na: bytes without upper case letters; is_last:
// nothing follows the text; threads: the most that read it; cells: a writable float64 matrix with a row for each row wanted at most, filled as
// Columns says; lines: writable, int64, for as many rows.
PyObject *parse_table(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 10)) return NULL;
  int64_t start, is_last, threads;
  BufferView view;
  if (!view.take_text(a[0]) || !as_int64(a[1], &start) || !as_int64(a[6], &is_last) || !as_int64(a[7], &threads)) return NULL;
  const char *const text = (const char *)view.data;
  const Py_ssize_t size = view.rows;
  table::Syntax syntax;
  if (!take_syntax(syntax, a[2], a[3], a[4], a[5])) return NULL;
  BufferView cells, lines;
  if (!cells.take_doubles(a[8], "cells") || !lines.take_writable_numbers(a[9], "lines", cells.rows)) return NULL;
  if (start < 0 || start > size || cells.view.shape[1] < 1 || threads < 1) {
    PyErr_SetString(PyExc_ValueError, "start, width or threads is out of range");
    return NULL;
  }
  syntax.width = cells.view.shape[1];
  const table::Meaning meaning(syntax, number_of_python);
  table::Parts parts(syntax, meaning, (double *)cells.data, (int64_t *)lines.data, cells.rows);
  const int most_parts = threads < table::Parts::MOST ? (int)threads : (int)table::Parts::MOST;
  PyThreadState *const thread = PyEval_SaveThread();
  const table::Flaw flaw = parts.read(text + start, text + size, is_last, most_parts);
  PyEval_RestoreThread(thread);
  if (flaw == table::NO_MEMORY) return PyErr_NoMemory();
  PyObject *const words = lists_of(parts, syntax.width);
  if (!words) return NULL;
  return Py_BuildValue("LnLiLN", (long long)parts.n, (Py_ssize_t)(parts.at - text), (long long)parts.line, (int)flaw,
                       (long long)(flaw ? parts.flaw_cell : 0), words);
}
