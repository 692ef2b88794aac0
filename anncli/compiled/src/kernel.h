// A kernel variant: forward, backward and update of one network, compiled for one instruction set.
//
// Every variant_*.cc fills one table of this type from variant.h; module.cc picks one and talks to Python.
// All arrays are float32 and C-contiguous; shapes, rows and sizes are checked before they come here.
#ifndef ANN_KERNEL_H
#define ANN_KERNEL_H

#include <stddef.h>
#include <stdint.h>

typedef void AnnPlan;  // what a variant keeps for a topology: see plan.h

enum { ANN_SGD = 0, ANN_NESTEROV = 1, ANN_ADAM = 2, ANN_ADAMW = 3 };
enum { ANN_MSE = 0, ANN_BINARY_CROSS_ENTROPY = 1, ANN_CROSS_ENTROPY = 2, ANN_FOCAL = 3 };
enum { ANN_OK = 0, ANN_NO_MEMORY = 1 };

// The rows a call works on: row r of the call is row rows[r] of the arrays, or r where rows is null. Their numbers are narrow
// because an epoch over a large file holds two for every row, one of them in the order of presentation.
struct AnnData {
  const float *inputs, *targets, *weights;  // (N, n_inputs), (N, n_outputs), (N,) or null
  const int32_t *rows;
  int64_t n;
};

// Formulas: kernels/rules.py. Drop limits are shares of 2^24; a unit falls when 24 random bits are below.
struct AnnRule {
  int64_t code;
  double learning_rate, momentum, beta1, beta2, epsilon, l2, weight_decay, tolerance, dropout, input_dropout;
  uint64_t seed;
  uint32_t drop_limit, input_drop_limit;
};

// What one epoch changes: parameters (P,) and the vectors of the rule, and what it reports.
struct AnnState {
  float *parameters, *first, *second;
  int64_t step, rows_seen;
  double total;    // sum of weights * loss
  float *outputs;  // (n, n_outputs) or null
};

struct AnnKernel {
  const char *name;
  AnnPlan *(*create)(int n_layers, const int *sizes, const int *activations);
  void (*destroy)(AnnPlan *);
  int (*forward)(AnnPlan *, const float *parameters, const AnnData *, float *outputs, int threads);
  int (*loss_and_gradient)(AnnPlan *, const float *parameters, int loss, const AnnData *, double l2, float *gradient,
                           double *value, int threads);
  // One row at a time by ANN_SGD without dropout; epoch does the rest.
  int (*online_epoch)(AnnPlan *, int loss, const AnnRule *, AnnState *, const AnnData *);
  int (*epoch)(AnnPlan *, int loss, const AnnRule *, AnnState *, const AnnData *, int64_t batch_size, int threads);
};

extern const AnnKernel ann_kernel_avx512, ann_kernel_avx2, ann_kernel_baseline;

#endif
