// Batches of a chain: as batch.h, for samples of any form. A block of samples is as large as fits into the L2 cache; a team meets
// after their deltas are known, after their gradients, and after an update.

enum { LEAST_BLOCK_FLOATS = 200000, MOST_BLOCK_FLOATS = 4000000, GROUP_FLOATS = 24000, GROUP_ROWS = 96 };

// Each block reads and writes the sums of all weights once: with many weights it should have many samples.
INL size_t block_floats(const Chain *c) {
  const size_t wanted = 8 * c->n_parameters;
  return wanted < LEAST_BLOCK_FLOATS ? LEAST_BLOCK_FLOATS : wanted > MOST_BLOCK_FLOATS ? MOST_BLOCK_FLOATS : wanted;
}

// Where places lie of which only the sizes count.
INL float *nowhere() { return (float *)(uintptr_t)64; }

// How many of the m samples of a batch make a block, where all take `each` floats: blocks of about the same size, in fours, so that
// members of a team have as much to do.
INL int even_samples(int64_t m, size_t each, size_t limit) {
  const int64_t most = (int64_t)(limit / each) > 1 ? (int64_t)(limit / each) : 1, blocks = (m + most - 1) / most;
  const int64_t n = most < 4 ? most : ((m + blocks - 1) / blocks + 3) / 4 * 4;
  return (int)(n < BLOCK_SAMPLES ? n : (int64_t)BLOCK_SAMPLES);
}

// How many samples from number `first` of the call on make a block of a batch start..end.
static int block_samples(const ChainCall &call, const Bench &bench, int64_t first, int64_t start, int64_t end, size_t &floats) {
  const size_t limit = block_floats(call.chain);
  if (call.chain->nodes[0].form.rows() > 0) {
    const size_t each = lay_out(call, first, 1, nowhere(), &bench);
    const int n = even_samples(end - start, each, limit);
    floats = each * n;
    return end - first < n ? (int)(end - first) : n;
  }
  const int64_t most = end - first < BLOCK_SAMPLES ? end - first : (int64_t)BLOCK_SAMPLES;
  int n = 0;
  for (floats = 0; n < most; n++) {
    const size_t each = lay_out(call, first + n, 1, nowhere(), &bench);
    if (n && floats + each > limit) break;
    floats += each;
  }
  return n;
}

// The answers of a batch: one for each sample, or for each of its rows.
static int64_t answers_of(const ChainCall &call, int64_t start, int64_t m) {
  const AnnSamples *data = call.data;
  if (call.request.aim == ANN_OUTPUTS || !data->target_starts) return m;
  int64_t n = 0;
  for (int64_t r = start; r < start + m; r++) {
    const int64_t row = sample_of(call, r);
    n += data->target_starts[row + 1] - data->target_starts[row];
  }
  return n;
}

// The samples a..b of a block, some at a time while their values are many: they then stay in the L1 and L2 cache. Of samples of few
// rows there are more, because products of few rows take long.
static void chain_samples(Piece &block, int a, int b, size_t floats, int n, int64_t answers, int64_t out) {
  ChainCall &call = block.call;
  const Chain *c = call.chain;
  if (a >= b) return;
  const size_t each = floats / (size_t)n + 1;
  const int most = each > GROUP_FLOATS ? 1 : (int)(GROUP_FLOATS / each), rows = block.bench.places[0].start(n);
  const int tall = rows ? (int)(((int64_t)GROUP_ROWS * n + rows - 1) / rows) : 1, group = most > tall ? most : tall;
  const int vectors = c->first_vector;
  Piece all = {call, block.bench, block.first, a, b};
  for (int s = a; s < b && vectors > 0; s += group) {
    Piece some = {call, block.bench, block.first, s, least(s + group, b)};
    chain_forward(some, 0, vectors);
    if (vectors <= c->n) continue;
    chain_outputs(some, answers, out);
    if (call.trains()) {
      clear_extras(some);
      chain_back(some, 1, c->n + 1);
    }
  }
  if (vectors > c->n) return;
  chain_forward(all, vectors, c->n + 1);
  chain_outputs(all, answers, out);
  if (!call.trains()) return;
  clear_extras(all);
  chain_back(all, vectors + 1, c->n + 1);
  for (int s = a; s < b; s += group) {
    Piece some = {call, block.bench, block.first, s, least(s + group, b)};
    chain_back(some, 1, vectors + 1);
  }
}

