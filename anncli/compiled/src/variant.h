// One kernel variant: included once per instruction set, with VL (lanes), ANN_VARIANT (its name) and ANN_TABLE defined.
//
// Reading order: vector (arithmetic on VL floats), activation, output; transpose, arena, plan (memory of a topology), panel; online_narrow
// and online (a row at a time); dropout, update, tile, batch_rows, batch_update, batch (many rows at a time); chain_* (layers of all kinds);
// word_* (word vectors).
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fixed_sum.h"
#include "kernel.h"
#include "team.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__) && defined(__GNUC__)
#include <arm_neon.h>
#endif

// Everything is local to the variant: the linker would keep one copy of a function shared by two variants, and that copy may
// hold instructions that the machine lacks.
namespace {
#include "vector.h"
#include "activation.h"
#include "output.h"
#include "transpose.h"
#include "arena.h"
#include "plan.h"
#include "panel.h"
#include "word_sums.h"
#include "online_narrow.h"
#include "online.h"
#include "dropout.h"
#include "update.h"
#include "tile.h"
#include "batch_rows.h"
#include "batch_update.h"
#include "batch.h"
#include "batch_spans.h"
#include "batch_chunks.h"
#include "chain_parts.h"
#include "chain_lazy.h"
#include "chain_plan.h"
#include "chain_places.h"
#include "chain_tile.h"
#include "chain_gather.h"
#include "chain_products.h"
#include "chain_weights.h"
#include "chain_rows.h"
#include "chain_strips.h"
#include "chain_cells.h"
#include "chain_pairs.h"
#include "chain_recurrent.h"
#include "chain_recurrent_back.h"
#include "chain_back.h"
#include "chain_recurrent_update.h"
#include "chain_pieces.h"
#include "chain_lazy_rows.h"
#include "chain_update.h"
#include "chain.h"
#include "chain_request.h"
#include "word_windows.h"
#include "word_step.h"

AnnPlan *create(int n_layers, const int *sizes, const int *activations, const float *loss_numbers) {
  return plan_create(n_layers, sizes, activations, loss_numbers);
}

void destroy(AnnPlan *p) { plan_destroy((Plan *)p); }

bool narrow(int n_layers, const int *sizes) { return is_narrow(n_layers, sizes[0], sizes[1], sizes[n_layers]); }

int forward(AnnPlan *p, const float *parameters, const AnnData *data, float *outputs, int threads) {
  FlushDenormals flush;
  return outputs_of_rows((Plan *)p, parameters, data, outputs, threads);
}

int loss_and_gradient(AnnPlan *p, const float *parameters, int loss, const AnnData *data, double l2, float *gradient,
                      double *value, int threads) {
  FlushDenormals flush;
  return mean_gradient((Plan *)p, parameters, loss, data, l2, gradient, value, threads);
}

int gradient_of_batch(AnnPlan *p, int loss, AnnBatch *batch, int threads) {
  FlushDenormals flush;
  return batch_gradient((Plan *)p, loss, *batch, threads);
}

int gradients_of_chunks(AnnPlan *p, int loss, AnnBatch *batch, AnnRuns *runs) {
  FlushDenormals flush;
  return chunk_gradients((Plan *)p, loss, *batch, *runs);
}

int gradient_of_row(AnnPlan *p, int loss, AnnBatch *batch) {
  FlushDenormals flush;
  return online_gradient((Plan *)p, loss, *batch);
}

int online(AnnPlan *p, int loss, const AnnRule *rule, AnnState *state, const AnnData *data) {
  FlushDenormals flush;
  return online_epoch((Plan *)p, loss, *rule, *state, *data);
}

int epoch(AnnPlan *p, int loss, const AnnRule *rule, AnnState *state, const AnnData *data, int64_t batch_size, int threads) {
  FlushDenormals flush;
  return batch_epoch((Plan *)p, loss, rule, state, data, batch_size, threads);
}

AnnChainPlan *create_chain(const AnnChain *chain) { return chain_create_all(chain); }

void destroy_chain(AnnChainPlan *p) { chain_destroy_all((Chain *)p); }

int run_chain(AnnChainPlan *p, AnnChainCall *request) {
  FlushDenormals flush;
  return run_request((Chain *)p, *request);
}

int learn_words(AnnWords *words) {
  FlushDenormals flush;
  return learn_piece(*words) ? ANN_OK : ANN_NO_MEMORY;
}
}  // namespace

extern const AnnKernel ANN_TABLE = {
    ANN_VARIANT,       create,          destroy, narrow, forward, loss_and_gradient,
    gradient_of_batch, gradient_of_row, online,  epoch,
    create_chain,      destroy_chain,   run_chain, learn_words, gradients_of_chunks,
};
