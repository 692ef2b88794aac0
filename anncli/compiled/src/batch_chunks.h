// Gradients of several runs of rows at the same weights, added up as whole numbers: each has the bits of a call of its own.

// Whether spans know how: with dropout the sums of a call that has several blocks go on from block to block, and a weight that is
// not finite has no gradient.
static bool fits_spans(const Plan *p, const AnnBatch &batch, const AnnRuns &runs, bool drops) {
  if (!drops) return true;
  const int64_t longest = longest_run(runs);
  if (longest > LONGEST_PART || is_large(p, longest)) return false;
  for (int k = 0; k < runs.n; k++)
    if (run_rows(runs, k) > even_blocks(p, run_rows(runs, k))) return false;
  float wrong = 0;
  for (size_t i = 0; i < p->n_parameters; i++) wrong += batch.parameters[i] * 0;
  return wrong == 0;
}

// One call for each run.
static int run_gradients(Plan *p, int loss, AnnBatch &batch, AnnRuns &runs, bool drops) {
  // Room for the longest block first: more memory is a new arena, in which the weights would have to be loaded again. The blocks
  // of even_blocks() have up to half as many rows more than its limit.
  const int64_t longest = longest_run(runs), most = drops ? LONGEST_PART : 480;
  if (!prepare_batch(p, (int)(longest < 1 ? 1 : longest < most ? longest : most), 1, drops)) return ANN_NO_MEMORY;
  const AnnData all = *batch.data;
  const int64_t rows_seen = batch.rows_seen;
  bool loaded = false;
  for (int k = 0; k < runs.n; k++) {
    AnnData data = all;
    data.rows = all.rows + runs.starts[k];
    data.n = run_rows(runs, k);
    if (!data.n) continue;
    int status;
    if (drops) {
      batch.data = &data;
      batch.rows_seen = rows_seen + runs.starts[k];
      status = batch_gradient(p, loss, batch, 1, loaded);
      runs.losses[k] = batch.total / (double)data.n;
    } else {
      status = mean_gradient(p, batch.parameters, loss, &data, 0, batch.gradient, runs.losses + k, 1, loaded);
    }
    if (status != ANN_OK) return status;
    loaded = true;
    const int64_t size = (int64_t)p->n_parameters;
    runs.overflow += add_fixed(batch.gradient, size, (double)data.n / (double)runs.total, runs.exponent, runs.words, runs.words + size);
  }
  return ANN_OK;
}

static int chunk_gradients(Plan *p, int loss, AnnBatch &batch, AnnRuns &runs) {
  const bool drops = batch.rule && (batch.rule->dropout > 0 || batch.rule->input_dropout > 0);
  if (fits_spans(p, batch, runs, drops)) {
    bool is_wrong = false;
    const int status = span_gradients(p, loss, batch, runs, drops, &is_wrong);
    if (status != ANN_OK || !is_wrong) return status;
  }
  return run_gradients(p, loss, batch, runs, drops);
}
