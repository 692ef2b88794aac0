// Spans: gradients of many short runs of rows at the same weights, each added to a sum of whole numbers.
//
// Rows go forward and backward together, some hundred at a time, whatever their run: outputs and deltas of a row do not depend on its
// neighbours. Only the gradients of weights are taken run by run, in the blocks of a call of its own, so that they have its bits.

// Rows of one run in one span: m rows from `start` of the span on, and whether the run begins and ends with them.
struct RunPart {
  int start, m, run;
  bool first, last;
};

static int64_t run_rows(const AnnRuns &runs, int k) { return runs.starts[k + 1] - runs.starts[k]; }

static int64_t longest_run(const AnnRuns &runs) {
  int64_t most = 0;
  for (int k = 0; k < runs.n; k++)
    if (run_rows(runs, k) > most) most = run_rows(runs, k);
  return most;
}

// LONGEST_PART: a batch with dropout is one block up to half as many rows more than the limit of even_blocks().
enum { SPAN_PARTS = 64, LONGEST_PART = 768 };

struct Span {
  int64_t row;  // of the call, with which it starts
  int rows, n;
  RunPart parts[SPAN_PARTS];
};

// What spans are cut from, and the sums they go to.
struct SpanCall {
  AnnRuns *runs;
  int block, limit;  // rows of a part, and of a span unless a part is longer
  int run;           // with its row `done` the next span begins
  int64_t done;
  WordSums *sums;    // of each layer
  uint64_t wrong;
};

static int span_limit(const Plan *p) {
  const size_t most = 800000 / (sizeof(float) * p->n_inputs + bytes_per_row(p));
  return most < 96 ? 96 : most > 480 ? 480 : (int)most;
}

// The next span; false where all runs are done.
static bool next_span(SpanCall &c, Span &span) {
  const int64_t *starts = c.runs->starts;
  span.rows = span.n = 0;
  while (c.run < c.runs->n && span.n < SPAN_PARTS) {
    const int64_t size = starts[c.run + 1] - starts[c.run], left = size - c.done;
    if (left) {
      const int m = (int)(left < c.block ? left : c.block);
      if (span.n && span.rows + m > c.limit) break;
      if (!span.n) span.row = starts[c.run] + c.done;
      span.parts[span.n++] = {span.rows, m, c.run, c.done == 0, m == left};
      span.rows += m;
      c.done += m;
    }
    if (c.done == size) {
      c.run++;
      c.done = 0;
    }
  }
  return span.n > 0;
}

// The gradient of the rows of a part: to the words where its run ends, otherwise to Layer::sums. Panel c, or all where c < 0.
static void part_weights(Call &call, const Layer &a, int l, const RunPart &part, WordSink &sink, uint64_t *words, int c, int w) {
  Plan *p = call.plan;
  const Update none = {};
  Factors f = {(l ? p->batch[l - 1].value_rows : p->input_rows) + part.start, part.m, a.delta, a.p_out, l == 0, false,
               !part.first, NULL, NULL, &sink, words};
  if (a.by_output) {
    f.x = a.delta_rows + part.start;
    f.D = p->batch[l - 1].values + (size_t)part.start * p->batch[l - 1].p_out;
    f.stride = p->batch[l - 1].p_out;
  } else if (c < 0) {
    f.D = a.packed;
    f.packed = true;
    f.pack = p->packs;
    f.pack_rows = p->pack_rows;
  }
#define CALL(RULE) \
  { \
    if (c < 0) gradient<RULE>(a, f, 0, a.rows, none); \
    else gradient_panel<RULE>(a, f, 0, a.rows, c, w / VL, f.x, 0, 0, none); \
  }
  if (part.last) CALL(WORDS)
  else {
    f.continues = false;
    if (part.first) CALL(STORE)
    else CALL(ADD)
  }
#undef CALL
}

// A layer as it is for the rows of a part.
static Layer layer_of(const Plan *p, int l, const RunPart &part) {
  Layer a = p->batch[l];
  a.delta += (size_t)part.start * a.stride;
  return a;
}

