// The call on a chain: every array and number is checked before a variant runs.
#include "arguments.h"
#include "calls.h"
#include "chain_handle.h"
#include "take.h"

// The samples of a call.
struct ChainSamples {
  BufferView values, tokens, starts, targets, target_starts, weights, rows;
  AnnSamples data;
  Py_ssize_t n_samples, answers;  // answers: of the samples of the call

  bool take(const ChainHandle &chain, PyObject *const *a, bool has_targets) {
    memset(&data, 0, sizeof data);
    const AnnForm &form = chain.inputs(), &out = chain.outputs();
    const bool ragged = !form.rows();
    if (form.tokens ? !values.take_vector(a[0], "values", BufferView::ANY, BufferView::READ)
                    : !values.take_matrix(a[0], "values", BufferView::ANY, (Py_ssize_t)form.columns * (ragged ? 1 : form.rows()), BufferView::READ))
      return false;
    if (form.tokens && !tokens.take_row_numbers(a[1], "tokens")) return false;
    if (ragged && !starts.take_numbers(a[2], "starts", BufferView::ANY)) return false;
    if ((form.tokens && (!tokens.held || tokens.rows != values.rows)) || (ragged && (!starts.held || !starts.rows))) return wrong("inputs");
    n_samples = ragged ? starts.rows - 1 : values.rows;
    if (has_targets) {
      if (!targets.take_matrix(a[3], "targets", BufferView::ANY, out.columns, BufferView::READ)) return false;
      if (!out.rows() && !target_starts.take_numbers(a[4], "target_starts", n_samples + 1)) return false;
      if (out.rows() ? targets.rows != n_samples : !target_starts.held) return wrong("targets");
      if (!weights.take_vector(a[5], "weights", targets.rows, BufferView::READ, BufferView::OPTIONAL)) return false;
    }
    if (!rows.take_row_numbers(a[6], "rows")) return false;
    data.values = values.floats();
    data.tokens = (const int32_t *)tokens.data;
    data.starts = (const int64_t *)starts.data;
    data.targets = targets.floats();
    data.target_starts = (const int64_t *)target_starts.data;
    data.weights = weights.floats();
    data.rows = (const int32_t *)rows.data;
    data.n = rows.held ? rows.rows : n_samples;
    return check_row_numbers(rows, n_samples) && check_samples(chain);
  }

 private:
  static bool wrong(const char *name) {
    PyErr_Format(PyExc_ValueError, "%s have the wrong shape", name);
    return false;
  }

  // Of every sample of the call: where it lies, its tokens, its rows after each step and its answers.
  bool check_samples(const ChainHandle &chain) {
    answers = (Py_ssize_t)data.n;
    if (!data.starts) return true;
    for (int64_t r = answers = 0; r < data.n; r++) {
      const int64_t row = data.rows ? data.rows[r] : r, start = data.starts[row], end = data.starts[row + 1];
      if (start < 0 || start > end || end > values.rows || end - start > (1 << 24)) return wrong("starts");
      for (int64_t t = start; data.tokens && t < end; t++)
        if (data.tokens[t] < 0 || data.tokens[t] >= chain.inputs().columns) {
          PyErr_Format(PyExc_IndexError, "token %d is not in 0 .. %d", (int)data.tokens[t], (int)chain.inputs().columns - 1);
          return false;
        }
      int n = (int)(end - start);
      for (int k = 0; k < chain.chain.n; k++) {
        const AnnStep &step = chain.steps[k];
        const int after = rows_after(step, chain.forms[k], chain.forms[k + 1], n);
        const bool needs_rows = takes_windows(step.kind) || (step.kind >= ANN_LAST && step.kind <= ANN_MAX);
        if (needs_rows && (!n || !after)) {
          PyErr_Format(PyExc_ValueError, "sample %lld is too short for step %d", (long long)row, k + 1);
          return false;
        }
        n = after;
      }
      answers += n;
      if (data.target_starts) {
        const int64_t first = data.target_starts[row], last = data.target_starts[row + 1];
        if (first < 0 || last > targets.rows || last - first != n) return wrong("targets");
      }
    }
    return true;
  }
};

