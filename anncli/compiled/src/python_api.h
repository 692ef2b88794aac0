// Python's stable interface, for every file that talks to Python: one build serves all versions from 3.11 on.
#ifndef ANN_PYTHON_API_H
#define ANN_PYTHON_API_H
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#endif
