// Units that never fire, on one sample: the peak of their voltage, and the way back from it. The same in numpy: network/spikes/peaks.py.
#ifndef ANN_EVENTS_PEAK_H
#define ANN_EVENTS_PEAK_H

#include "events_adjoint.h"

namespace ann_events {

// after: the place of the last spike below before the peak, -1 for a peak of 0; rate: V' just before the peak where the next spike below
// ended the rise, else 0.
struct Peak {
  double height, when, rate;
  int64_t after;

  bool ended_by_spike() const { return rate > 0; }
};

struct PeakState {
  Room<double> V, I;
};

// A higher peak in the interval after spike j below; end: the factors of the interval.
inline void raise(const Neuron &neuron, double V, double I, const Train &below, int64_t j, const Decay &end, Peak &peak) {
  if (!(I > V) || !(bound(neuron, V, I) > peak.height)) return;
  if (j + 1 < below.n) {
    const double v = V * end.a + I * end.k, i = I * end.b;
    if (i > v) {  // still rises at the end
      if (v > peak.height) peak = Peak{v, below.times[j + 1], (i - v) / neuron.tau_m, j};
      return;
    }
  }
  if (!top_exceeds(neuron, V, I, peak.height)) return;
  const double wait = time_of_top(neuron, V, I);
  const Decay at(neuron, wait);
  const double v = V * at.a + I * at.k;
  if (v > peak.height && wait > 0) peak = Peak{v, below.times[j] + wait, 0, j};
}

// weights (sources, units); peaks (units); intervals (below.n): receives the factors of the time from each spike to the next. False
// without memory.
inline bool peak_forward(const Neuron &neuron, const double *weights, int units, const Train &below, PeakState &state, Peak *peaks,
                         Room<Decay> &intervals) {
  if (!state.V.fill((size_t)units, 0) || !state.I.fill((size_t)units, 0) || !intervals.resize((size_t)below.n)) return false;
  for (int u = 0; u < units; u++) peaks[u] = Peak{0, -HUGE_VAL, 0, -1};
  for (int64_t j = 0; j < below.n; j++) {
    const double *row = weights + (size_t)below.sources[j] * (size_t)units;
    const bool last = j + 1 == below.n;
    const double d = last ? 0 : below.times[j + 1] - below.times[j];
    const Decay end(neuron, d);
    intervals[(size_t)j] = end;
    for (int u = 0; u < units; u++) {
      double &V = state.V[(size_t)u], &I = state.I[(size_t)u];
      I += row[u];
      if (d > 0 || last) raise(neuron, V, I, below, j, end, peaks[u]);
      V = V * end.a + I * end.k;
      I *= end.b;
    }
  }
  return true;
}

// Adds dE/dweights to the gradient; slopes (units): dE/dheight; slopes_below (below.n): receives dE/dt of the spikes below.
inline bool peak_backward(const Neuron &neuron, const double *weights, int units, const Train &below, const Decay *intervals, const Peak *peaks,
                          const double *slopes, Adjoint &adjoint, double *gradient, double *slopes_below) {
  if (!adjoint.start(units)) return false;
  double next = HUGE_VAL;
  for (int64_t j = below.n - 1; j >= 0; j--) {
    double rates = 0;
    for (int u = 0; u < units; u++) {
      if (peaks[u].after == j && !adjoint.met.push(Adjoint::Unit{-slopes[u] / neuron.tau_m, 0, peaks[u].when, u})) return false;
      if (peaks[u].after == j - 1 && peaks[u].ended_by_spike()) rates += peaks[u].rate * slopes[u];
    }
    adjoint.back_to(neuron, below.times[j], next, intervals[j]);
    const size_t row = (size_t)below.sources[j] * (size_t)units;
    slopes_below[j] = adjoint.given_spike(neuron, weights + row, gradient + row) + rates;
    next = below.times[j];
  }
  return true;
}

}  // namespace ann_events
#endif
