// A layer of leaky integrate-and-fire neurons on one sample: its spikes.
//
// Source: Wunderlich & Pehle 2021, Scientific Reports 11, 12829. The same in numpy: network/spikes/lif.py.
#ifndef ANN_EVENTS_LIF_H
#define ANN_EVENTS_LIF_H

#include <algorithm>

#include "events_neuron.h"
#include "events_spikes.h"

namespace ann_events {

// Voltages and currents of all units, and how often each has fired.
struct LifState {
  Room<double> V, I;
  Room<int32_t> counts, may;
  Room<Spike> fired;  // sorted by time, of one time by unit

  // A unit that fired within an interval, at the end of it.
  struct Moved {
    int32_t unit;
    double V, I;
  };
  Room<Moved> moved;

  // Within the time d after `now`, at which V and I stand; end: the factors of d, null where no event follows.
  bool interval(const Neuron &neuron, double now, double d, const Decay *end, int64_t most) {
    const int units = (int)V.n;
    size_t n = 0;
    for (int u = 0; u < units; u++) {
      const double limit = bound(neuron, V[u], I[u]);
      may[n] = u;
      n += limit > neuron.theta && limit < HUGE_VAL;
    }
    moved.n = 0;
    for (size_t k = 0; k < n; k++)
      if (counts[may[k]] < most && !fire(neuron, may[k], now, d, end, most)) return false;
    if (!end) return true;
    double *v = V.data, *i = I.data;
    const Decay e = *end;
    for (int u = 0; u < units; u++) {
      v[u] = v[u] * e.a + i[u] * e.k;
      i[u] *= e.b;
    }
    for (size_t k = 0; k < moved.n; k++) {
      v[moved[k].unit] = moved[k].V;
      i[moved[k].unit] = moved[k].I;
    }
    return true;
  }

  // All spikes of one unit within an interval.
  bool fire(const Neuron &neuron, int32_t unit, double now, double d, const Decay *end, int64_t most) {
    double v = V[unit], i = I[unit], when;
    const int32_t before = counts[unit];
    Decay at, rest;
    while (fires(neuron, v, i, d, end, &when, &at)) {
      now += when;
      d -= when;
      v = 0;
      i *= at.b;
      if (!fired.push(Spike{now, i, unit})) return false;
      counts[unit]++;
      if (end) {
        rest = Decay(neuron, d);
        end = &rest;
      }
      if (counts[unit] >= most) break;
    }
    return !end || counts[unit] == before || moved.push(Moved{unit, v * end->a + i * end->k, i * end->b});
  }
};

// All spikes of the layer, in state.fired. weights (sources, units); most: of one unit; intervals (below.n): receives the factors of the
// time from each spike to the next. False without memory.
inline bool lif_forward(const Neuron &neuron, const double *weights, int units, const Train &below, int64_t most, LifState &state,
                        Room<Decay> &intervals) {
  state.fired.n = 0;
  if (!state.V.fill((size_t)units, 0) || !state.I.fill((size_t)units, 0) || !state.counts.fill((size_t)units, 0) ||
      !state.may.resize((size_t)units) || !intervals.resize((size_t)below.n))
    return false;
  for (int64_t j = 0; j < below.n; j++) {
    const double *row = weights + (size_t)below.sources[j] * (size_t)units;
    double *i = state.I.data;
    for (int u = 0; u < units; u++) i[u] += row[u];
    const bool last = j + 1 == below.n;
    const double d = last ? HUGE_VAL : below.times[j + 1] - below.times[j];
    intervals[(size_t)j] = Decay(neuron, last ? 0 : d);
    // At one time nothing happens between two spikes.
    if (d > 0 && !state.interval(neuron, below.times[j], d, last ? NULL : &intervals[(size_t)j], most)) return false;
  }
  std::sort(state.fired.data, state.fired.data + state.fired.n);
  return true;
}

}  // namespace ann_events
#endif