// The gradients of one layer, panel by panel: the words of a panel stay in the cache from part to part.
static void layer_parts(Call &call, int l, const Span &span, WordSink *sinks, const WordSums &sums) {
  const Update none = {};
  bool packed[SPAN_PARTS];
  for (int k = 0; k < span.n; k++) {
    const RunPart &part = span.parts[k];
    const Layer a = layer_of(call.plan, l, part);
    if (part.first) update_biases<STORE>(a, part.m, false, none);
    else update_biases<ADD>(a, part.m, false, none);
    if (part.last) add_vectors(a.sum_biases, NULL, a.p_out / VL, sinks[k], sums.biases);
    packed[k] = packs_deltas(a, part.m);
    if (!packed[k]) continue;
    pack_deltas(a, 0, part.m, part.m);
    part_weights(call, a, l, part, sinks[k], sums.weights, -1, 0);
  }
  FOR_PANELS(call.plan->batch[l].width, c, w)
    for (int k = 0; k < span.n; k++)
      if (!packed[k]) part_weights(call, layer_of(call.plan, l, span.parts[k]), l, span.parts[k], sinks[k], sums.weights, c, w);
}

static void run_span(Call &call, SpanCall &c, const Span &span) {
  Plan *p = call.plan;
  AnnRuns &runs = *c.runs;
  for (int k = 0; k < span.n && call.means; k++)
    for (int b = 0; b < span.parts[k].m; b++) p->row_means[span.parts[k].start + b] = 1.0f / (float)run_rows(runs, span.parts[k].run);
  forward_rows(call, span.row, 0, span.rows);
  output_rows(call, span.row, 0, span.rows, span.rows);
  backward_rows(call, 0, span.rows, 0);
  WordSink sinks[SPAN_PARTS];
  for (int k = 0; k < span.n; k++) {
    const RunPart &part = span.parts[k];
    const double n = (double)run_rows(runs, part.run);
    double &loss = runs.losses[part.run];
    loss = add_losses(part.first ? 0 : loss, p->row_losses + part.start, part.m);
    if (part.last) loss /= n;
    // The deltas of a mean have been divided before.
    sinks[k] = word_sink(n / (double)runs.total, runs.exponent, call.means ? 1.0f : (float)n);
  }
  for (int l = 0; l < p->n_layers; l++) layer_parts(call, l, span, sinks, c.sums[l]);
  for (int k = 0; k < span.n; k++) c.wrong |= wrong_bits(sinks[k]);
}

// Room for the words of all layers, cleared; false where memory runs out.
static bool prepare_words(Plan *p, WordSums *sums) {
  Arena &arena = p->word_arena;
  for (int pass = 0; pass < 2; pass++) {
    if (pass == 0) arena.reset();
    else if (!arena.allocate()) return false;
    for (int l = 0; l < p->n_layers; l++) {
      const Layer &a = p->batch[l];
      sums[l].weights = (uint64_t *)arena.take((size_t)4 * a.rows * a.width);
      sums[l].biases = (uint64_t *)arena.take((size_t)4 * a.p_out);
    }
  }
  memset(arena.start, 0, arena.used);
  return true;
}

// Adds the gradients of all runs, or, where *is_wrong, nothing: a number was too large, or not finite.
static int span_gradients(Plan *p, int loss, const AnnBatch &batch, AnnRuns &runs, bool drops, bool *is_wrong) {
  AnnState state = {};
  state.rows_seen = batch.rows_seen;
  Call call = {};
  call.plan = p;
  call.aim = GRADIENT;
  call.loss = loss;
  call.data = batch.data;
  call.rule = drops ? batch.rule : NULL;
  call.state = &state;
  const int limit = span_limit(p), block = drops ? LONGEST_PART : block_rows(p);
  SpanCall c = {&runs, block, limit, 0, 0, NULL, 0};
  const int64_t longest = longest_run(runs);
  const int part = (int)(longest < block ? longest : block);
  WordSums *sums = (WordSums *)malloc(sizeof(WordSums) * (size_t)p->n_layers);
  if (!sums || !prepare_batch(p, part > limit ? part : limit, 1, drops) || !prepare_words(p, sums)) {
    free(sums);
    return ANN_NO_MEMORY;
  }
  c.sums = sums;
  call.means = drops ? p->row_means : NULL;
  load_plan(p, batch.parameters);
  Span span;
  while (next_span(c, span)) run_span(call, c, span);
  uint64_t addends = 0;
  for (int k = 0; k < runs.n; k++) addends += run_rows(runs, k) > 0;
  *is_wrong = c.wrong != 0;
  for (int l = 0; l < p->n_layers && !*is_wrong; l++)
    take_words(p->batch[l], sums[l], addends, runs.words, runs.words + p->n_parameters);
  free(sums);
  return ANN_OK;
}
