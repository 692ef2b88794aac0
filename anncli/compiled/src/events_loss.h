// Losses of the two output layers of spiking networks on one sample: outputs, loss and its slope. Formulas: network/losses.py.
#ifndef ANN_EVENTS_LOSS_H
#define ANN_EVENTS_LOSS_H

#include "events_numbers.h"

namespace ann_events {

// Of first-spike: z = -t / tau0 of the first spikes, -HUGE_VAL for a silent unit. With late 0 it is cross-entropy of peak voltages.
struct SpikeLoss {
  double late, ratio;  // alpha, and tau1 / tau0
  bool first_spike;
};

// What a silent unit of the class costs, as one that fires 100 tau0 after the others.
const double SILENT_COST = 100;

// The softmax of z, which may be written over it; 0 everywhere where no unit fired. Returns the logarithm of the sum of all powers.
inline double softmax(const double *z, int units, double *outputs) {
  double top = -HUGE_VAL, sum = 0;
  for (int u = 0; u < units; u++) top = z[u] > top ? z[u] : top;
  for (int u = 0; u < units; u++) sum += z[u] > -HUGE_VAL ? exponential(z[u] - top) : 0;
  const double total = sum > 0 ? top + logarithm(sum) : 0;
  for (int u = 0; u < units; u++) outputs[u] = z[u] > -HUGE_VAL ? exponential(z[u] - top) / sum : 0;
  return total;
}

// The loss of one sample; slopes (units): receives dE/dz, null where it is not wanted.
inline double spike_loss(const SpikeLoss &loss, const double *z, const double *outputs, double total, const float *targets, int units,
                         double *slopes) {
  double value = 0, wanted = 0;
  for (int u = 0; u < units; u++) {
    const double target = targets[u];
    const bool fired = z[u] > -HUGE_VAL;
    if (target == 0) continue;
    if (fired) wanted += target;
    const double late = loss.first_spike && fired ? loss.late * (exponential(-z[u] / loss.ratio) - 1) : 0;
    value += target * (fired ? total - z[u] + late : SILENT_COST);
  }
  for (int u = 0; slopes && u < units; u++) {
    const double target = z[u] > -HUGE_VAL ? targets[u] : 0;
    const double late = loss.first_spike && target != 0 ? loss.late / loss.ratio * exponential(-z[u] / loss.ratio) : 0;
    slopes[u] = outputs[u] * wanted - target * (1 + late);
  }
  return value;
}

}  // namespace ann_events
#endif