// Divides the samples of a block among the members by their rows.
static int sample_cut(const Place &inputs, int n, int members, int member) {
  if (!inputs.starts) return (int)((int64_t)n * member / members);
  if (member >= members) return n;
  const int64_t wanted = (int64_t)inputs.starts[n] * member / members;
  int s = 0;
  while (s < n && inputs.starts[s] < wanted) s++;
  return s;
}

// Whether all answers of a block, which is one sample, are within the tolerance.
static bool answers_within(const ChainCall &call, const Bench &bench, int64_t r) {
  const Chain *c = call.chain;
  const Node &last = c->nodes[c->n];
  const Place &p = bench.places[c->n];
  const int64_t row = sample_of(call, r), start = call.data->target_starts ? call.data->target_starts[row] : row;
  bool within = true;
  for (int i = 0; i < p.start(1); i++)
    within = within && within_tolerance(p.values + (size_t)i * last.stride, call.data->targets + (start + i) * last.form.columns,
                                        last.form.columns, (float)call.rule->tolerance);
  return within;
}

static void chain_work(void *context, ann_team::Team *team, int member) {
  FlushDenormals flush;
  ChainCall &call = *(ChainCall *)context;
  AnnChainCall &request = call.request;
  const Chain *c = call.chain;
  const Bench &bench = call.benches[member];
  const int members = team->members;
  const bool epoch = request.aim == ANN_EPOCH;
  const int64_t n = call.data->n, batch = epoch ? request.batch_size : n;
  int64_t step = request.step, out = 0, answered = 0;
  double total = 0;
  for (int64_t start = 0; start < n; start += batch) {
    const int64_t m = n - start < batch ? n - start : batch, answers = answers_of(call, start, m);
    bool skip = false, adds = false;
    for (int64_t s = start; s < start + m;) {
      size_t floats;
      const int samples = block_samples(call, bench, s, start, start + m, floats);
      lay_out(call, s, samples, (float *)c->block_arena.start, &bench);
      Piece block = {call, bench, s, 0, samples};
      const Place &inputs = bench.places[0];
      chain_samples(block, sample_cut(inputs, samples, members, member), sample_cut(inputs, samples, members, member + 1), floats, samples,
                    answers, out);
      const int rows = bench.places[c->n].start(samples);
      ann_team::meet(team);
      out += rows;
      s += samples;
      if (request.aim == ANN_OUTPUTS) continue;
      if (member == 0) total = add_losses(total, call.row_losses, rows);
      if (epoch && call.rule->tolerance > 0) skip = answers_within(call, bench, s - samples);
      if (call.trains() && !skip) {
        quarter_gradients(block, adds, members, member);
        chain_gradients(block, adds, s == start + m, members, member);
      }
      adds = true;
      ann_team::meet(team);
    }
    if (c->has_quarters && call.trains() && !skip) {
      if (member == 0) join_quarters(c);
      ann_team::meet(team);
    }
    answered += answers;
    if (skip || !epoch) continue;
    chain_update(call, ++step, members, member);
    ann_team::meet(team);
    refresh_weights(c, members, member);
    ann_team::meet(team);
  }
  if (member) return;
  request.total = total;
  request.answers = answered;
  request.step = step;
}

// The scratch of a member: for the slopes of convolutions, and for a row of deltas where only losses are wanted.
static size_t scratch_floats(const ChainCall &call, int most_rows) {
  const Chain *c = call.chain;
  size_t most = (size_t)c->nodes[c->n].stride;
  int rows = most_rows;
  for (int k = 1; k <= c->n; k++) {
    const Node &node = c->nodes[k], &below = c->nodes[k - 1];
    if (node.s.kind == ANN_CONVOLUTION && node.wants && call.trains()) {
      const size_t size = bordered(node, below, rows) + 64 + (size_t)slope_rows(node) * node.segments * node.wide_run;
      most = size > most ? size : most;
    }
    rows = rows_after(node.s, below.form, node.form, rows);
  }
  return (most + 15) / 16 * 16 + 32;
}

