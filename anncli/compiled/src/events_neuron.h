// A leaky integrate-and-fire neuron between two events: where its voltage stands, where it is highest, and when it reaches the threshold.
//
// tau_m V' = -V + I and tau_s I' = -I give, at the time d after V and I, V a + I k and I b with the factors of Decay.
#ifndef ANN_EVENTS_NEURON_H
#define ANN_EVENTS_NEURON_H

#include "events_numbers.h"

namespace ann_events {

struct Neuron {
  double tau_m, tau_s, theta;        // tau_m > tau_s > 0, theta > 0
  double slow, fast;                 // -1 / tau_m and -1 / tau_s
  double c, top;                     // tau_s / (tau_m - tau_s) and 1 - tau_s / tau_m

  void set(double membrane, double synapse, double threshold) {
    tau_m = membrane;
    tau_s = synapse;
    theta = threshold;
    slow = -1 / tau_m;
    fast = -1 / tau_s;
    c = tau_s / (tau_m - tau_s);
    top = 1 - tau_s / tau_m;
  }
};

struct Decay {
  double a, b, k;

  Decay() {}
  Decay(const Neuron &neuron, double d) {
    a = exponential(d * neuron.slow);
    const double apart = d * (neuron.fast - neuron.slow);
    if (apart > -0.17) {  // a - b would lose digits
      const double less = exponential_less_one(apart);
      b = a + a * less;
      k = -neuron.c * (a * less);
    } else {
      b = exponential(d * neuron.fast);
      k = neuron.c * (a - b);
    }
  }
};

// The voltage never exceeds this after V < I, which costs no exponential.
inline double bound(const Neuron &neuron, double V, double I) { return (V + neuron.c * I) * neuron.top; }

// The highest voltage after V < I if no event comes before: bound() times this to the power c, which is below 1.
inline double ratio(const Neuron &neuron, double V, double I) { return bound(neuron, V, I) / I; }

// The time to it.
inline double time_of_top(const Neuron &neuron, double V, double I) {
  const double x = ratio(neuron, V, I);
  return x < 1 ? logarithm(x) / (neuron.fast - neuron.slow) : 0;
}

// Whether the highest voltage after V < I exceeds a level, if no event comes before.
inline bool top_exceeds(const Neuron &neuron, double V, double I, double level) {
  const double most = bound(neuron, V, I), x = ratio(neuron, V, I);
  // y^p lies between y / (y + p (1 - y)) and 1 + p (y - 1) for p <= 1. The rounding of these bounds must not decide.
  const bool halved = neuron.c <= 0.5;
  const double y = halved ? sqrt(x) : x, p = halved ? 2 * neuron.c : neuron.c;
  if (p <= 1 && most * (1 + p * (y - 1)) < level * (1 - 1e-12)) return false;
  if (p <= 1 && most * y > level * (1 + 1e-12) * (y + p * (1 - y))) return true;
  const Decay top(neuron, time_of_top(neuron, V, I));
  return V * top.a + I * top.k > level;
}

// The first time below `most` at which the voltage reaches theta, if it does: V <= theta, V < I. Up to there it rises and is concave, so
// that Newton's steps never pass it; Halley's steps, which are longer, are held between bounds. `at` receives the factors there.
inline double crossing(const Neuron &neuron, double V, double I, double most, Decay *at) {
  double low = 0, high = most, x = 0, v = V, i = I;
  *at = Decay(neuron, 0);
  for (int step = 0; step < 100; step++) {
    const double f = v - neuron.theta, slope = (v - i) * neuron.slow, bend = (slope - i * neuron.fast) * neuron.slow;
    if (f < 0 && slope > 0) low = x;
    else high = x;
    double next = x - 2 * f * slope / (2 * slope * slope - f * bend);
    if (fabs(next - x) <= 0x1p-50 * x) break;
    if (!(next > low && next < high)) next = high < HUGE_VAL ? low + (high - low) / 2 : x - f / slope;
    if (!(next > low && next < high)) break;
    x = next;
    *at = Decay(neuron, x);
    v = V * at->a + I * at->k;
    i = I * at->b;
    if (fabs(v - neuron.theta) <= 0x1p-52 * neuron.theta) break;  // the rounding of v
  }
  return x;
}

// Whether the voltage exceeds theta within the time d (end: its factors; null where no event follows), and when first.
inline bool fires(const Neuron &neuron, double V, double I, double d, const Decay *end, double *when, Decay *at) {
  if (!(I > V) || !(bound(neuron, V, I) > neuron.theta)) return false;
  const double v = end ? V * end->a + I * end->k : 0;
  if (!(v > neuron.theta)) {
    const bool still_rises = end && I * end->b >= v;
    if (still_rises || !top_exceeds(neuron, V, I, neuron.theta)) return false;
  }
  *when = crossing(neuron, V, I, d, at);
  return true;
}

}  // namespace ann_events
#endif
