// Codes, rules and results that several calls take and check.
#ifndef ANN_TAKE_H
#define ANN_TAKE_H

#include "arguments.h"
#include "kernel.h"

inline bool check_code(const char *name, int64_t code, int n) {
  if (code >= 0 && code < n) return true;
  PyErr_Format(PyExc_ValueError, "there is no %s %lld", name, (long long)code);
  return false;
}

inline bool take_loss(PyObject *object, int *loss) {
  int64_t code;
  if (!as_int64(object, &code) || !check_code("loss", code, N_LOSSES)) return false;
  *loss = (int)code;
  return true;
}

// The bytes of an AnnRule, as rule_layout() describes them.
inline bool take_rule(PyObject *object, AnnRule *rule) {
  char *bytes;
  Py_ssize_t size;
  if (PyBytes_AsStringAndSize(object, &bytes, &size)) return false;
  if (size != (Py_ssize_t)sizeof *rule) {
    PyErr_Format(PyExc_ValueError, "a rule has %zd bytes, not %zd", (Py_ssize_t)sizeof *rule, size);
    return false;
  }
  memcpy(rule, bytes, sizeof *rule);
  return check_code("rule", rule->code, N_RULES);
}

inline bool check_status(int status) {
  if (status == ANN_OK) return true;
  PyErr_NoMemory();
  return false;
}

#endif
