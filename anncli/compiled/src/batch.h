// Batches: many rows at once. One call goes through its blocks of rows; a team of threads meets after each half of a block.

// A function of its own, so that the sum stays in a register.
NOINL double add_losses(double total, const float *losses, int n) {
  for (int b = 0; b < n; b++) total += losses[b];
  return total;
}

// One member's work in a call.
static void batch_work(void *context, ann_team::Team *team, int member) {
  FlushDenormals flush;
  Call &call = *(Call *)context;
  Plan *p = call.plan;
  const int members = team->members;
  const int64_t n = call.data->n, batch = call.aim == EPOCH ? call.batch_size : n;
  int64_t step = call.aim == EPOCH ? call.state->step : 0;
  const Update none = {};
  double total = 0;
  for (int64_t start = 0; start < n; start += batch) {
    const int64_t m = n - start < batch ? n - start : batch;
    bool skip = false;
    for (int64_t s = start; s < start + m; s += call.block) {
      const int rows = (int)(start + m - s < call.block ? start + m - s : call.block);
      int b0, b1;
      member_range(rows, 16, members, member, b0, b1);
      if (b0 < b1) {
        forward_rows(call, s, b0, b1);
        output_rows(call, s, b0, b1, m);
        if (call.trains()) backward_rows(call, b0, b1, rows);
      }
      ann_team::meet(team);
      if (call.aim == OUTPUTS) continue;  // the members divide the last block in another way: nobody may start it early
      if (member == 0) total = add_losses(total, p->row_losses, rows);
      if (call.aim == EPOCH && call.rule->tolerance > 0) {  // batch size 1, one member
        const Layer &last = p->batch[p->n_layers - 1];
        const float *t = call.data->targets + (size_t)row_of(call.data, s) * last.n_out;
        skip = within_tolerance(last.values, t, last.n_out, (float)call.rule->tolerance);
      }
      if (call.trains()) {
        const bool continues = s > start, last = s + rows == start + m;
        if (call.collect) update_weights<ADD>(call, rows, false, none, members, member);
        else if (!last) update_weights<KEEP>(call, rows, continues, none, members, member);
        else if (call.aim == GRADIENT) update_weights<STORE>(call, rows, continues, none, members, member);
        else if (!skip) update(call, step + 1, rows, continues, members, member);
      }
      ann_team::meet(team);
    }
    if (skip) continue;
    step++;
    if (call.aim == EPOCH && call.collect) {
      update(call, step, 0, false, members, member);
      ann_team::meet(team);
    }
  }
  if (member == 0 && call.state) {
    call.state->total += total;
    call.state->step = step;
  }
}

static size_t bytes_per_row(const Plan *p) {
  size_t total = 0;
  for (int l = 0; l < p->n_layers; l++) total += sizeof(float) * 2 * p->batch[l].stride;
  return total;
}

// The number of rows whose values and deltas fit in the L2 cache.
static int block_rows(const Plan *p) {
  const size_t bytes = bytes_per_row(p);
  return bytes * 480 <= 400000 ? 480 : bytes * 240 <= 400000 ? 240 : 96;
}

// Whether the gradients of blocks are added up, which was chosen for batches that do not fit in the caches together: the sums
// of a smaller batch go on from block to block, with the bits of one block.
static bool is_large(const Plan *p, int64_t rows) { return bytes_per_row(p) * (size_t)rows > 8000000; }

// Cuts a batch into blocks of about the same size whose inputs, values and deltas fit in the L2 cache, with whole tiles of rows
// and whole eights, by which update_biases() counts.
static int even_blocks(const Plan *p, int64_t batch) {
  const size_t most = 500000 / (sizeof(float) * p->n_inputs + bytes_per_row(p)), limit = most < 96 ? 96 : most > 480 ? 480 : most;
  const int64_t blocks = batch / (int64_t)limit + (batch % (int64_t)limit * 2 > (int64_t)limit), n = blocks ? blocks : 1;
  return (int)(((batch + n - 1) / n + 23) / 24 * 24);
}

static void load_plan(Plan *p, const float *parameters) {
  for (int l = 0; l < p->n_layers; l++) {
    Layer &a = p->batch[l];
    load_layer(a, parameters, a.weights, a.biases);
    if (!a.transposed) continue;
    memset(a.transposed, 0, sizeof(float) * a.n_out * a.p_in);
    transpose_rows(a, 0, a.n_in);
  }
}