// Finds how large the largest block is, and takes the memory for it. False where there is none.
static bool prepare_blocks(ChainCall &call, int members) {
  Chain *c = call.chain;
  const bool fixed = c->nodes[0].form.rows() > 0;
  const int64_t n = call.data->n, batch = call.request.aim == ANN_EPOCH ? call.request.batch_size : n;
  size_t most = 0, losses = 0, sum;
  int most_rows = c->nodes[0].form.rows();
  for (int64_t start = 0; start < n; start += batch) {
    const int64_t end = n - start < batch ? n : start + batch;
    for (int64_t s = start; s < end;) {
      const int samples = block_samples(call, call.benches[0], s, start, end, sum);
      const size_t floats = lay_out(call, s, samples, nowhere(), call.benches);
      const size_t rows = (size_t)call.benches[0].places[c->n].start(samples);
      most = floats > most ? floats : most;
      losses = rows > losses ? rows : losses;
      for (int i = 0; i < samples && !fixed; i++) most_rows = input_rows(call, s + i) > most_rows ? input_rows(call, s + i) : most_rows;
      s = fixed ? end : s + samples;  // the first block of a batch is the largest
    }
    if (fixed) break;
  }
  call.scratch = scratch_floats(call, most_rows);
  c->block_arena.reset();
  c->block_arena.take(most);
  for (int pass = 0; pass < 2; pass++) {
    if (pass && !c->block_arena.allocate()) return false;
    if (pass) c->block_arena.take(most);
    call.row_losses = c->block_arena.take(losses);
    for (int i = 0; i < members; i++) call.benches[i].scratch = c->block_arena.take(call.scratch);
  }
  return true;
}

// Parameters and vectors of the rule, and what is made of them.
static void load_chain(const ChainCall &call) {
  const Chain *c = call.chain;
  const AnnChainCall &request = call.request;
  for (int k = 1; k <= c->n; k++) {
    const Node &node = c->nodes[k];
    if (!node.has_block) continue;
    load_node(node, request.parameters, WEIGHTS);
    if (request.aim != ANN_EPOCH) continue;
    load_node(node, request.first, FIRST);
    if (request.second) load_node(node, request.second, SECOND);
  }
  refresh_weights(c, 1, 0);
}

// One allocation for the benches of all members; null where there is no memory.
static Bench *make_benches(const Chain *c, int members) {
  const size_t places = sizeof(Place) * ((size_t)c->n + 1), pointers = sizeof(float *) * MOST_POINTERS;
  const size_t starts = sizeof(int) * ((size_t)c->n + 1) * (BLOCK_SAMPLES + 1), each = (places + pointers + starts + 15) / 8 * 8;
  char *memory = (char *)malloc((sizeof(Bench) + each) * (size_t)members);
  if (!memory) return NULL;
  Bench *benches = (Bench *)memory;
  memory += sizeof(Bench) * (size_t)members;
  for (int i = 0; i < members; i++, memory += each)
    benches[i] = {(Place *)memory, (int *)(memory + places + pointers), NULL, (const float **)(memory + places)};
  return benches;
}

static int run_request(Chain *c, AnnChainCall &request) {
  const int members = request.threads > 64 ? 64 : request.threads < 1 ? 1 : request.threads;
  ChainCall call = {c, request, request.samples, request.rule, NULL, NULL, 0};
  call.benches = make_benches(c, members);
  if (!call.benches || !prepare_weights(c) || !prepare_blocks(call, members)) {
    free(call.benches);
    return ANN_NO_MEMORY;
  }
  load_chain(call);
  ann_team::run(chain_work, &call, members);
  free(call.benches);
  for (int k = 1; k <= c->n; k++) {
    const Node &node = c->nodes[k];
    if (!node.has_block) continue;
    if (request.aim == ANN_GRADIENT) store_node(node, request.gradient, SUMS);
    if (request.aim != ANN_EPOCH) continue;
    store_node(node, request.parameters, WEIGHTS);
    store_node(node, request.first, FIRST);
    if (request.second) store_node(node, request.second, SECOND);
  }
  return ANN_OK;
}
