// The calls on one layer of neurons, which is given the spikes of samples: twins of network/spikes/lif.py and peaks.py.
#include "events_calls.h"

#include "events_lif.h"
#include "events_peak.h"
#include "events_take.h"

using namespace ann_events;

// What every call has.
struct LayerCall {
  Neuron neuron;
  MatrixView weights;
  SpikesView below;
  Room<Decay> intervals;  // between the spikes of one sample below

  bool take(PyObject *const *a) { return take_neuron(a[0], &neuron) && weights.take_weights(a[1]) && below.take(a + 2, weights.rows); }

  bool find_intervals(const Train &train) {
    if (!intervals.resize((size_t)train.n)) return false;
    for (int64_t j = 0; j < train.n; j++) intervals[(size_t)j] = Decay(neuron, j + 1 < train.n ? train.times[j + 1] - train.times[j] : 0);
    return true;
  }
};

// The spikes of a layer in all samples.
struct Trains {
  Room<int32_t> units;
  Room<double> times, currents;
  Room<int64_t> starts;

  bool add(const Room<Spike> &fired) {
    const size_t first = units.n;
    if (!units.resize(first + fired.n) || !times.resize(first + fired.n) || !currents.resize(first + fired.n)) return false;
    for (size_t k = 0; k < fired.n; k++) {
      units[first + k] = fired[k].unit;
      times[first + k] = fired[k].time;
      currents[first + k] = fired[k].current;
    }
    return starts.push((int64_t)units.n);
  }
};

static bool lif_forward_all(LayerCall &call, int64_t most, Trains &trains) {
  LifState state;
  if (!trains.starts.push(0)) return false;
  for (Py_ssize_t k = 0; k < call.below.n; k++)
    if (!lif_forward(call.neuron, call.weights.doubles(), call.weights.units, call.below.of(k), most, state, call.intervals) ||
        !trains.add(state.fired))
      return false;
  return true;
}

PyObject *lif_forward(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 6)) return NULL;
  LayerCall call;
  int64_t most;
  if (!call.take(a) || !as_int64(a[5], &most)) return NULL;
  Trains trains;
  PyThreadState *thread = PyEval_SaveThread();
  const bool done = lif_forward_all(call, most < INT32_MAX ? most : INT32_MAX, trains);
  PyEval_RestoreThread(thread);
  if (!done) return PyErr_NoMemory();
  return Py_BuildValue("NNNN", bytes_of(trains.units), bytes_of(trains.times), bytes_of(trains.starts), bytes_of(trains.currents));
}

static bool lif_backward_all(LayerCall &call, const SpikesView &own, const double *currents, const double *slopes, double *gradient,
                             double *slopes_below) {
  Adjoint adjoint;
  Room<Spike> spikes;
  for (Py_ssize_t k = 0; k < call.below.n; k++) {
    const Train train = call.below.of(k), fired = own.of(k);
    const int64_t start = own.all_starts()[k];
    if (!call.find_intervals(train) || !spikes.resize((size_t)fired.n)) return false;
    for (int64_t j = 0; j < fired.n; j++) spikes[(size_t)j] = Spike{fired.times[j], currents[start + j], fired.sources[j]};
    if (!lif_backward(call.neuron, call.weights.doubles(), call.weights.units, train, call.intervals.data, spikes.data, fired.n, slopes + start,
                      adjoint, gradient, slopes_below + call.below.all_starts()[k]))
      return false;
  }
  return true;
}

PyObject *lif_backward(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 12)) return NULL;
  LayerCall call;
  SpikesView own;
  BufferView currents, slopes, gradient, slopes_below;
  if (!call.take(a) || !own.take(a + 5, call.weights.units) || !currents.take_double_vector(a[8], "currents", own.times.rows) ||
      !slopes.take_double_vector(a[9], "slopes", own.times.rows) ||
      !gradient.take_double_matrix(a[10], "gradient", call.weights.rows, call.weights.units, BufferView::WRITE) ||
      !slopes_below.take_double_vector(a[11], "slopes below", call.below.times.rows, BufferView::WRITE) ||
      (own.n != call.below.n && !wrong("spikes have the wrong shape")))
    return NULL;
  PyThreadState *thread = PyEval_SaveThread();
  const bool done =
      lif_backward_all(call, own, currents.doubles(), slopes.doubles(), gradient.writable_doubles(), slopes_below.writable_doubles());
  PyEval_RestoreThread(thread);
  if (!done) return PyErr_NoMemory();
  Py_RETURN_NONE;
}

