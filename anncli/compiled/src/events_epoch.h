// An epoch of a chain of layers of neurons: an update of the parameters after each batch; formulas in backends/rules.py.
#ifndef ANN_EVENTS_EPOCH_H
#define ANN_EVENTS_EPOCH_H

#include "codes.h"
#include "events_batch.h"

namespace ann_events {

// Parameters and the vectors of a rule, each of n_parameters. step: how many updates were made.
struct SpikeState {
  float *parameters, *first, *second;
  int64_t step;
};

// The float32 arithmetic of backends/updates.py in its order, so that the bits are the same. All parameters are weights.
inline void update(const AnnRule &rule, SpikeState &state, const double *gradient, size_t n) {
  const double root = sqrt(1 - pow(rule.beta2, (double)++state.step));
  const float rate = (float)(rule.learning_rate * root / (1 - pow(rule.beta1, (double)state.step)));
  const float new1 = (float)(1 - rule.beta1), new2 = (float)(1 - rule.beta2), epsilon = (float)(rule.epsilon * root);
  const float keep = rule.code == ANN_ADAMW ? (float)(1 - rule.learning_rate * rule.weight_decay) : 1;
  const float plain = (float)rule.learning_rate, momentum = (float)rule.momentum, l2 = (float)rule.l2;
  const bool adam = rule.code == ANN_ADAM || rule.code == ANN_ADAMW;
  float *w = state.parameters, *v = state.first, *s = state.second;
  for (size_t p = 0; p < n; p++) {
    float g = (float)gradient[p];
    if (rule.l2) g += l2 * w[p];
    if (adam) {
      w[p] *= keep;
      v[p] += new1 * (g - v[p]);
      s[p] += new2 * (g * g - s[p]);
      w[p] -= rate * v[p] / (sqrtf(s[p]) + epsilon);
      continue;
    }
    g *= plain;
    v[p] = v[p] * momentum - g;
    if (rule.code == ANN_SGD) w[p] += v[p];
    else w[p] = w[p] + momentum * v[p] - g;
  }
}

// Adds the losses of all samples to *loss, each before the update that it led to. False without memory.
inline bool run_epoch(const SpikeChain &chain, const SpikeSamples &samples, int64_t batch_size, int threads, const AnnRule &rule, SpikeState &state,
                      float *outputs, double *loss) {
  SpikeBatch batch;
  Room<double> weights, gradient;
  if (!weights.resize(chain.n_parameters) || !gradient.resize(chain.n_parameters)) return false;
  for (int64_t done = 0; done < samples.n; done += batch_size) {
    SpikeSamples some = samples;
    some.rows = samples.rows + done;
    some.n = samples.n - done < batch_size ? samples.n - done : batch_size;
    for (size_t p = 0; p < chain.n_parameters; p++) weights[p] = state.parameters[p];
    float *to = outputs ? outputs + (size_t)done * (size_t)chain.outputs() : NULL;
    if (!batch.run(chain, weights.data, some, threads, gradient.data, to, loss)) return false;
    update(rule, state, gradient.data, chain.n_parameters);
  }
  return true;
}

}  // namespace ann_events
#endif
