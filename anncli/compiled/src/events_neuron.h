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
  double gain;                       // tau_m / (tau_m - tau_s)

  void set(double membrane, double synapse, double threshold) {
    tau_m = membrane;
    tau_s = synapse;
    theta = threshold;
    slow = -1 / tau_m;
    fast = -1 / tau_s;
    c = tau_s / (tau_m - tau_s);
    top = 1 - tau_s / tau_m;
    gain = tau_m / (tau_m - tau_s);
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

// (V + cI) tau_s / (cI tau_m), which is below 1 for V < I. The highest voltage is bound() times this to the power c.
inline double ratio(const Neuron &neuron, double V, double I) { return (V + neuron.c * I) * neuron.tau_s / (neuron.c * I * neuron.tau_m); }

// The same for less than that power; x^p <= 1 + p (x - 1) for p <= 1.
inline double closer_bound(const Neuron &neuron, double V, double I) {
  const double x = ratio(neuron, V, I), p = neuron.c;
  return bound(neuron, V, I) * (p <= 0.5 ? 1 + 2 * p * (sqrt(x) - 1) : p <= 1 ? 1 + p * (x - 1) : 1);
}

// The time from V < I to the highest voltage, if no event comes before.
inline double time_of_top(const Neuron &neuron, double V, double I) {
  const double x = ratio(neuron, V, I);
  return x < 1 ? logarithm(x) / (neuron.fast - neuron.slow) : 0;
}

// The time within [0, most] at which the voltage reaches theta, if it is below theta at 0 and above at most, and rises or has its top
// between. Halley's steps, held between bounds; `at` receives the factors there.
inline double crossing(const Neuron &neuron, double V, double I, double most, Decay *at) {
  double low = 0, high = most, x = 0, v = V, i = I;
  *at = Decay(neuron, 0);
  for (int step = 0; step < 100; step++) {
    const double f = v - neuron.theta, slope = (i - v) / neuron.tau_m, bend = (-slope - i / neuron.tau_s) / neuron.tau_m;
    if (f < 0) low = x;
    else high = x;
    const double newton = -f / slope;
    double next = x + newton / (1 + newton * bend / (2 * slope));
    if (fabs(next - x) <= 0x1p-50 * x) break;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    if (next <= low || next >= high) break;
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
  double most = d;
  const double v = end ? V * end->a + I * end->k : 0;
  if (!end || !(v > neuron.theta)) {
    // It still rises at the end, or it never comes so far. The rounding of a bound must not decide.
    if ((end && I * end->b >= v) || closer_bound(neuron, V, I) < neuron.theta * (1 - 1e-12)) return false;
    most = time_of_top(neuron, V, I);
    const Decay top(neuron, most);
    if (!(V * top.a + I * top.k > neuron.theta)) return false;
  }
  *when = crossing(neuron, V, I, most, at);
  return true;
}

}  // namespace ann_events
#endif
