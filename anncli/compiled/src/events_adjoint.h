// The way back through a layer of leaky integrate-and-fire neurons on one sample: the adjoints of voltage and current, event by event.
//
// Source: Wunderlich & Pehle 2021, Scientific Reports 11, 12829. The same in numpy: network/spikes/lif.py.
#ifndef ANN_EVENTS_ADJOINT_H
#define ANN_EVENTS_ADJOINT_H

#include "events_neuron.h"
#include "events_spikes.h"

namespace ann_events {

// The units that have fired later than the time in hand, in the order in which they are met; all others have adjoints of 0.
struct Adjoint {
  struct Unit {
    double by_v, by_i, now;  // the adjoints at the time `now`
    int32_t number;
  };
  Room<int32_t> places;  // of each unit among `met`, or -1
  Room<Unit> met;

  bool start(int units) {
    met.n = 0;
    return places.fill((size_t)units, -1);
  }

  static void trace(const Neuron &neuron, Unit &unit, const Decay &over, double to) {
    unit.by_i = unit.by_i * over.b + unit.by_v * (over.k * (neuron.tau_m / neuron.tau_s));
    unit.by_v *= over.a;
    unit.now = to;
  }

  // Back over one of its own spikes; slope: dE/dt of it.
  bool own_spike(const Neuron &neuron, const Spike &spike, double slope) {
    int32_t &place = places[(size_t)spike.unit];
    if (place < 0) {
      place = (int32_t)met.n;
      if (!met.push(Unit{0, 0, spike.time, spike.unit})) return false;
    }
    Unit &unit = met[(size_t)place];
    if (unit.now != spike.time) trace(neuron, unit, Decay(neuron, unit.now - spike.time), spike.time);
    // Where the voltage only touches the threshold, gradients of the time have no bound.
    const double least = 1e-12 * neuron.theta, excess = spike.current - neuron.theta;
    unit.by_v += (neuron.theta * unit.by_v + slope) / (excess > least ? excess : least);
    return true;
  }

  // Back to the time of a spike that the layer was given; over: the factors of the time from it to the next one, at `next`.
  void back_to(const Neuron &neuron, double time, double next, const Decay &over) {
    for (size_t k = 0; k < met.n; k++) {
      Unit &unit = met[k];
      trace(neuron, unit, unit.now == next ? over : Decay(neuron, unit.now - time), time);
    }
  }

  // Over that spike, whose row of weights and of the gradient these are; returns dE/dt of it.
  double given_spike(const Neuron &neuron, const double *row, double *gradient) const {
    double slope = 0;
    for (size_t k = 0; k < met.n; k++) {
      const Unit &unit = met[k];
      gradient[unit.number] -= neuron.tau_s * unit.by_i;
      slope += row[unit.number] * (unit.by_v - unit.by_i);
    }
    return slope;
  }
};

// Adds dE/dweights to the gradient (sources, units); slopes_below (below.n): receives dE/dt of the spikes below.
// own (n), sorted by time, and their slopes; intervals (below.n): as lif_forward() gives them. False without memory.
inline bool lif_backward(const Neuron &neuron, const double *weights, int units, const Train &below, const Decay *intervals,
                         const Spike *own, int64_t n, const double *slopes, Adjoint &adjoint, double *gradient, double *slopes_below) {
  if (!adjoint.start(units)) return false;
  double next = HUGE_VAL;
  for (int64_t j = below.n - 1; j >= 0; j--) {
    const double time = below.times[j];
    for (; n && own[n - 1].time >= time; n--)
      if (!adjoint.own_spike(neuron, own[n - 1], slopes[n - 1])) return false;
    adjoint.back_to(neuron, time, next, intervals[j]);
    const size_t row = (size_t)below.sources[j] * (size_t)units;
    slopes_below[j] = adjoint.given_spike(neuron, weights + row, gradient + row);
    next = time;
  }
  return true;
}

}  // namespace ann_events
#endif
