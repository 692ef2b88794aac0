// A chain as Python holds it: its steps and forms, the variant that computes it and the memory of that.
#ifndef ANN_CHAIN_HANDLE_H
#define ANN_CHAIN_HANDLE_H

#include "python_api.h"
#include "variants.h"

struct ChainHandle {
  const AnnKernel *kernel;
  AnnChainPlan *plan;
  bool busy;  // changed only while the interpreter lock is held
  int64_t n_parameters;
  AnnChain chain;
  AnnStep *steps;
  AnnForm *forms;
  int *fan_in;
  float *products, *loss_numbers;

  const AnnForm &inputs() const { return forms[0]; }
  const AnnForm &outputs() const { return forms[chain.n]; }
  // Whether samples may be presented in pieces.
  bool streams() const {
    bool found = !inputs().rows();
    for (int k = 0; k < chain.n; k++) found = found && ::streams(steps[k]);
    return found;
  }
  int state_floats() const {
    int sum = 0;
    for (int k = 0; k < chain.n; k++) sum += ::state_floats(steps[k]);
    return sum;
  }
};

// chain(steps, height, width, columns, tokens, n_units, products, loss numbers, variant or None) -> a capsule for run_chain().
// steps: int32 (n, fields of step_layout()); height, width, columns: of a sample, 1 and 0 rows where samples have several; tokens:
// whether it is a list of tokens; products: float32, those of all bilinear steps; loss numbers: as in plan().
PyObject *make_chain(PyObject *, PyObject *arguments);

// A plan for one call, as PlanLease.
struct ChainLease {
  ChainHandle *handle;  // null, with an error set, where the capsule holds no chain
  AnnChainPlan *plan;

  explicit ChainLease(PyObject *capsule);
  ~ChainLease();
  ChainLease(const ChainLease &) = delete;
  bool begin();
};

#endif
