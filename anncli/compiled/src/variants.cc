#include "variants.h"

#include <string.h>

// One build may compile for several processors one after another (universal binaries of macOS).
#if defined(ANN_X86_VARIANTS) && !defined(__x86_64__)
#undef ANN_X86_VARIANTS
#endif

#if defined(ANN_X86_VARIANTS)
#include "processor.h"
#endif

int find_variants(const AnnKernel *found[MOST_VARIANTS]) {
  int n = 0;
#if defined(ANN_X86_VARIANTS)
  const Processor here = processor_here();
  if (here.avx512) found[n++] = &ann_kernel_avx512;
  if (here.avx2) found[n++] = &ann_kernel_avx2;
#endif
  found[n++] = &ann_kernel_baseline;
  return n;
}

bool choose_variants(const char *name, int n_layers, const int *sizes, const AnnKernel *chosen[N_PURPOSES]) {
  const AnnKernel *found[MOST_VARIANTS];
  const int n = find_variants(found);
  chosen[ONLINE] = chosen[BATCH] = found[0];
  if (name) {
    for (int i = 0; i < n; i++)
      if (!strcmp(name, found[i]->name)) {
        chosen[ONLINE] = chosen[BATCH] = found[i];
        return true;
      }
    return false;
  }
  if (n < MOST_VARIANTS) return true;
  // Narrow layers fill vectors of 8 lanes better than vectors of 16, and a single row waits longer for the wide ones, unless
  // online_narrow.h fills the wait.
  int widest = 0;
  for (int l = 1; l <= n_layers; l++) widest = sizes[l] > widest ? sizes[l] : widest;
  if (widest <= 16 && !found[0]->is_narrow(n_layers, sizes)) chosen[ONLINE] = found[1];
  if (widest <= 8) chosen[BATCH] = found[1];
  return true;
}

const AnnKernel *choose_chain_variant(const char *name, const AnnChain *chain) {
  const AnnKernel *found[MOST_VARIANTS];
  const int n = find_variants(found);
  if (!name) {
    int widest = 0;
    for (int k = 1; k <= chain->n; k++) widest = chain->forms[k].columns > widest ? chain->forms[k].columns : widest;
    // As above: narrow rows fill vectors of 8 lanes better.
    return found[n == MOST_VARIANTS && widest <= 8];
  }
  for (int i = 0; i < n; i++)
    if (!strcmp(name, found[i]->name)) return found[i];
  return NULL;
}

const AnnKernel *choose_word_variant(const char *name) {
  const AnnKernel *found[MOST_VARIANTS];
  const int n = find_variants(found);
  if (!name) return found[0];
  for (int i = 0; i < n; i++)
    if (!strcmp(name, found[i]->name)) return found[i];
  return NULL;
}
