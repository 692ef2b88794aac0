// Calls about sums of whole numbers: a vector, and the gradients of the chunks of a batch.
#include "calls.h"
#include "fixed_sum.h"
#include "plan_samples.h"

// The exponent of a sum; others would have no meaning in fixed_sums.py.
static bool take_exponent(PyObject *object, int *exponent) {
  int64_t value;
  if (!as_int64(object, &value) || !check_code("exponent", value, 101)) return false;
  *exponent = (int)value;
  return true;
}

// values (m,): float32 or float64; words: int64 (2 m,), hi and then lo.
PyObject *add_fixed(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 4)) return NULL;
  BufferView single, twice, words;
  double factor;
  int exponent;
  if (!as_double(a[1], &factor) || !take_exponent(a[2], &exponent)) return NULL;
  if (!single.take_vector(a[0], "values", BufferView::ANY, BufferView::READ)) {
    PyErr_Clear();
    if (!twice.take_double_vector(a[0], "values", BufferView::ANY)) return NULL;
  }
  const Py_ssize_t m = single.data ? single.rows : twice.rows;
  if (!words.take_writable_numbers(a[3], "words", 2 * m)) return NULL;
  int64_t *high = (int64_t *)words.data, found;
  PyThreadState *thread = PyEval_SaveThread();
  found = single.data ? add_fixed(single.floats(), (int64_t)m, factor, exponent, high, high + m)
                      : add_fixed((const double *)twice.data, (int64_t)m, factor, exponent, high, high + m);
  PyEval_RestoreThread(thread);
  return PyLong_FromLongLong((long long)found);
}

// Whether runs cover the rows of a call one after another.
static bool check_starts(const BufferView &starts, int64_t n_rows) {
  const int64_t *at = (const int64_t *)starts.data;
  const Py_ssize_t last = starts.rows - 1;
  bool fits = last >= 0 && at[0] == 0 && at[last] == n_rows;
  for (Py_ssize_t k = 0; fits && k < last; k++) fits = at[k] <= at[k + 1];
  if (!fits) PyErr_SetString(PyExc_ValueError, "starts must rise from 0 to the number of rows");
  return fits;
}

PyObject *chunk_gradients(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 15)) return NULL;
  PlanLease lease(a[0]);
  BufferView parameters, starts, scratch, words, losses;
  PlanSamples samples;
  AnnRule rule;
  AnnBatch batch;
  AnnRuns runs;
  memset(&batch, 0, sizeof batch);
  memset(&runs, 0, sizeof runs);
  int loss;
  if (!lease.handle || !take_parameters(parameters, a[1], "parameters", lease, BufferView::READ) || !take_loss(a[2], &loss) ||
      !take_rule(a[3], &rule) || !as_int64(a[4], &batch.rows_seen) || !samples.take(lease, a[5], a[6], a[7], a[8]) ||
      !starts.take_numbers(a[9], "starts", BufferView::ANY) || !as_int64(a[10], &runs.total) ||
      !take_exponent(a[11], &runs.exponent) || !take_parameters(scratch, a[12], "scratch", lease, BufferView::WRITE) ||
      !words.take_writable_numbers(a[13], "words", 2 * (Py_ssize_t)lease.n_parameters()))
    return NULL;
  if (!samples.rows.held || !starts.held) {
    PyErr_SetString(PyExc_TypeError, "rows and starts must be arrays");
    return NULL;
  }
  if (!check_starts(starts, samples.data.n) ||
      !losses.take_double_vector(a[14], "losses", starts.rows - 1, BufferView::WRITE))
    return NULL;
  if (runs.total < 1) {
    PyErr_SetString(PyExc_ZeroDivisionError, "the mean loss of no rows");
    return NULL;
  }
  if (!lease.begin(BATCH)) return NULL;
  batch.parameters = parameters.floats();
  batch.rule = &rule;
  batch.data = &samples.data;
  batch.gradient = scratch.writable_floats();
  runs.starts = (const int64_t *)starts.data;
  runs.n = (int)(starts.rows - 1);
  runs.words = (int64_t *)words.data;
  runs.losses = (double *)losses.data;
  PyThreadState *thread = PyEval_SaveThread();
  const int status = lease.kernel->chunk_gradients(lease.plan, loss, &batch, &runs);
  PyEval_RestoreThread(thread);
  return check_status(status) ? PyLong_FromLongLong((long long)runs.overflow) : NULL;
}