// Loads the plan and runs the team. slopes: hidden layers must store their slopes; loaded: the weights are those of the call
// before. False where memory runs out.
static bool run_call(Call &call, const float *parameters, int threads, bool slopes, bool loaded = false) {
  Plan *p = call.plan;
  int64_t rows = call.data->n < call.block ? call.data->n : call.block;
  threads = threads > 64 ? 64 : threads < 1 ? 1 : threads;
  if (!prepare_batch(p, (int)(rows > 1 ? rows : 1), threads, slopes)) return false;
  if (!loaded) load_plan(p, parameters);
  for (int l = 0; l < p->n_layers; l++) {
    Layer &a = p->batch[l];
    if (call.collect) load_layer(a, NULL, a.sums, a.sum_biases);
    if (call.aim == EPOCH) {
      load_layer(a, call.state->first, a.first, a.first_biases);
      if (call.state->second) load_layer(a, call.state->second, a.second, a.second_biases);
    }
  }
  ann_team::run(batch_work, &call, threads);
  return true;
}

static int outputs_of_rows(Plan *p, const float *parameters, const AnnData *data, float *outputs, int threads) {
  Call call = {};
  call.plan = p;
  call.aim = OUTPUTS;
  call.data = data;
  call.outputs = outputs;
  call.block = block_rows(p);
  return run_call(call, parameters, threads, false) ? ANN_OK : ANN_NO_MEMORY;
}

// The mean loss and, unless `gradient` is null, its gradient; both with the L2 penalty.
static int mean_gradient(Plan *p, const float *parameters, int loss, const AnnData *data, double l2, float *gradient,
                          double *value, int threads, bool loaded = false) {
  AnnState state = {};
  Call call = {};
  call.plan = p;
  call.aim = gradient ? GRADIENT : LOSS;
  call.loss = loss;
  call.data = data;
  call.state = &state;
  call.collect = gradient != NULL;
  call.block = block_rows(p);
  if (!run_call(call, parameters, threads, false, loaded)) return ANN_NO_MEMORY;
  *value = state.total / (double)data->n;
  if (gradient) {
    const float n = (float)data->n;
    for (int l = 0; l < p->n_layers; l++) {
      const Layer &a = p->batch[l];
      store_layer(a, gradient, a.sums, a.sum_biases);
      float *g = gradient + a.offset, *end = g + ((size_t)a.n_in + 1) * a.n_out;
      for (; g < end; g++) *g /= n;
      if (l2 != 0) {
        const float *w = parameters + a.offset + a.n_out;
        for (g = gradient + a.offset + a.n_out; g < end; g++, w++) *g += (float)l2 * *w;
      }
    }
  }
  if (l2 != 0) *value += l2 / 2 * squared_weights(p, parameters);
  return ANN_OK;
}

// The gradient that a batch of an epoch follows, with dropout and without penalties.
static int batch_gradient(Plan *p, int loss, AnnBatch &batch, int threads, bool loaded = false) {
  AnnState state = {};
  state.rows_seen = batch.rows_seen;
  Call call = {};
  call.plan = p;
  call.aim = GRADIENT;
  call.loss = loss;
  call.mean = true;
  call.data = batch.data;
  call.rule = batch.rule;
  call.state = &state;
  call.outputs = batch.outputs;
  // As in an epoch, which adds up in the same order.
  call.collect = is_large(p, batch.data->n);
  call.block = call.collect ? block_rows(p) : even_blocks(p, batch.data->n);
  const bool drops = batch.rule->dropout > 0 || batch.rule->input_dropout > 0;
  if (!run_call(call, batch.parameters, batch.data->n == 1 ? 1 : threads, drops, loaded)) return ANN_NO_MEMORY;
  batch.total = state.total;
  for (int l = 0; l < p->n_layers; l++) store_layer(p->batch[l], batch.gradient, p->batch[l].sums, p->batch[l].sum_biases);
  // The same bits as an epoch's step at learning rate 1, negated: a zero is -0, and a weight that is not finite has no gradient.
  for (size_t i = 0; i < p->n_parameters; i++)
    batch.gradient[i] = -(0.0f - (batch.gradient[i] + 0.0f * batch.parameters[i]));
  return ANN_OK;
}

static int batch_epoch(Plan *p, int loss, const AnnRule *rule, AnnState *state, const AnnData *data, int64_t batch_size,
                       int threads) {
  Call call = {};
  call.plan = p;
  call.aim = EPOCH;
  call.loss = loss;
  call.data = data;
  call.rule = rule;
  call.state = state;
  call.outputs = state->outputs;
  call.batch_size = batch_size < data->n ? batch_size : data->n;
  call.mean = true;
  call.collect = is_large(p, call.batch_size);
  call.block = call.collect ? block_rows(p) : even_blocks(p, call.batch_size);
  if (!run_call(call, state->parameters, call.batch_size == 1 ? 1 : threads, rule->dropout > 0 || rule->input_dropout > 0))
    return ANN_NO_MEMORY;
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    store_layer(a, state->parameters, a.weights, a.biases);
    store_layer(a, state->first, a.first, a.first_biases);
    if (state->second) store_layer(a, state->second, a.second, a.second_biases);
  }
  state->rows_seen += data->n;
  return ANN_OK;
}
