// Gradients of several runs of rows at the same weights, added up as whole numbers: each has the bits of a call of its own.

static int64_t longest_run(const AnnRuns &runs) {
  int64_t most = 0;
  for (int k = 0; k < runs.n; k++)
    if (runs.starts[k + 1] - runs.starts[k] > most) most = runs.starts[k + 1] - runs.starts[k];
  return most;
}

static int chunk_gradients(Plan *p, int loss, AnnBatch &batch, AnnRuns &runs) {
  const bool drops = batch.rule && (batch.rule->dropout > 0 || batch.rule->input_dropout > 0);
  // Room for the longest block first: more memory is a new arena, in which the weights would have to be loaded again. The blocks
  // of even_blocks() have up to half as many rows more than its limit.
  const int64_t longest = longest_run(runs), most = drops ? 768 : 480;
  if (!prepare_batch(p, (int)(longest < 1 ? 1 : longest < most ? longest : most), 1, drops)) return ANN_NO_MEMORY;
  const AnnData all = *batch.data;
  const int64_t rows_seen = batch.rows_seen;
  bool loaded = false;
  for (int k = 0; k < runs.n; k++) {
    AnnData data = all;
    data.rows = all.rows + runs.starts[k];
    data.n = runs.starts[k + 1] - runs.starts[k];
    if (!data.n) continue;
    int status;
    if (drops) {
      batch.data = &data;
      batch.rows_seen = rows_seen + runs.starts[k] - runs.starts[0];
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
