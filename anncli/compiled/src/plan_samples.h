// What calls on plans take: the samples of a call, with every row number checked, and vectors of parameters.
#ifndef ANN_PLAN_SAMPLES_H
#define ANN_PLAN_SAMPLES_H

#include "arguments.h"
#include "plan_handle.h"
#include "take.h"

// The inputs, targets, weights and row numbers of a call, with every row number checked.
struct PlanSamples {
  BufferView inputs, targets, weights, rows;
  AnnData data;

  // target, weight: null where the call has none.
  bool take(const PlanLease &lease, PyObject *input, PyObject *target, PyObject *weight, PyObject *row) {
    memset(&data, 0, sizeof data);
    if (!inputs.take_matrix(input, "inputs", BufferView::ANY, lease.n_inputs(), BufferView::READ)) return false;
    if (target && !targets.take_matrix(target, "targets", inputs.rows, lease.n_outputs(), BufferView::READ)) return false;
    if (weight && !weights.take_vector(weight, "weights", inputs.rows, BufferView::READ, BufferView::OPTIONAL)) return false;
    if (!rows.take_row_numbers(row, "rows")) return false;
    data.inputs = inputs.floats();
    data.targets = targets.floats();
    data.weights = weights.floats();
    data.rows = (const int32_t *)rows.data;
    data.n = rows.held ? rows.rows : inputs.rows;
    return check_row_numbers(rows, inputs.rows);
  }

  bool has_rows() const {
    if (!data.n) PyErr_SetString(PyExc_ZeroDivisionError, "the mean loss of no rows");
    return data.n > 0;
  }
};

inline bool take_parameters(BufferView &view, PyObject *object, const char *name, const PlanLease &lease,
                            BufferView::Access access, BufferView::Presence presence = BufferView::REQUIRED) {
  return view.take_vector(object, name, lease.n_parameters(), access, presence);
}

#endif
