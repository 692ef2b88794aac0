// Arguments of calls on spikes, checked: neurons, weights and spikes of samples.
#ifndef ANN_EVENTS_TAKE_H
#define ANN_EVENTS_TAKE_H

#include "arguments.h"
#include "events_neuron.h"
#include "events_spikes.h"

namespace ann_events {

inline bool wrong(const char *what) {
  PyErr_SetString(PyExc_ValueError, what);
  return false;
}

inline bool set_neuron(double tau_m, double tau_s, double theta, Neuron *neuron) {
  if (!(tau_m < HUGE_VAL && tau_m > tau_s && tau_s > 0 && theta > 0 && theta < HUGE_VAL)) return wrong("a neuron needs tau_m > tau_s > 0 and theta > 0");
  neuron->set(tau_m, tau_s, theta);
  return true;
}

// (tau_m, tau_s, theta)
inline bool take_neuron(PyObject *object, Neuron *neuron) {
  double tau_m, tau_s, theta;
  return PyArg_ParseTuple(object, "ddd", &tau_m, &tau_s, &theta) && set_neuron(tau_m, tau_s, theta, neuron);
}

// A matrix (sources, units) of float64.
struct MatrixView : BufferView {
  int units;

  bool take_weights(PyObject *object) {
    if (!take_double_matrix(object, "weights", ANY, ANY)) return false;
    if (rows < 1 || view.shape[1] < 1 || rows >= 1 << 24 || view.shape[1] >= 1 << 24) return wrong("weights need rows and columns");
    units = (int)view.shape[1];
    return true;
  }
};

// The spikes of samples: sample k has those from starts[k] to starts[k + 1], sorted by time; every source is below `sources`.
struct SpikesView {
  BufferView indices, times, starts;
  Py_ssize_t n;  // of samples

  bool take(PyObject *const *a, Py_ssize_t sources) {
    if (!take_arrays(a)) return false;
    const int64_t *start = all_starts();
    bool rising = start[0] == 0 && start[n] == times.rows;
    for (Py_ssize_t k = 0; k < n; k++) rising = rising && start[k] <= start[k + 1];
    if (!rising) return wrong("starts must rise from 0 to the number of spikes");
    for (Py_ssize_t k = 0; k < n; k++)
      if (!check_sample(k, sources)) return false;
    return true;
  }

  // The arrays alone; check_sample() has to be asked about every sample that is used.
  bool take_arrays(PyObject *const *a) {
    if (!indices.take_row_numbers(a[0], "indices") || !times.take_double_vector(a[1], "times", BufferView::ANY) ||
        !starts.take_numbers(a[2], "starts", BufferView::ANY))
      return false;
    if (!indices.held || !starts.held || !starts.rows || indices.rows != times.rows) return wrong("spikes have the wrong shape");
    n = starts.rows - 1;
    return true;
  }

  bool check_sample(Py_ssize_t sample, Py_ssize_t sources) const {
    const int64_t start = all_starts()[sample], end = all_starts()[sample + 1];
    if (start < 0 || start > end || end > times.rows) return wrong("starts must rise from 0 to the number of spikes");
    for (int64_t t = start; t < end; t++)
      if (!check_spike(t, t > start, sources)) return false;
    return true;
  }

  const int64_t *all_starts() const { return (const int64_t *)starts.data; }
  Train of(Py_ssize_t sample) const {
    const int64_t start = all_starts()[sample];
    return Train{times.doubles() + start, (const int32_t *)indices.data + start, all_starts()[sample + 1] - start};
  }

 private:
  bool check_spike(int64_t t, bool has_previous, Py_ssize_t sources) const {
    const int32_t source = ((const int32_t *)indices.data)[t];
    const double *time = times.doubles() + t;
    if (source < 0 || source >= sources) {
      PyErr_Format(PyExc_IndexError, "source %d is not in 0 .. %zd", (int)source, sources - 1);
      return false;
    }
    if (!(fabs(*time) < HUGE_VAL)) return wrong("a time is not finite");
    return !has_previous || time[-1] <= time[0] || wrong("spikes are not sorted by time");
  }
};

// A bytearray of those values, or null with an error set.
template <class T> PyObject *bytes_of(const Room<T> &values) {
  return PyByteArray_FromStringAndSize(values.n ? (const char *)values.data : "", (Py_ssize_t)(values.n * sizeof(T)));
}

}  // namespace ann_events
#endif
