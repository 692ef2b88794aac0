#include "plan_handle.h"

#include <limits.h>
#include <stdlib.h>

#include "arguments.h"

static const char *const CAPSULE = "anncli.compiled.plan";

static void free_handle(PlanHandle *handle) {
  for (int k = 0; k < N_PURPOSES; k++)
    if (handle->plan[k]) handle->kernel[k]->destroy(handle->plan[k]);
  free(handle->sizes);
  free(handle->loss_numbers);
  free(handle);
}

static void destroy_capsule(PyObject *capsule) {
  PlanHandle *handle = (PlanHandle *)PyCapsule_GetPointer(capsule, CAPSULE);
  if (handle) free_handle(handle);
}

static bool take_ints(PyObject *tuple, int *to, Py_ssize_t n, int lowest) {
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

static bool check_activations(const PlanHandle *handle) {
  for (int l = 0; l < handle->n_layers; l++) {
    const int code = handle->activations[l];
    if (code >= N_ACTIVATIONS || (code == SOFTMAX && l + 1 < handle->n_layers)) {
      PyErr_Format(PyExc_ValueError, "layer %d cannot have activation %d", l + 1, code);
      return false;
    }
  }
  return true;
}

static bool create_plans(PlanHandle *handle, const char *variant) {
  if (!choose_variants(variant, handle->n_layers, handle->sizes, handle->kernel)) {
    PyErr_Format(PyExc_ValueError, "this machine has no kernel variant '%s'", variant);
    return false;
  }
  for (int l = 0; l < handle->n_layers; l++)
    handle->n_parameters += ((size_t)handle->sizes[l] + 1) * (size_t)handle->sizes[l + 1];
  for (int k = 0; k < N_PURPOSES; k++) {
    handle->plan[k] = handle->kernel[k]->create(handle->n_layers, handle->sizes, handle->activations, handle->loss_numbers);
    if (!handle->plan[k]) {
      PyErr_NoMemory();
      return false;
    }
  }
  return true;
}

// The numbers of a loss into handle->loss_numbers; none leave it null.
static bool take_loss_numbers(PyObject *tuple, PlanHandle *handle) {
  const Py_ssize_t n = tuple ? PyTuple_Size(tuple) : 0;
  if (!n) return true;
  if (n != handle->sizes[handle->n_layers]) {
    PyErr_SetString(PyExc_ValueError, "a loss has one number for each output, or none");
    return false;
  }
  handle->loss_numbers = (float *)calloc((size_t)n, sizeof(float));
  if (!handle->loss_numbers) {
    PyErr_NoMemory();
    return false;
  }
  for (Py_ssize_t k = 0; k < n; k++) {
    double value;
    PyObject *item = PyTuple_GetItem(tuple, k);
    if (!item || !as_double(item, &value)) return false;
    handle->loss_numbers[k] = (float)value;
  }
  return true;
}

PyObject *make_plan(PyObject *, PyObject *arguments) {
  PyObject *sizes, *activations, *numbers = NULL;
  const char *variant;
  if (!PyArg_ParseTuple(arguments, "O!O!z|O!", &PyTuple_Type, &sizes, &PyTuple_Type, &activations, &variant, &PyTuple_Type,
                        &numbers))
    return NULL;
  const Py_ssize_t n = PyTuple_Size(activations);
  if (n < 1 || n > 100000 || PyTuple_Size(sizes) != n + 1) {
    PyErr_SetString(PyExc_ValueError, "a plan needs one activation for every size but the first");
    return NULL;
  }
  PlanHandle *handle = (PlanHandle *)calloc(1, sizeof *handle);
  if (handle) handle->sizes = (int *)calloc((size_t)n * 2 + 1, sizeof(int));
  if (!handle || !handle->sizes) {
    free(handle);
    return PyErr_NoMemory();
  }
  handle->n_layers = (int)n;
  handle->activations = handle->sizes + n + 1;
  const bool good = take_ints(sizes, handle->sizes, n + 1, 1) && take_ints(activations, handle->activations, n, 0) &&
                    check_activations(handle) && take_loss_numbers(numbers, handle) && create_plans(handle, variant);
  PyObject *capsule = good ? PyCapsule_New(handle, CAPSULE, destroy_capsule) : NULL;
  if (!capsule) free_handle(handle);
  return capsule;
}

PlanLease::PlanLease(PyObject *capsule)
    : handle((PlanHandle *)PyCapsule_GetPointer(capsule, CAPSULE)), kernel(NULL), plan(NULL), purpose(BATCH) {}

bool PlanLease::begin(Purpose wanted) {
  purpose = wanted;
  kernel = handle->kernel[purpose];
  if (handle->busy[purpose]) {
    plan = kernel->create(handle->n_layers, handle->sizes, handle->activations, handle->loss_numbers);
    if (!plan) PyErr_NoMemory();
  } else {
    plan = handle->plan[purpose];
    handle->busy[purpose] = true;
  }
  return plan != NULL;
}

PlanLease::~PlanLease() {
  if (!plan) return;
  if (plan == handle->plan[purpose]) handle->busy[purpose] = false;
  else kernel->destroy(plan);
}
