// The Python module anncli.kernels._native: checks what it is given, lets go of the interpreter and calls a variant.
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

PyObject *ann_parse_block(PyObject *, PyObject *const *arguments, Py_ssize_t n);
PyObject *ann_format_rows(PyObject *, PyObject *const *arguments, Py_ssize_t n);

namespace {

// ------------------------------------------------------------------------------------------------ variants

// One build may compile for several processors in turn (universal binaries of macOS).
#if defined(ANN_X86_VARIANTS) && !defined(__x86_64__)
#undef ANN_X86_VARIANTS
#endif

#if defined(ANN_X86_VARIANTS)
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma");
}
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif

// The variants this machine runs, widest first; returns how many.
int find_variants(const AnnKernel *found[3]) {
  int n = 0;
#if defined(ANN_X86_VARIANTS)
  if (has_avx512()) found[n++] = &ann_kernel_avx512;
  if (has_avx2()) found[n++] = &ann_kernel_avx2;
#endif
  found[n++] = &ann_kernel_baseline;
  return n;
}

PyObject *variants(PyObject *, PyObject *) {
  const AnnKernel *found[3];
  const int n = find_variants(found);
  PyObject *names = PyTuple_New(n);
  for (int i = 0; names && i < n; i++) PyTuple_SetItem(names, i, PyUnicode_FromString(found[i]->name));
  return names;
}

// ------------------------------------------------------------------------------------------------ plans

const char *const PLAN = "anncli.kernels.plan";

enum Purpose { ONLINE, BATCH };  // they may run on different variants

struct Box {
  const AnnKernel *kernel[2];
  AnnPlan *plan[2];
  bool busy[2];  // changed only while the interpreter lock is held
  int n_layers;
  size_t n_parameters;
  int *sizes, *activations;  // one allocation
};

void free_box(Box *box) {
  for (int k = 0; k < 2; k++)
    if (box->plan[k]) box->kernel[k]->destroy(box->plan[k]);
  free(box->sizes);
  free(box);
}

void destroy_capsule(PyObject *capsule) {
  Box *box = (Box *)PyCapsule_GetPointer(capsule, PLAN);
  if (box) free_box(box);
}

bool take_ints(PyObject *tuple, int *to, Py_ssize_t n, int lowest) {
  for (Py_ssize_t i = 0; i < n; i++) {
    PyObject *item = PyTuple_GetItem(tuple, i);
    const long value = item ? PyLong_AsLong(item) : -1;
    if (value == -1 && PyErr_Occurred()) return false;
    if (value < lowest || value > INT_MAX / 64) {
      PyErr_Format(PyExc_ValueError, "size or code %ld is out of range", value);
      return false;
    }
    to[i] = (int)value;
  }
  return true;
}

bool choose_variants(const char *name, Box *box) {
  const AnnKernel *found[3];
  const int n = find_variants(found);
  box->kernel[ONLINE] = box->kernel[BATCH] = found[0];
  if (name) {
    int i = 0;
    while (i < n && strcmp(name, found[i]->name)) i++;
    if (i < n) box->kernel[ONLINE] = box->kernel[BATCH] = found[i];
    else PyErr_Format(PyExc_ValueError, "this machine has no kernel variant '%s'", name);
    return i < n;
  }
  // Narrow layers fill vectors of 8 better than vectors of 16; a single row waits longer for the wide ones, but where
  // online_narrow.h takes over.
  int widest = 0;
  for (int l = 1; l <= box->n_layers; l++) widest = box->sizes[l] > widest ? box->sizes[l] : widest;
  const bool one_output = box->n_layers == 2 && box->sizes[2] == 1;
  if (n == 3 && widest <= 16 && !one_output) box->kernel[ONLINE] = found[1];
  if (n == 3 && widest <= 8) box->kernel[BATCH] = found[1];
  return true;
}

