// The call on a chain of layers of neurons: everything is checked before it runs.
#include "events_calls.h"
#include "events_epoch.h"
#include "events_take.h"
#include "take.h"

using namespace ann_events;

// (layers: float64 (n, 5) of tau_m, tau_s, theta, units, most spikes; sources, tau0 or 0 for peaks, alpha, tau1 / tau0)
static bool take_chain(PyObject *object, SpikeChain &chain) {
  PyObject *array;
  BufferView layers;
  if (!PyArg_ParseTuple(object, "Oiddd", &array, &chain.sources, &chain.tau0, &chain.loss.late, &chain.loss.ratio) ||
      !layers.take_double_matrix(array, "layers", BufferView::ANY, 5))
    return false;
  chain.loss.first_spike = chain.tau0 > 0;
  if (layers.rows < 1 || layers.rows > ChainPass::MOST_LAYERS || chain.sources < 1 || (chain.loss.first_spike && !(chain.loss.ratio > 0)))
    return wrong("a chain needs up to 32 layers, sources and the numbers of its loss");
  int below = chain.sources;
  chain.n_parameters = 0;
  for (Py_ssize_t l = 0; l < layers.rows; l++) {
    const double *row = layers.doubles() + 5 * l;
    SpikeLayer layer;
    if (!set_neuron(row[0], row[1], row[2], &layer.neuron)) return false;
    if (!(row[3] >= 1 && row[3] < 1 << 24 && row[4] >= 1 && row[4] < 1 << 30)) return wrong("a layer needs units and spikes");
    layer.units = (int)row[3];
    layer.most = (int64_t)row[4];
    layer.weights = chain.n_parameters;
    chain.n_parameters += (size_t)below * (size_t)layer.units;
    below = layer.units;
    if (!chain.layers.push(layer)) return check_status(ANN_NO_MEMORY);
  }
  return true;
}

// indices, times, starts, targets, weights, rows
struct CallSamples {
  SpikesView spikes;
  BufferView targets, weights, rows;
  SpikeSamples data;

  bool take(PyObject *const *a, const SpikeChain &chain, bool has_targets) {
    if (!spikes.take_arrays(a)) return false;
    if (has_targets && (!targets.take_matrix(a[3], "targets", spikes.n, chain.outputs(), BufferView::READ) ||
                        !weights.take_vector(a[4], "weights", spikes.n, BufferView::READ, BufferView::OPTIONAL)))
      return false;
    if (!rows.take_row_numbers(a[5], "rows") || !check_row_numbers(rows, spikes.n)) return false;
    const int32_t *numbers = (const int32_t *)rows.data;
    const Py_ssize_t n = rows.held ? rows.rows : spikes.n;
    for (Py_ssize_t r = 0; r < n; r++)
      if (!spikes.check_sample(numbers ? numbers[r] : r, chain.sources)) return false;
    data = {spikes.times.doubles(), (const int32_t *)spikes.indices.data, spikes.all_starts(), targets.floats(), weights.floats(), numbers, n};
    return true;
  }
};

// Outputs, loss or gradient of all samples of a call.
static bool run_once(const SpikeChain &chain, const SpikeSamples &samples, int threads, const float *parameters, float *gradient, float *outputs,
                     double *loss) {
  SpikeBatch batch;
  Room<double> weights, whole;
  if (!weights.resize(chain.n_parameters) || (gradient && !whole.resize(chain.n_parameters))) return false;
  for (size_t p = 0; p < chain.n_parameters; p++) weights[p] = parameters[p];
  if (!batch.run(chain, weights.data, samples, threads, gradient ? whole.data : NULL, outputs, loss)) return false;
  for (size_t p = 0; gradient && p < chain.n_parameters; p++) gradient[p] = (float)whole[p];
  return true;
}

PyObject *run_spikes(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 16)) return NULL;
  SpikeChain chain;
  AnnRule rule;
  int64_t batch_size, step, threads;
  const bool epoch = a[1] != Py_None;
  if (!take_chain(a[0], chain) || (epoch && !take_rule(a[1], &rule)) || !as_int64(a[2], &batch_size) || !as_int64(a[3], &step) ||
      !as_int64(a[4], &threads))
    return NULL;
  const Py_ssize_t P = (Py_ssize_t)chain.n_parameters, K = chain.outputs();
  const bool two = epoch && (rule.code == ANN_ADAM || rule.code == ANN_ADAMW), has_targets = a[13] != Py_None;
  BufferView parameters, first, second, gradient, outputs;
  CallSamples samples;
  if (!parameters.take_vector(a[5], "parameters", P, epoch ? BufferView::WRITE : BufferView::READ) ||
      !first.take_vector(a[6], "first", P, BufferView::WRITE, epoch ? BufferView::REQUIRED : BufferView::OPTIONAL) ||
      !second.take_vector(a[7], "second", P, BufferView::WRITE, two ? BufferView::REQUIRED : BufferView::OPTIONAL) ||
      !gradient.take_vector(a[8], "gradient", P, BufferView::WRITE, BufferView::OPTIONAL) || !samples.take(a + 10, chain, has_targets) ||
      !outputs.take_matrix(a[9], "outputs", (Py_ssize_t)samples.data.n, K, BufferView::WRITE, BufferView::OPTIONAL))
    return NULL;
  if ((epoch && (!samples.data.rows || batch_size < 1)) || ((epoch || gradient.held) && !has_targets))
    return PyErr_SetString(PyExc_ValueError, "an epoch needs rows, and a batch of at least one; a gradient needs targets"), nullptr;
  SpikeState state = {parameters.writable_floats(), first.writable_floats(), second.writable_floats(), step};
  double loss = 0;
  const int team = (int)(threads > SpikeBatch::MOST_THREADS ? (int64_t)SpikeBatch::MOST_THREADS : threads);
  PyThreadState *thread = PyEval_SaveThread();
  const bool done = epoch ? run_epoch(chain, samples.data, batch_size, team, rule, state, outputs.writable_floats(), &loss)
                          : run_once(chain, samples.data, team, parameters.floats(), gradient.writable_floats(), outputs.writable_floats(), &loss);
  PyEval_RestoreThread(thread);
  if (!done) return PyErr_NoMemory();
  return Py_BuildValue("dL", loss, (long long)state.step);
}
