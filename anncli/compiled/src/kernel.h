// A kernel variant: forward pass, gradient and update of one network, compiled for one instruction set.
//
// Every variant_*.cc fills one table of this type from variant.h; variants.cc chooses among them.
// All arrays are float32 and C-contiguous. The callers check shapes, row numbers and sizes first.
#ifndef ANN_KERNEL_H
#define ANN_KERNEL_H

#include "chain_steps.h"
#include "word_vectors.h"

typedef void AnnChainPlan;  // the memory that a variant keeps for one chain: struct Chain in chain_plan.h
typedef void AnnPlan;  // the memory that a variant keeps for one topology: struct Plan in plan.h

enum { ANN_OK = 0, ANN_NO_MEMORY = 1 };

// The rows of a call: row r of the call is row rows[r] of the arrays, or row r where rows is null. Row numbers have 32 bits
// because an epoch over a large file holds two of them for every row, one in the order of presentation.
struct AnnData {
  const float *inputs, *targets, *weights;  // (N, n_inputs), (N, n_outputs), (N,) or null
  const int32_t *rows;
  int64_t n;
};

// What an epoch changes (the parameters and the vectors of the rule, each (P,)) and what it reports.
struct AnnState {
  float *parameters, *first, *second;
  int64_t step, rows_seen;
  double total;    // sum of weights * loss
  float *outputs;  // (n, n_outputs) or null
};

// A batch whose gradient is wanted. Of the rule, only dropout, its seed and its limits are read.
struct AnnBatch {
  const float *parameters;
  const AnnRule *rule;
  const AnnData *data;
  int64_t rows_seen;  // the number of the first row, for the random numbers of dropout
  float *gradient;    // (P,), overwritten
  float *outputs;     // (n, n_outputs) or null
  double total;       // sum of weights * loss
};

// Runs of the rows of a batch, run k from starts[k] to starts[k + 1], and the sum of their gradients as whole numbers.
struct AnnRuns {
  const int64_t *starts;  // (n + 1,)
  int n, exponent;
  int64_t total;          // the rows of which the mean is taken
  int64_t *words;         // (2, P): the rows of FixedSum.words
  double *losses;         // (n,): the mean of each run that has rows
  int64_t overflow;       // as in FixedSum
};

// The samples of a call on a chain: vectors and pictures one after another, or the rows or tokens starts[k]..starts[k + 1] of
// sample k. Sample r of the call is number rows[r], or r where rows is null.
struct AnnSamples {
  const float *values;          // (rows, columns), of tokens (tokens,)
  const int32_t *tokens;        // their indices, or null
  const int64_t *starts;        // (N + 1), or null
  const float *targets;         // (answers, n_outputs)
  const int64_t *target_starts; // (N + 1), or null where each sample has one answer
  const float *weights;         // (answers,), or null
  const int32_t *rows;
  int64_t n;
};

// What is wanted of a chain. An epoch changes parameters, first and second; a gradient only reads the parameters.
enum AnnAim { ANN_OUTPUTS, ANN_LOSS, ANN_GRADIENT, ANN_EPOCH };

struct AnnChainCall {
  int aim, loss, threads;
  const AnnSamples *samples;
  const AnnRule *rule;             // null without dropout, where there is no epoch
  float *parameters, *first, *second, *gradient;  // (P,)
  float *outputs;                  // (answers, n_outputs) or null
  int64_t batch_size, step, rows_seen;
  int64_t truncate;                // rows of a piece, in which samples are presented; 0: samples are presented whole
  int64_t first_row;               // of the one piece that is wanted; -1: all of them
  float *states;                   // of that piece: [2][samples][state_floats()], before it, and after it
  double total;                    // sum of weights * loss
  int64_t answers;
};

struct AnnKernel {
  const char *name;
  // loss_numbers: of the loss, one for each output (the limit of huber, the quantiles of quantile), or null.
  AnnPlan *(*create)(int n_layers, const int *sizes, const int *activations, const float *loss_numbers);
  void (*destroy)(AnnPlan *);
  // Whether online training of this topology runs in online_narrow.h.
  bool (*is_narrow)(int n_layers, const int *sizes);
  int (*forward)(AnnPlan *, const float *parameters, const AnnData *, float *outputs, int threads);
  int (*loss_and_gradient)(AnnPlan *, const float *parameters, int loss, const AnnData *, double l2, float *gradient,
                           double *value, int threads);
  // The gradient that a batch of an epoch follows; online_gradient does the same for the one row of an online epoch.
  int (*batch_gradient)(AnnPlan *, int loss, AnnBatch *, int threads);
  int (*online_gradient)(AnnPlan *, int loss, AnnBatch *);
  // Batches of one row by ANN_SGD without dropout; epoch does all others.
  int (*online_epoch)(AnnPlan *, int loss, const AnnRule *, AnnState *, const AnnData *);
  int (*epoch)(AnnPlan *, int loss, const AnnRule *, AnnState *, const AnnData *, int64_t batch_size, int threads);
  AnnChainPlan *(*create_chain)(const AnnChain *);
  void (*destroy_chain)(AnnChainPlan *);
  int (*run_chain)(AnnChainPlan *, AnnChainCall *);
  int (*learn_words)(AnnWords *);
  // Of the batch, rule may be null, and gradient is where the gradient of a run is put.
  int (*chunk_gradients)(AnnPlan *, int loss, AnnBatch *, AnnRuns *);
};

extern const AnnKernel ann_kernel_avx512, ann_kernel_avx2, ann_kernel_baseline;

#endif