// plan(sizes, activations, variant or None): what the other calls need to know of a topology.
PyObject *make_plan(PyObject *, PyObject *arguments) {
  PyObject *sizes, *activations;
  const char *variant;
  if (!PyArg_ParseTuple(arguments, "O!O!z", &PyTuple_Type, &sizes, &PyTuple_Type, &activations, &variant)) return NULL;
  const Py_ssize_t n = PyTuple_Size(activations);
  if (n < 1 || n > 100000 || PyTuple_Size(sizes) != n + 1) {
    PyErr_SetString(PyExc_ValueError, "a plan needs one activation for every size but the first");
    return NULL;
  }
  Box *box = (Box *)calloc(1, sizeof *box);
  if (box) box->sizes = (int *)calloc((size_t)n * 2 + 1, sizeof(int));
  if (!box || !box->sizes) {
    free(box);
    return PyErr_NoMemory();
  }
  box->n_layers = (int)n;
  box->activations = box->sizes + n + 1;
  bool good = take_ints(sizes, box->sizes, n + 1, 1) && take_ints(activations, box->activations, n, 0);
  if (good) good = choose_variants(variant, box);
  for (Py_ssize_t l = 0; good && l < n; l++) {
    if (box->activations[l] > 13 || (box->activations[l] == 13 && l + 1 < n)) {
      PyErr_Format(PyExc_ValueError, "layer %zd cannot have activation %d", l + 1, box->activations[l]);
      good = false;
    }
    box->n_parameters += ((size_t)box->sizes[l] + 1) * (size_t)box->sizes[l + 1];
  }
  for (int k = 0; good && k < 2; k++) {
    box->plan[k] = box->kernel[k]->create(box->n_layers, box->sizes, box->activations);
    if (!box->plan[k]) {
      PyErr_NoMemory();
      good = false;
    }
  }
  PyObject *capsule = good ? PyCapsule_New(box, PLAN, destroy_capsule) : NULL;
  if (!capsule) free_box(box);
  return capsule;
}

// A plan for the length of one call: the box's own, or a fresh one while another thread works with that.
struct Lease {
  Box *box;
  const AnnKernel *kernel;
  AnnPlan *plan;
  Purpose purpose;
  explicit Lease(PyObject *capsule) : box((Box *)PyCapsule_GetPointer(capsule, PLAN)), kernel(NULL), plan(NULL) {}
  bool begin(Purpose wanted) {
    purpose = wanted;
    kernel = box->kernel[purpose];
    if (box->busy[purpose]) {
      plan = kernel->create(box->n_layers, box->sizes, box->activations);
      if (!plan) PyErr_NoMemory();
    } else {
      plan = box->plan[purpose];
      box->busy[purpose] = true;
    }
    return plan != NULL;
  }
  ~Lease() {
    if (!plan) return;
    if (plan == box->plan[purpose]) box->busy[purpose] = false;
    else kernel->destroy(plan);
  }
  int n_inputs() const { return box->sizes[0]; }
  int n_outputs() const { return box->sizes[box->n_layers]; }
};

// ------------------------------------------------------------------------------------------------ arrays

// A C-contiguous array of a given type and shape, held for the length of a call; None gives a null pointer.
struct Held {
  Py_buffer view;
  bool held;
  void *data;
  Py_ssize_t rows;
  Held() : held(false), data(NULL), rows(0) {}
  ~Held() {
    if (held) PyBuffer_Release(&view);
  }
  // columns 0: one dimension; rows_wanted -1: any number
  bool take(PyObject *object, const char *name, bool rows_of_int, Py_ssize_t rows_wanted, Py_ssize_t columns, bool writable,
            bool optional) {
    if (optional && object == Py_None) return true;
    if (PyObject_GetBuffer(object, &view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS | (writable ? PyBUF_WRITABLE : 0))) return false;
    held = true;
    const char *format = view.format ? view.format : "B";
    const bool type = view.itemsize == 4 && (rows_of_int ? !strcmp(format, "i") || !strcmp(format, "l") : !strcmp(format, "f"));
    const bool shape = view.ndim == (columns ? 2 : 1) && (rows_wanted < 0 || view.shape[0] == rows_wanted) &&
                       (!columns || view.shape[1] == columns);
    if (!type || !shape) {
      PyErr_Format(PyExc_ValueError, "%s has the wrong %s", name, type ? "shape" : "type");
      return false;
    }
    data = view.buf;
    rows = view.shape[0];
    return true;
  }
  const float *floats() const { return (const float *)data; }
  float *changed() const { return (float *)data; }
};

bool take_parameters(Held &held, PyObject *object, const char *name, const Lease &lease, bool writable, bool optional) {
  return held.take(object, name, false, (Py_ssize_t)lease.box->n_parameters, 0, writable, optional);
}

// Inputs, targets, weights and the rows of a call, with every row number in range.
struct HeldData {
  Held inputs, targets, weights, rows;
  AnnData data;
  bool take(const Lease &lease, PyObject *input, PyObject *target, PyObject *weight, PyObject *row) {
    memset(&data, 0, sizeof data);
    if (!inputs.take(input, "inputs", false, -1, lease.n_inputs(), false, false)) return false;
    if (target && !targets.take(target, "targets", false, inputs.rows, lease.n_outputs(), false, false)) return false;
    if (weight && !weights.take(weight, "weights", false, inputs.rows, 0, false, true)) return false;
    if (!rows.take(row, "rows", true, -1, 0, false, true)) return false;
    data.inputs = inputs.floats();
    data.targets = targets.floats();
    data.weights = weights.floats();
    data.rows = (const int32_t *)rows.data;
    data.n = rows.held ? rows.rows : inputs.rows;
    uint64_t highest = 0;
    for (Py_ssize_t r = 0; r < rows.rows; r++) {
      const uint64_t number = (uint64_t)data.rows[r];  // a negative one becomes very large
      highest = number > highest ? number : highest;
    }
    if (rows.rows && highest >= (uint64_t)inputs.rows) {
      PyErr_Format(PyExc_IndexError, "a row number is not in 0 .. %zd", inputs.rows - 1);
      return false;
    }
    return true;
  }
};

