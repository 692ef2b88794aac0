// The calls from Python: each checks its arguments, releases the interpreter lock and runs a variant.
#ifndef ANN_CALLS_H
#define ANN_CALLS_H

#include "python_api.h"

// forward(plan, parameters, inputs, rows, outputs, threads)
PyObject *forward(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// loss_and_gradient(plan, parameters, loss, inputs, targets, weights, rows, gradient, l2, threads) -> mean loss
PyObject *loss_and_gradient(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// batch_gradient(plan, parameters, loss, rule, rows_seen, inputs, targets, weights, rows, gradient, outputs, threads) -> mean loss
PyObject *batch_gradient(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// epoch(plan, parameters, loss, rule, first, second, step, rows_seen, inputs, targets, weights, rows, batch_size, outputs,
//       threads) -> (mean loss, step)
PyObject *epoch(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// run_chain(chain, aim, loss, rule, batch_size, step, rows_seen, threads, truncate, first_row, states, parameters, first, second, gradient, outputs, values,
//           tokens, starts, targets, target_starts, weights, rows) -> (sum of the losses, answers, step)
PyObject *run_chain(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// add_fixed(values, factor, exponent, words) -> what FixedSum.overflow gains
PyObject *add_fixed(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// chunk_gradients(plan, parameters, loss, rule, rows_seen, inputs, targets, weights, rows, starts, total, exponent, scratch, words,
//                 losses) -> what FixedSum.overflow gains
PyObject *chunk_gradients(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// rprop_step(turn, increase, decrease, step_min, step_max, parameters, gradient, previous_gradient, step, move)
PyObject *rprop_step(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// parse_block(text, start, delimiter, width, special, out) -> (rows, width, lines, at, status, column)
PyObject *parse_block(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// parse_pairs(text, start, labels, words, queries, ends, lines, indices, values) -> (rows, pairs, words, at)
PyObject *parse_pairs(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// fill_pairs(ends, indices, values, base, width, out)
PyObject *fill_pairs(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// parse_numbers(text, start, out) -> (numbers, at)
PyObject *parse_numbers(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// count_bytes(text, start, byte) -> how often a byte occurs
PyObject *count_bytes(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// utf8_end(text) -> where the first byte is that is no UTF-8
PyObject *utf8_end(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// parse_table(text, start, marks, flags, na, na_numbers, is_last, threads, cells, lines) -> (rows, at, n_lines, flaw, flaw_cell, words)
PyObject *parse_table(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// format_rows(values, head, separator, tails, chosen, exact) -> str
PyObject *format_rows(PyObject *, PyObject *const *arguments, Py_ssize_t n);

#endif
