// The kernel variants of this build that the machine can run.
#ifndef ANN_VARIANTS_H
#define ANN_VARIANTS_H

#include "kernel.h"

enum { MOST_VARIANTS = 3 };

// Fills `found`, widest vectors first; returns how many there are. The baseline is always the last.
int find_variants(const AnnKernel *found[MOST_VARIANTS]);

// The variants for training row by row and for batches.
enum Purpose { ONLINE, BATCH, N_PURPOSES };

// name: that variant for both, or null for the best ones for a topology. False where the machine has no such variant.
bool choose_variants(const char *name, int n_layers, const int *sizes, const AnnKernel *chosen[N_PURPOSES]);

// The same for a chain; null where the machine has no such variant.
const AnnKernel *choose_chain_variant(const char *name, const AnnChain *chain);

// The same for word vectors.
const AnnKernel *choose_word_variant(const char *name);

#endif