bool count(PyObject *object, int64_t *to) {
  *to = PyLong_AsLongLong(object);
  return !(*to == -1 && PyErr_Occurred());
}

bool real(PyObject *object, double *to) {
  *to = PyFloat_AsDouble(object);
  return !(*to == -1 && PyErr_Occurred());
}

bool need(Py_ssize_t n, Py_ssize_t wanted) {
  if (n == wanted) return true;
  PyErr_Format(PyExc_TypeError, "%zd arguments instead of %zd", n, wanted);
  return false;
}

bool done(int status) {
  if (status == ANN_OK) return true;
  PyErr_NoMemory();
  return false;
}

// ------------------------------------------------------------------------------------------------ calls

// forward(plan, parameters, inputs, rows, outputs, threads)
PyObject *forward(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!need(n, 6)) return NULL;
  Lease lease(a[0]);
  Held parameters, outputs;
  HeldData held;
  int64_t threads;
  if (!lease.box || !take_parameters(parameters, a[1], "parameters", lease, false, false) ||
      !held.take(lease, a[2], NULL, NULL, a[3]) ||
      !outputs.take(a[4], "outputs", false, (Py_ssize_t)held.data.n, lease.n_outputs(), true, false) || !count(a[5], &threads))
    return NULL;
  int status = ANN_OK;
  if (held.data.n) {
    if (!lease.begin(BATCH)) return NULL;
    PyThreadState *state = PyEval_SaveThread();
    status = lease.kernel->forward(lease.plan, parameters.floats(), &held.data, outputs.changed(), (int)threads);
    PyEval_RestoreThread(state);
  }
  if (!done(status)) return NULL;
  Py_RETURN_NONE;
}

// loss_and_gradient(plan, parameters, loss, inputs, targets, weights, rows, gradient, l2, threads) -> loss
PyObject *loss_and_gradient(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!need(n, 10)) return NULL;
  Lease lease(a[0]);
  Held parameters, gradient;
  HeldData held;
  int64_t loss, threads;
  double l2, value = 0;
  if (!lease.box || !take_parameters(parameters, a[1], "parameters", lease, false, false) || !count(a[2], &loss) ||
      !held.take(lease, a[3], a[4], a[5], a[6]) || !take_parameters(gradient, a[7], "gradient", lease, true, true) ||
      !real(a[8], &l2) || !count(a[9], &threads))
    return NULL;
  if (!held.data.n) {
    PyErr_SetString(PyExc_ZeroDivisionError, "the mean loss of no rows");
    return NULL;
  }
  if (!lease.begin(BATCH)) return NULL;
  PyThreadState *state = PyEval_SaveThread();
  const int status = lease.kernel->loss_and_gradient(lease.plan, parameters.floats(), (int)loss, &held.data, l2,
                                                          gradient.changed(), &value, (int)threads);
  PyEval_RestoreThread(state);
  return done(status) ? PyFloat_FromDouble(value) : NULL;
}

