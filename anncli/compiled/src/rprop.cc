// An Rprop step, per weight; formulas in backends/rules.py, RpropRule.
#include "arguments.h"
#include "calls.h"
#include "codes.h"

// 1, -1 or 0. NaN stays NaN, so that a diverged gradient reaches the weights and is noticed there.
static inline float sign(float x) { return x > 0 ? 1.0f : x < 0 ? -1.0f : x == 0 ? 0.0f : x; }

struct RpropRule {
  int64_t turn;
  float increase, decrease, low, high;  // low, high: limits of the step
};

// All arrays (n,); parameters, gradient, step and move are changed.
static void step_all(const RpropRule &rule, Py_ssize_t n, float *parameters, float *gradient, const float *previous, float *step,
                     float *move) {
  for (Py_ssize_t i = 0; i < n; i++) {
    const float now = sign(gradient[i]), agreement = now * sign(previous[i]);
    const float grown = step[i] * rule.increase, shrunk = step[i] * rule.decrease;
    step[i] = agreement > 0   ? (grown < rule.high ? grown : rule.high)
              : agreement < 0 ? (shrunk > rule.low ? shrunk : rule.low)
                              : step[i];
    float moved = -now * step[i];
    if (agreement < 0 && rule.turn != ANN_TURN_ON) {
      moved = rule.turn == ANN_TURN_BACK ? -move[i] : 0.0f;
      gradient[i] = 0.0f;
    }
    move[i] = moved;
    parameters[i] += moved;
  }
}

PyObject *rprop_step(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 10)) return NULL;
  RpropRule rule;
  double numbers[4];
  if (!as_int64(a[0], &rule.turn)) return NULL;
  for (int i = 0; i < 4; i++)
    if (!as_double(a[1 + i], numbers + i)) return NULL;
  rule.increase = (float)numbers[0];
  rule.decrease = (float)numbers[1];
  rule.low = (float)numbers[2];
  rule.high = (float)numbers[3];
  BufferView parameters, gradient, previous, step, move;
  if (!parameters.take_vector(a[5], "parameters", BufferView::ANY, BufferView::WRITE)) return NULL;
  const Py_ssize_t size = parameters.rows;
  if (!gradient.take_vector(a[6], "gradient", size, BufferView::WRITE) ||
      !previous.take_vector(a[7], "previous_gradient", size, BufferView::READ) ||
      !step.take_vector(a[8], "step", size, BufferView::WRITE) || !move.take_vector(a[9], "move", size, BufferView::WRITE))
    return NULL;
  PyThreadState *thread = PyEval_SaveThread();
  step_all(rule, size, parameters.writable_floats(), gradient.writable_floats(), previous.floats(), step.writable_floats(),
           move.writable_floats());
  PyEval_RestoreThread(thread);
  Py_RETURN_NONE;
}
