// A chain of layers of neurons on one sample: outputs, loss, and the gradient of all weights.
#ifndef ANN_EVENTS_CHAIN_H
#define ANN_EVENTS_CHAIN_H

#include "events_adjoint.h"
#include "events_lif.h"
#include "events_loss.h"
#include "events_peak.h"

namespace ann_events {

// weights: where its block begins among the parameters; most: spikes of one unit in a sample.
struct SpikeLayer {
  Neuron neuron;
  int units;
  size_t weights;
  int64_t most;
};

// tau0: of a first-spike output; else the last layer gives peaks.
struct SpikeChain {
  Room<SpikeLayer> layers;
  SpikeLoss loss;
  double tau0;
  int sources;
  size_t n_parameters;

  int n() const { return (int)layers.n; }
  int outputs() const { return layers[layers.n - 1].units; }
};

// Memory of one thread for the layers of one sample.
struct ChainPass {
  struct Layer {
    LifState state;
    Room<Decay> intervals;        // between the spikes that the layer is given
    Room<double> times, slopes;   // of its own spikes, which the next layer is given, and dE/dt of them
    Room<int32_t> units;
  };
  enum { MOST_LAYERS = 32 };
  Layer layers[MOST_LAYERS];
  PeakState peak_state;
  Room<Peak> peaks;
  Room<double> z, outputs, slopes, below;
  Adjoint adjoint;
  double total;

  // The spikes that a layer is given.
  Train given(const Train &sample, int layer) const {
    if (!layer) return sample;
    const Layer &before = layers[layer - 1];
    return Train{before.times.data, before.units.data, (int64_t)before.units.n};
  }

  bool forward(const SpikeChain &chain, const double *weights, const Train &sample) {
    const int last = chain.n() - 1;
    for (int l = 0; l < last + chain.loss.first_spike; l++) {
      const SpikeLayer &layer = chain.layers[(size_t)l];
      if (!lif_forward(layer.neuron, weights + layer.weights, layer.units, given(sample, l), layer.most, layers[l].state, layers[l].intervals) ||
          !hand_on(layers[l]))
        return false;
    }
    const int units = chain.outputs();
    if (!z.fill((size_t)units, -HUGE_VAL) || !outputs.resize((size_t)units)) return false;
    if (chain.loss.first_spike) {
      const Layer &own = layers[last];
      for (size_t k = 0; k < own.times.n; k++) z[(size_t)own.units[k]] = -own.times[k] / chain.tau0;
    } else {
      const SpikeLayer &layer = chain.layers[(size_t)last];
      if (!peaks.resize((size_t)units) || !peak_forward(layer.neuron, weights + layer.weights, units, given(sample, last), peak_state, peaks.data,
                                                        layers[last].intervals))
        return false;
      for (int u = 0; u < units; u++) z[(size_t)u] = peaks[(size_t)u].height;
    }
    total = softmax(z.data, units, outputs.data);
    return true;
  }

  static bool hand_on(Layer &layer) {
    const Room<Spike> &fired = layer.state.fired;
    if (!layer.times.resize(fired.n) || !layer.units.resize(fired.n)) return false;
    for (size_t k = 0; k < fired.n; k++) {
      layer.times[k] = fired[k].time;
      layer.units[k] = fired[k].unit;
    }
    return true;
  }

  // The loss, after forward(); where a gradient is wanted, factor times its gradient is added there.
  bool loss(const SpikeChain &chain, const double *weights, const Train &sample, const float *targets, double factor, double *gradient, double *value) {
    const int units = chain.outputs();
    if (!slopes.resize((size_t)units)) return false;
    *value = spike_loss(chain.loss, z.data, outputs.data, total, targets, units, gradient ? slopes.data : NULL);
    if (!gradient) return true;
    for (int u = 0; u < units; u++) slopes[(size_t)u] *= factor;
    return backward(chain, weights, sample, gradient);
  }

  bool backward(const SpikeChain &chain, const double *weights, const Train &sample, double *gradient) {
    for (int l = chain.n() - 1; l >= 0; l--) {
      const SpikeLayer &layer = chain.layers[(size_t)l];
      const Train train = given(sample, l);
      Room<double> &to = l ? layers[l - 1].slopes : below;
      if (!to.resize((size_t)train.n)) return false;
      const double *w = weights + layer.weights;
      double *g = gradient + layer.weights;
      if (l == chain.n() - 1 && !chain.loss.first_spike) {
        if (!peak_backward(layer.neuron, w, layer.units, train, layers[l].intervals.data, peaks.data, slopes.data, adjoint, g, to.data)) return false;
        continue;
      }
      if (l == chain.n() - 1 && !first_slopes(layers[l], chain.tau0)) return false;
      const Room<Spike> &own = layers[l].state.fired;
      if (!lif_backward(layer.neuron, w, layer.units, train, layers[l].intervals.data, own.data, (int64_t)own.n, layers[l].slopes.data, adjoint, g,
                        to.data))
        return false;
    }
    return true;
  }

  bool first_slopes(Layer &last, double tau0) {
    if (!last.slopes.resize(last.times.n)) return false;
    for (size_t k = 0; k < last.times.n; k++) last.slopes[k] = slopes[(size_t)last.units[k]] / -tau0;
    return true;
  }
};

}  // namespace ann_events
#endif