// epoch(plan, parameters, loss, rule, first, second, step, rows_seen, inputs, targets, weights, rows, batch_size, outputs,
//       threads) -> (mean loss, step); rule: an AnnRule as bytes
PyObject *epoch(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!need(n, 15)) return NULL;
  Lease lease(a[0]);
  Held parameters, first, second, outputs;
  HeldData held;
  AnnState now;
  memset(&now, 0, sizeof now);
  int64_t loss, batch_size, threads;
  if (!lease.box || !take_parameters(parameters, a[1], "parameters", lease, true, false) || !count(a[2], &loss)) return NULL;
  AnnRule rule;
  char *bytes;
  Py_ssize_t size;
  if (PyBytes_AsStringAndSize(a[3], &bytes, &size)) return NULL;
  if (size != (Py_ssize_t)sizeof rule) {
    PyErr_Format(PyExc_ValueError, "a rule has %zd bytes, not %zd", (Py_ssize_t)sizeof rule, size);
    return NULL;
  }
  memcpy(&rule, bytes, sizeof rule);
  const bool two = rule.code == ANN_ADAM || rule.code == ANN_ADAMW;
  if (!take_parameters(first, a[4], "first", lease, true, false) ||
      !take_parameters(second, a[5], "second", lease, true, !two) || !count(a[6], &now.step) || !count(a[7], &now.rows_seen) ||
      !held.take(lease, a[8], a[9], a[10], a[11]) || !count(a[12], &batch_size) ||
      !outputs.take(a[13], "outputs", false, (Py_ssize_t)held.data.n, lease.n_outputs(), true, true) || !count(a[14], &threads))
    return NULL;
  if (batch_size < 1) {
    PyErr_Format(PyExc_ValueError, "a batch of %lld rows", (long long)batch_size);
    return NULL;
  }
  if (!held.data.n) {
    PyErr_SetString(PyExc_ZeroDivisionError, "the mean loss of no rows");
    return NULL;
  }
  const bool single_rows = batch_size == 1 && rule.code == ANN_SGD && rule.dropout == 0 && rule.input_dropout == 0;
  if (!lease.begin(single_rows ? ONLINE : BATCH)) return NULL;
  now.parameters = parameters.changed();
  now.first = first.changed();
  now.second = two ? second.changed() : NULL;
  now.outputs = outputs.changed();
  PyThreadState *state = PyEval_SaveThread();
  const int status = single_rows ? lease.kernel->online_epoch(lease.plan, (int)loss, &rule, &now, &held.data)
                                 : lease.kernel->epoch(lease.plan, (int)loss, &rule, &now, &held.data, batch_size, (int)threads);
  PyEval_RestoreThread(state);
  return done(status) ? Py_BuildValue("dL", now.total / (double)held.data.n, (long long)now.step) : NULL;
}

// 1, -1 or 0; nan stays nan, so that it is found out.
inline float sign(float x) { return x > 0 ? 1.0f : x < 0 ? -1.0f : x == 0 ? 0.0f : x; }

// rprop_step(turn, increase, decrease, step_min, step_max, parameters, gradient, previous_gradient, step, move); turn: 0 on,
// 1 back, 2 stay: see RpropRule and NumpyKernel.rprop_step
PyObject *rprop_step(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!need(n, 10)) return NULL;
  int64_t turn;
  double numbers[4];
  if (!count(a[0], &turn)) return NULL;
  for (int i = 0; i < 4; i++)
    if (!real(a[1 + i], numbers + i)) return NULL;
  const float increase = (float)numbers[0], decrease = (float)numbers[1], low = (float)numbers[2], high = (float)numbers[3];
  Held parameters, gradient, previous, step, move;
  if (!parameters.take(a[5], "parameters", false, -1, 0, true, false)) return NULL;
  const Py_ssize_t size = parameters.rows;
  if (!gradient.take(a[6], "gradient", false, size, 0, true, false) ||
      !previous.take(a[7], "previous_gradient", false, size, 0, false, false) ||
      !step.take(a[8], "step", false, size, 0, true, false) || !move.take(a[9], "move", false, size, 0, true, false))
    return NULL;
  float *w = parameters.changed(), *g = gradient.changed(), *s = step.changed(), *m = move.changed();
  const float *p = previous.floats();
  PyThreadState *state = PyEval_SaveThread();
  for (Py_ssize_t i = 0; i < size; i++) {
    const float now = sign(g[i]), agreement = now * sign(p[i]);
    const float grown = s[i] * increase, shrunk = s[i] * decrease;
    s[i] = agreement > 0 ? (grown < high ? grown : high) : agreement < 0 ? (shrunk > low ? shrunk : low) : s[i];
    float moved = -now * s[i];
    if (agreement < 0 && turn) {
      moved = turn == 1 ? -m[i] : 0.0f;
      g[i] = 0.0f;
    }
    m[i] = moved;
    w[i] += moved;
  }
  PyEval_RestoreThread(state);
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"variants", variants, METH_NOARGS, NULL},
    {"plan", make_plan, METH_VARARGS, NULL},
    {"forward", (PyCFunction)(void (*)(void))forward, METH_FASTCALL, NULL},
    {"loss_and_gradient", (PyCFunction)(void (*)(void))loss_and_gradient, METH_FASTCALL, NULL},
    {"epoch", (PyCFunction)(void (*)(void))epoch, METH_FASTCALL, NULL},
    {"rprop_step", (PyCFunction)(void (*)(void))rprop_step, METH_FASTCALL, NULL},
    {"parse_block", (PyCFunction)(void (*)(void))ann_parse_block, METH_FASTCALL, NULL},
    {"format_rows", (PyCFunction)(void (*)(void))ann_format_rows, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_native", "Compiled kernels and text parser.", 0, methods,
                          NULL, NULL, NULL, NULL};

}  // namespace

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
