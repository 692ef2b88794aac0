#include "chain_handle.h"

#include <stdlib.h>

#include "arguments.h"

static const char *const CAPSULE = "anncli.compiled.chain";

static void free_handle(ChainHandle *handle) {
  if (handle->plan) handle->kernel->destroy_chain(handle->plan);
  free(handle->steps);
  free(handle->forms);
  free(handle->fan_in);
  free(handle->products);
  free(handle->loss_numbers);
  free(handle);
}

static void destroy_capsule(PyObject *capsule) {
  ChainHandle *handle = (ChainHandle *)PyCapsule_GetPointer(capsule, CAPSULE);
  if (handle) free_handle(handle);
}

static bool fault(int step, const char *what) {
  PyErr_Format(PyExc_ValueError, "step %d: %s", step + 1, what);
  return false;
}

static bool is_activation(const AnnStep &step, bool last) {
  if (step.activation < 0 || step.activation >= N_ACTIVATIONS) return false;
  if (!has_block(step.kind) || step.kind == ANN_EMBEDDING || step.kind == ANN_LSTM || step.kind == ANN_GRU) return step.activation == LINEAR;
  return (last && step.kind != ANN_RECURRENT) || step.activation != SOFTMAX;
}

// Checks the steps one after another, and works out their forms.
static bool trace(ChainHandle *handle, const int32_t *numbers, int fields) {
  int64_t products = 0;
  for (int k = 0; k < handle->chain.n; k++) {
    AnnStep &step = handle->steps[k];
    memcpy(&step, numbers + (size_t)k * fields, sizeof step);
    for (int i = 0; i < fields; i++)
      if (numbers[(size_t)k * fields + i] < 0 || numbers[(size_t)k * fields + i] > INT_MAX / 64) return fault(k, "a number is out of range");
    const char *what = trace_step(step, handle->forms, k, handle->forms + k + 1, handle->fan_in + k);
    if (what) return fault(k, what);
    if (!is_activation(step, k + 1 == handle->chain.n)) return fault(k, "it cannot have this activation");
    handle->n_parameters += block_size(step, handle->forms[k + 1], handle->fan_in[k]);
    if (handle->n_parameters > INT_MAX) return fault(k, "there are too many parameters");
    if (step.kind == ANN_BILINEAR) products += (int64_t)step.components * step.components * step.components;
  }
  const AnnStep &last = handle->steps[handle->chain.n - 1];
  if (!has_block(last.kind) || last.kind == ANN_EMBEDDING || is_recurrent(last.kind) || handle->outputs().rows() > 1) return fault(handle->chain.n - 1, "it cannot be the output");
  return true;
}

static bool copy_floats(const BufferView &view, float **to) {
  *to = (float *)calloc((size_t)view.rows + 1, sizeof(float));
  if (!*to) return PyErr_NoMemory(), false;
  memcpy(*to, view.data, sizeof(float) * (size_t)view.rows);
  return true;
}

static bool create(ChainHandle *handle, const char *variant) {
  handle->kernel = choose_chain_variant(variant, &handle->chain);
  if (!handle->kernel) {
    PyErr_Format(PyExc_ValueError, "this machine has no kernel variant '%s'", variant);
    return false;
  }
  handle->plan = handle->kernel->create_chain(&handle->chain);
  if (!handle->plan) PyErr_NoMemory();
  return handle->plan != NULL;
}

static bool fill(ChainHandle *handle, const BufferView &steps, const BufferView &products, const BufferView &numbers, int fields) {
  if (!trace(handle, (const int32_t *)steps.data, fields)) return false;
  int64_t wanted = 0;
  for (int k = 0; k < handle->chain.n; k++)
    if (handle->steps[k].kind == ANN_BILINEAR) {
      const int64_t N = handle->steps[k].components;
      wanted += N * N * N;
    }
  if (products.rows != wanted) return fault(handle->chain.n - 1, "the products have the wrong length");
  if (numbers.rows && numbers.rows != handle->outputs().columns) {
    PyErr_SetString(PyExc_ValueError, "a loss has one number for each output, or none");
    return false;
  }
  if (!copy_floats(products, &handle->products) || (numbers.rows && !copy_floats(numbers, &handle->loss_numbers))) return false;
  handle->chain.products = handle->products;
  handle->chain.loss_numbers = handle->loss_numbers;
  return true;
}

PyObject *make_chain(PyObject *, PyObject *arguments) {
  const int fields = (int)(sizeof(AnnStep) / sizeof(int32_t));
  PyObject *step_array, *product_array, *number_array;
  const char *variant;
  int height, width, columns, tokens;
  long long n_units;
  BufferView steps, products, numbers;
  if (!PyArg_ParseTuple(arguments, "OiiipLOOz", &step_array, &height, &width, &columns, &tokens, &n_units, &product_array, &number_array, &variant) ||
      !steps.take_integers(step_array, "steps", fields) ||
      !products.take_vector(product_array, "products", BufferView::ANY, BufferView::READ) ||
      !numbers.take_vector(number_array, "loss numbers", BufferView::ANY, BufferView::READ))
    return NULL;
  const int most = 1 << 24;
  if (steps.rows < 1 || steps.rows > 10000 || height < 1 || width < 0 || columns < 1 || height > most || width > most || columns > most ||
      (int64_t)height * width > most || (int64_t)height * width * columns > most || (!width && height > 1) || (tokens && width)) {
    PyErr_SetString(PyExc_ValueError, "a chain needs steps and a form of its inputs");
    return NULL;
  }
  const int n = (int)steps.rows;
  ChainHandle *handle = (ChainHandle *)calloc(1, sizeof *handle);
  if (!handle) return PyErr_NoMemory();
  handle->steps = (AnnStep *)calloc((size_t)n, sizeof(AnnStep));
  handle->forms = (AnnForm *)calloc((size_t)n + 1, sizeof(AnnForm));
  handle->fan_in = (int *)calloc((size_t)n, sizeof(int));
  if (!handle->steps || !handle->forms || !handle->fan_in) {
    free_handle(handle);
    return PyErr_NoMemory();
  }
  handle->forms[0] = {height, width, columns, 0, tokens != 0};
  handle->chain = {n, handle->steps, handle->forms, handle->fan_in, NULL, (int64_t)n_units, NULL};
  const bool good = fill(handle, steps, products, numbers, fields) && create(handle, variant);
  PyObject *capsule = good ? PyCapsule_New(handle, CAPSULE, destroy_capsule) : NULL;
  if (!capsule) free_handle(handle);
  return capsule;
}

ChainLease::ChainLease(PyObject *capsule) : handle((ChainHandle *)PyCapsule_GetPointer(capsule, CAPSULE)), plan(NULL) {}

bool ChainLease::begin() {
  if (handle->busy) {
    plan = handle->kernel->create_chain(&handle->chain);
    if (!plan) PyErr_NoMemory();
  } else {
    plan = handle->plan;
    handle->busy = true;
  }
  return plan != NULL;
}

ChainLease::~ChainLease() {
  if (!plan) return;
  if (plan == handle->plan) handle->busy = false;
  else handle->kernel->destroy_chain(plan);
}
