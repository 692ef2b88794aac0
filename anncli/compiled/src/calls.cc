#include "calls.h"

#include "plan_samples.h"

// outputs (n, n_outputs) of a call on `samples`
static bool take_outputs(BufferView &view, PyObject *object, const PlanLease &lease, const PlanSamples &samples,
                         BufferView::Presence presence) {
  return view.take_matrix(object, "outputs", (Py_ssize_t)samples.data.n, lease.n_outputs(), BufferView::WRITE, presence);
}

PyObject *forward(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 6)) return NULL;
  PlanLease lease(a[0]);
  BufferView parameters, outputs;
  PlanSamples samples;
  int64_t threads;
  if (!lease.handle || !take_parameters(parameters, a[1], "parameters", lease, BufferView::READ) ||
      !samples.take(lease, a[2], NULL, NULL, a[3]) || !take_outputs(outputs, a[4], lease, samples, BufferView::REQUIRED) ||
      !as_int64(a[5], &threads))
    return NULL;
  int status = ANN_OK;
  if (samples.data.n) {
    if (!lease.begin(BATCH)) return NULL;
    PyThreadState *thread = PyEval_SaveThread();
    status = lease.kernel->forward(lease.plan, parameters.floats(), &samples.data, outputs.writable_floats(), (int)threads);
    PyEval_RestoreThread(thread);
  }
  if (!check_status(status)) return NULL;
  Py_RETURN_NONE;
}

// The L2 penalty is l2 / 2 times the sum of squared weights; gradient: None for the loss alone.
PyObject *loss_and_gradient(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 10)) return NULL;
  PlanLease lease(a[0]);
  BufferView parameters, gradient;
  PlanSamples samples;
  int loss;
  int64_t threads;
  double l2, value = 0;
  if (!lease.handle || !take_parameters(parameters, a[1], "parameters", lease, BufferView::READ) || !take_loss(a[2], &loss) ||
      !samples.take(lease, a[3], a[4], a[5], a[6]) ||
      !take_parameters(gradient, a[7], "gradient", lease, BufferView::WRITE, BufferView::OPTIONAL) || !as_double(a[8], &l2) ||
      !as_int64(a[9], &threads) || !samples.has_rows() || !lease.begin(BATCH))
    return NULL;
  PyThreadState *thread = PyEval_SaveThread();
  const int status = lease.kernel->loss_and_gradient(lease.plan, parameters.floats(), loss, &samples.data, l2,
                                                     gradient.writable_floats(), &value, (int)threads);
  PyEval_RestoreThread(thread);
  return check_status(status) ? PyFloat_FromDouble(value) : NULL;
}

// Without a penalty; of the rule, only dropout is read. rows_seen: the number of the first row for dropout.
PyObject *batch_gradient(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 12)) return NULL;
  PlanLease lease(a[0]);
  BufferView parameters, gradient, outputs;
  PlanSamples samples;
  AnnRule rule;
  AnnBatch batch;
  memset(&batch, 0, sizeof batch);
  int loss;
  int64_t threads;
  if (!lease.handle || !take_parameters(parameters, a[1], "parameters", lease, BufferView::READ) || !take_loss(a[2], &loss) ||
      !take_rule(a[3], &rule) || !as_int64(a[4], &batch.rows_seen) || !samples.take(lease, a[5], a[6], a[7], a[8]) ||
      !take_parameters(gradient, a[9], "gradient", lease, BufferView::WRITE) ||
      !take_outputs(outputs, a[10], lease, samples, BufferView::OPTIONAL) || !as_int64(a[11], &threads) || !samples.has_rows())
    return NULL;
  // The choice that epoch() makes, because the two ways add up in different orders.
  const bool single_row = samples.data.n == 1 && rule.dropout == 0 && rule.input_dropout == 0;
  if (!lease.begin(single_row ? ONLINE : BATCH)) return NULL;
  batch.parameters = parameters.floats();
  batch.rule = &rule;
  batch.data = &samples.data;
  batch.gradient = gradient.writable_floats();
  batch.outputs = outputs.writable_floats();
  PyThreadState *thread = PyEval_SaveThread();
  const int status = single_row ? lease.kernel->online_gradient(lease.plan, loss, &batch)
                                : lease.kernel->batch_gradient(lease.plan, loss, &batch, (int)threads);
  PyEval_RestoreThread(thread);
  return check_status(status) ? PyFloat_FromDouble(batch.total / (double)samples.data.n) : NULL;
}

PyObject *epoch(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 15)) return NULL;
  PlanLease lease(a[0]);
  BufferView parameters, first, second, outputs;
  PlanSamples samples;
  AnnRule rule;
  AnnState state;
  memset(&state, 0, sizeof state);
  int loss;
  int64_t batch_size, threads;
  if (!lease.handle || !take_parameters(parameters, a[1], "parameters", lease, BufferView::WRITE) || !take_loss(a[2], &loss) ||
      !take_rule(a[3], &rule))
    return NULL;
  const bool two_vectors = rule.code == ANN_ADAM || rule.code == ANN_ADAMW;
  if (!take_parameters(first, a[4], "first", lease, BufferView::WRITE) ||
      !take_parameters(second, a[5], "second", lease, BufferView::WRITE,
                       two_vectors ? BufferView::REQUIRED : BufferView::OPTIONAL) ||
      !as_int64(a[6], &state.step) || !as_int64(a[7], &state.rows_seen) || !samples.take(lease, a[8], a[9], a[10], a[11]) ||
      !as_int64(a[12], &batch_size) || !take_outputs(outputs, a[13], lease, samples, BufferView::OPTIONAL) ||
      !as_int64(a[14], &threads))
    return NULL;
  if (batch_size < 1) {
    PyErr_Format(PyExc_ValueError, "a batch of %lld rows", (long long)batch_size);
    return NULL;
  }
  if (!samples.has_rows()) return NULL;
  const bool single_rows = batch_size == 1 && rule.code == ANN_SGD && rule.dropout == 0 && rule.input_dropout == 0;
  if (!lease.begin(single_rows ? ONLINE : BATCH)) return NULL;
  state.parameters = parameters.writable_floats();
  state.first = first.writable_floats();
  state.second = two_vectors ? second.writable_floats() : NULL;
  state.outputs = outputs.writable_floats();
  PyThreadState *thread = PyEval_SaveThread();
  const int status =
      single_rows ? lease.kernel->online_epoch(lease.plan, loss, &rule, &state, &samples.data)
                  : lease.kernel->epoch(lease.plan, loss, &rule, &state, &samples.data, batch_size, (int)threads);
  PyEval_RestoreThread(thread);
  return check_status(status) ? Py_BuildValue("dL", state.total / (double)samples.data.n, (long long)state.step) : NULL;
}
