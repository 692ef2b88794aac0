// A plan as Python holds it: one topology, its variants and their memory.
#ifndef ANN_PLAN_HANDLE_H
#define ANN_PLAN_HANDLE_H

#include "python_api.h"
#include "variants.h"

struct PlanHandle {
  const AnnKernel *kernel[N_PURPOSES];
  AnnPlan *plan[N_PURPOSES];
  bool busy[N_PURPOSES];  // changed only while the interpreter lock is held
  int n_layers;
  size_t n_parameters;
  int *sizes, *activations;  // one allocation, which starts at sizes
  float *loss_numbers;       // (n_outputs), or null
};

// plan(sizes, activations, variant or None, loss numbers = ()) -> a capsule that the other calls take. A loss that has numbers
// has one for each output: the limit of huber, the quantile of quantile.
PyObject *make_plan(PyObject *, PyObject *arguments);

// A plan for one call: the handle's own, or a new one while another thread works with that.
struct PlanLease {
  PlanHandle *handle;  // null, with an error set, where the capsule holds no plan
  const AnnKernel *kernel;
  AnnPlan *plan;
  Purpose purpose;

  explicit PlanLease(PyObject *capsule);
  ~PlanLease();
  PlanLease(const PlanLease &) = delete;

  bool begin(Purpose wanted);
  int n_inputs() const { return handle->sizes[0]; }
  int n_outputs() const { return handle->sizes[handle->n_layers]; }
  Py_ssize_t n_parameters() const { return (Py_ssize_t)handle->n_parameters; }
};

#endif
