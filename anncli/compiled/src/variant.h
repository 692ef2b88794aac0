// One kernel variant: included once per instruction set, with VL (lanes), ANN_VARIANT (its name) and ANN_TABLE defined.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "team.h"

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__) && defined(__GNUC__)
#include <arm_neon.h>
#endif

// Everything is local to the variant: a function shared between them could carry instructions the machine lacks.
namespace {
#include "vector.h"
#include "activation.h"
#include "output.h"
#include "plan.h"
#include "online_narrow.h"
#include "online.h"
#include "batch.h"

AnnPlan *create(int n_layers, const int *sizes, const int *activations) {
  return plan_create(n_layers, sizes, activations);
}

void destroy(AnnPlan *p) { plan_destroy((Plan *)p); }

int forward(AnnPlan *p, const float *parameters, const AnnData *data, float *outputs, int threads) {
  FlushDenormals flush;
  return batch_forward((Plan *)p, parameters, data, outputs, threads);
}

int loss_and_gradient(AnnPlan *p, const float *parameters, int loss, const AnnData *data, double l2, float *gradient,
                      double *value, int threads) {
  FlushDenormals flush;
  return batch_gradient((Plan *)p, parameters, loss, data, l2, gradient, value, threads);
}

int online(AnnPlan *p, int loss, const AnnRule *rule, AnnState *state, const AnnData *data) {
  FlushDenormals flush;
  return online_epoch((Plan *)p, loss, *rule, *state, *data);
}

int epoch(AnnPlan *p, int loss, const AnnRule *rule, AnnState *state, const AnnData *data, int64_t batch_size, int threads) {
  FlushDenormals flush;
  return batch_epoch((Plan *)p, loss, rule, state, data, batch_size, threads);
}
}  // namespace

extern const AnnKernel ANN_TABLE = {ANN_VARIANT, create, destroy, forward, loss_and_gradient, online, epoch};