static bool take_call(const ChainHandle &chain, AnnChainCall &call, PyObject *const *a, AnnRule *rule, bool *has_rule) {
  int64_t aim, threads;
  *has_rule = a[2] != Py_None;
  if (!as_int64(a[0], &aim) || !check_code("aim", aim, ANN_EPOCH + 1) || !take_loss(a[1], &call.loss) || (*has_rule && !take_rule(a[2], rule)) ||
      !as_int64(a[3], &call.batch_size) || !as_int64(a[4], &call.step) || !as_int64(a[5], &call.rows_seen) || !as_int64(a[6], &threads) ||
      !as_int64(a[7], &call.truncate) || !as_int64(a[8], &call.first_row))
    return false;
  call.aim = (int)aim;
  call.threads = (int)(threads > 64 ? 64 : threads);
  if (aim == ANN_EPOCH && (!*has_rule || call.batch_size < 1)) {
    PyErr_SetString(PyExc_ValueError, "an epoch needs a rule and a batch of at least one row");
    return false;
  }
  const bool one = call.first_row >= 0;
  if (one && ((aim != ANN_GRADIENT && aim != ANN_OUTPUTS) || call.truncate < 1 || call.first_row % call.truncate)) {
    PyErr_SetString(PyExc_ValueError, "one piece is for a gradient or for outputs, and begins at a multiple of its length");
    return false;
  }
  if (call.truncate < 0 || (call.truncate && !chain.streams())) {
    PyErr_SetString(PyExc_ValueError, "this chain does not take its samples in pieces");
    return false;
  }
  call.rule = *has_rule ? rule : NULL;
  return true;
}

// run_chain(chain, aim, loss, rule, batch_size, step, rows_seen, threads, truncate, first_row, states, parameters, first, second,
//           gradient, outputs, values, tokens, starts, targets, target_starts, weights, rows) -> (sum of the losses, answers, step)
PyObject *run_chain(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 23)) return NULL;
  ChainLease lease(a[0]);
  if (!lease.handle) return NULL;
  const ChainHandle &chain = *lease.handle;
  const Py_ssize_t P = (Py_ssize_t)chain.n_parameters;
  AnnChainCall call;
  AnnRule rule;
  bool has_rule;
  memset(&call, 0, sizeof call);
  if (!take_call(chain, call, a + 1, &rule, &has_rule)) return NULL;
  const bool epoch = call.aim == ANN_EPOCH, two = epoch && (rule.code == ANN_ADAM || rule.code == ANN_ADAMW);
  const BufferView::Presence first_is = epoch ? BufferView::REQUIRED : BufferView::OPTIONAL, second_is = two ? BufferView::REQUIRED : BufferView::OPTIONAL;
  BufferView parameters, first, second, gradient, outputs, states;
  ChainSamples samples;
  if (!parameters.take_vector(a[11], "parameters", P, epoch ? BufferView::WRITE : BufferView::READ) ||
      !first.take_vector(a[12], "first", P, BufferView::WRITE, first_is) || !second.take_vector(a[13], "second", P, BufferView::WRITE, second_is) ||
      !gradient.take_vector(a[14], "gradient", P, BufferView::WRITE, call.aim == ANN_GRADIENT ? BufferView::REQUIRED : BufferView::OPTIONAL) ||
      !samples.take(chain, a + 16, call.aim != ANN_OUTPUTS) ||
      !outputs.take_matrix(a[15], "outputs", samples.answers, chain.outputs().columns, BufferView::WRITE,
                           call.aim == ANN_OUTPUTS ? BufferView::REQUIRED : BufferView::OPTIONAL) ||
      !states.take_matrix(a[10], "states", samples.data.n * 2, chain.state_floats(), BufferView::WRITE,
                          call.first_row >= 0 && chain.state_floats() ? BufferView::REQUIRED : BufferView::OPTIONAL))
    return NULL;
  if (call.aim != ANN_OUTPUTS && !samples.answers) {
    PyErr_SetString(PyExc_ZeroDivisionError, "the mean loss of no rows");
    return NULL;
  }
  call.parameters = parameters.writable_floats();
  call.first = first.writable_floats();
  call.second = two ? second.writable_floats() : NULL;
  call.gradient = gradient.writable_floats();
  call.outputs = outputs.writable_floats();
  call.states = states.writable_floats();
  call.samples = &samples.data;
  if (samples.data.n) {
    if (!lease.begin()) return NULL;
    PyThreadState *thread = PyEval_SaveThread();
    const int status = chain.kernel->run_chain(lease.plan, &call);
    PyEval_RestoreThread(thread);
    if (!check_status(status)) return NULL;
  }
  return Py_BuildValue("dLL", call.total, (long long)call.answers, (long long)call.step);
}