// Vectors of n * units: the place of the kink among all spikes below, or -1.
struct PeakVectors {
  BufferView when, kinks, rates;

  bool take(PyObject *const *a, Py_ssize_t n, BufferView::Access access) {
    if (!when.take_double_vector(a[0], "when", n, access) || !rates.take_double_vector(a[2], "rates", n, access)) return false;
    if (access == BufferView::WRITE) return kinks.take_writable_numbers(a[1], "kinks", n);
    return kinks.take_numbers(a[1], "kinks", n) && (kinks.held || wrong("kinks are missing"));
  }
};

static bool peak_forward_all(LayerCall &call, double *heights, PeakVectors &vectors) {
  PeakState state;
  Room<Peak> peaks;
  const size_t units = (size_t)call.weights.units;
  if (!peaks.resize(units)) return false;
  for (Py_ssize_t k = 0; k < call.below.n; k++) {
    if (!peak_forward(call.neuron, call.weights.doubles(), (int)units, call.below.of(k), state, peaks.data, call.intervals)) return false;
    for (size_t u = 0; u < units; u++) {
      const Peak &peak = peaks[u];
      const size_t at = (size_t)k * units + u;
      heights[at] = peak.height;
      vectors.when.writable_doubles()[at] = peak.when;
      vectors.rates.writable_doubles()[at] = peak.rate;
      ((int64_t *)vectors.kinks.data)[at] = peak.ended_by_spike() ? call.below.all_starts()[k] + peak.after + 1 : -1;
    }
  }
  return true;
}

PyObject *peak_forward(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 9)) return NULL;
  LayerCall call;
  BufferView heights;
  PeakVectors vectors;
  if (!call.take(a)) return NULL;
  const Py_ssize_t size = call.below.n * call.weights.units;
  if (!heights.take_double_vector(a[5], "peaks", size, BufferView::WRITE) || !vectors.take(a + 6, size, BufferView::WRITE)) return NULL;
  PyThreadState *thread = PyEval_SaveThread();
  const bool done = peak_forward_all(call, heights.writable_doubles(), vectors);
  PyEval_RestoreThread(thread);
  if (!done) return PyErr_NoMemory();
  Py_RETURN_NONE;
}

// The place of the last spike of the sample before a peak.
static int64_t last_before(const Train &train, double when) {
  return std::lower_bound(train.times, train.times + train.n, when) - train.times - 1;
}

static bool peak_backward_all(LayerCall &call, const PeakVectors &vectors, const double *slopes, double *gradient, double *slopes_below) {
  Adjoint adjoint;
  Room<Peak> peaks;
  const size_t units = (size_t)call.weights.units;
  if (!peaks.resize(units)) return false;
  for (Py_ssize_t k = 0; k < call.below.n; k++) {
    const Train train = call.below.of(k);
    const int64_t start = call.below.all_starts()[k];
    for (size_t u = 0; u < units; u++) {
      const size_t at = (size_t)k * units + u;
      const int64_t kink = ((const int64_t *)vectors.kinks.data)[at];
      const double when = vectors.when.doubles()[at];
      peaks[u] = Peak{0, when, vectors.rates.doubles()[at], kink < 0 ? last_before(train, when) : kink - start - 1};
    }
    if (!call.find_intervals(train) ||
        !peak_backward(call.neuron, call.weights.doubles(), (int)units, train, call.intervals.data, peaks.data, slopes + (size_t)k * units, adjoint,
                       gradient, slopes_below + start))
      return false;
  }
  return true;
}

PyObject *peak_backward(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 11)) return NULL;
  LayerCall call;
  PeakVectors vectors;
  BufferView slopes, gradient, slopes_below;
  if (!call.take(a)) return NULL;
  const Py_ssize_t size = call.below.n * call.weights.units;
  if (!vectors.take(a + 5, size, BufferView::READ) || !slopes.take_double_vector(a[8], "slopes", size) ||
      !gradient.take_double_matrix(a[9], "gradient", call.weights.rows, call.weights.units, BufferView::WRITE) ||
      !slopes_below.take_double_vector(a[10], "slopes below", call.below.times.rows, BufferView::WRITE))
    return NULL;
  PyThreadState *thread = PyEval_SaveThread();
  const bool done = peak_backward_all(call, vectors, slopes.doubles(), gradient.writable_doubles(), slopes_below.writable_doubles());
  PyEval_RestoreThread(thread);
  if (!done) return PyErr_NoMemory();
  Py_RETURN_NONE;
}
