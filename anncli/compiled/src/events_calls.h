// The calls on spikes from Python.
#ifndef ANN_EVENTS_CALLS_H
#define ANN_EVENTS_CALLS_H

#include "python_api.h"

// Everywhere: neuron: (tau_m, tau_s, theta); weights: float64 (sources, units); indices, times, starts: of the spikes of n samples.

// lif_forward(neuron, weights, indices, times, starts, most) -> indices, times, starts and currents of the spikes of the layer, as the
// bytes of int32, float64, int64 and float64
PyObject *lif_forward(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// lif_backward(neuron, weights, indices, times, starts, own indices, own times, own starts, currents, slopes, gradient, slopes below)
// Adds to the gradient (sources, units).
PyObject *lif_backward(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// peak_forward(neuron, weights, indices, times, starts, peaks, when, kinks, rates): vectors of n * units, which are filled
PyObject *peak_forward(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// peak_backward(neuron, weights, indices, times, starts, when, kinks, rates, slopes, gradient, slopes below)
PyObject *peak_backward(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// run_spikes(chain, rule or None, batch_size, step, threads, parameters, first, second, gradient, outputs, indices, times, starts, targets,
//            weights, rows) -> (sum of the losses, step)
// A chain of layers on the samples `rows`: with a rule an epoch in batches, else outputs and a gradient where there are arrays for them.
// chain: (float64 (n, 5) of tau_m, tau_s, theta, units and most spikes of each layer, sources, tau0 or 0, alpha, tau1 / tau0)
PyObject *run_spikes(PyObject *, PyObject *const *arguments, Py_ssize_t n);

#endif
