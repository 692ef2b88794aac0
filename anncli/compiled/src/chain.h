// Batches of a chain: as batch.h, for samples of any form. A block of samples is as large as fits into the L2 cache; a team meets
// after their deltas are known, after their gradients, and after an update.

enum { LEAST_BLOCK_FLOATS = 200000, MOST_BLOCK_FLOATS = 4000000, GROUP_FLOATS = 24000, GROUP_ROWS = 96 };
enum { BLOCK_STRIPS = 2, LARGEST_BLOCK_FLOATS = 64 << 20 };

// Each block reads and writes the sums of all weights once: with many weights it should have many samples.
INL size_t block_floats(const Chain *c) {
  const size_t wanted = 8 * c->n_parameters, least = c->recurs ? 2 * LEAST_BLOCK_FLOATS : LEAST_BLOCK_FLOATS;
  return wanted < least ? least : wanted > MOST_BLOCK_FLOATS ? (size_t)MOST_BLOCK_FLOATS : wanted;
}

// Whether n samples of `floats` floats are enough for a block, where one more takes `each` floats. Recurrent steps need many samples
// to be fast, but not at any price.
INL bool block_is_full(const Chain *c, int n, size_t floats, size_t each) {
  if (!n || floats + each <= block_floats(c)) return false;
  return !c->recurs || n >= BLOCK_STRIPS * c->strip || floats + each > LARGEST_BLOCK_FLOATS;
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
  const Chain *c = call.chain;
  if (call.chain->nodes[0].form.rows() > 0) {
    const size_t each = lay_out(call, first, 1, nowhere(), &bench);
    const int n = even_samples(end - start, each, block_floats(c));
    floats = each * n;
    return end - first < n ? (int)(end - first) : n;
  }
  const int64_t most = end - first < BLOCK_SAMPLES ? end - first : (int64_t)BLOCK_SAMPLES;
  int n = 0;
  for (floats = 0; n < most; n++) {
    const size_t each = lay_out(call, first + n, 1, nowhere(), &bench);
    if (block_is_full(c, n, floats, each)) break;
    floats += each;
  }
  return n;
}

// The end of the group of samples that starts with s: a strip, or `group` samples.
INL int group_end(const Chain *c, int s, int b, int n, int group) {
  if (!c->recurs) return least(s + group, b);
  int i = 0;
  while (strip_start(c, n, i) <= s) i++;
  return least(strip_start(c, n, i), b);
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
  for (int s = a, end; s < b && vectors > 0; s = end) {
    end = group_end(c, s, b, n, group);
    Piece some = {call, block.bench, block.first, s, end};
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
  for (int s = a, end; s < b; s = end) {
    end = group_end(c, s, b, n, group);
    Piece some = {call, block.bench, block.first, s, end};
    chain_back(some, 1, vectors + 1);
  }
}

// Divides the samples of a block among the members by their rows, between strips where there are any.
static int sample_cut(const Chain *c, const Place &inputs, int n, int members, int member) {
  if (!inputs.starts) return (int)((int64_t)n * member / members);
  if (member >= members) return n;
  const int64_t wanted = (int64_t)inputs.starts[n] * member / members;
  int s = 0;
  if (!c->recurs) {
    while (s < n && inputs.starts[s] < wanted) s++;
    return s;
  }
  for (int i = 0; s < n; i++) {
    const int next = strip_start(c, n, i + 1);
    if (((int64_t)inputs.starts[s] + inputs.starts[next]) / 2 >= wanted) break;
    s = next;
  }
  return s;
}

// Whether all answers of a block, which is one sample, are within the tolerance.
static bool answers_within(const ChainCall &call, const Bench &bench, int64_t r) {
  const Chain *c = call.chain;
  const Node &last = c->nodes[c->n];
  const Place &p = bench.places[c->n];
  const int64_t row = sample_of(call, r), start = call.data->target_starts ? call.data->target_starts[row] + bench.from : row;
  bool within = true;
  for (int i = 0; i < p.start(1); i++)
    within = within && within_tolerance(p.values + (size_t)i * last.stride, call.data->targets + (start + i) * last.form.columns,
                                        last.form.columns, (float)call.rule->tolerance);
  return within;
}

// How a member goes through a call: what it has reached.
struct Progress {
  int64_t step, out, answered;  // out: rows of outputs before the next block
  double total;
  bool adds;  // to the sums of the blocks before
  int piece;  // counted over the call
};

// The samples start..start + m in blocks: their outputs and losses, and the sums of their gradients. Returns whether the answers are
// within the tolerance.
static bool run_blocks(ChainCall &call, ann_team::Team *team, int member, int64_t start, int64_t m, int64_t answers, bool last, Progress &at) {
  const Chain *c = call.chain;
  const Bench &bench = call.benches[member];
  const int members = team->members;
  bool skip = false;
  for (int64_t s = start; s < start + m;) {
    size_t floats;
    const int samples = block_samples(call, bench, s, start, start + m, floats);
    lay_out(call, s, samples, (float *)c->block_arena.start, &bench);
    Piece block = {call, bench, s, 0, samples};
    const Place &inputs = bench.places[0];
    chain_samples(block, sample_cut(c, inputs, samples, members, member), sample_cut(c, inputs, samples, members, member + 1), floats, samples,
                  answers, at.out);
    const int rows = bench.places[c->n].start(samples);
    ann_team::meet(team);
    at.out += rows;
    s += samples;
    if (call.request.aim == ANN_OUTPUTS) continue;
    if (member == 0) at.total = add_losses(at.total, call.row_losses, rows);
    if (call.request.aim == ANN_EPOCH && call.rule->tolerance > 0) skip = answers_within(call, bench, s - samples);
    if (call.trains() && !skip) {
      quarter_gradients(block, at.adds, members, member);
      chain_gradients(block, at.adds, last && s == start + m, members, member);
    }
    at.adds = true;
    ann_team::meet(team);
  }
  return skip;
}

// The samples start..start + m, which an epoch updates the weights after, or after each piece of them.
static void run_batch(ChainCall &call, ann_team::Team *team, int member, int64_t start, int64_t m, int64_t answers, Progress &at) {
  const Chain *c = call.chain;
  Bench &bench = call.benches[member];
  const int members = team->members;
  const bool epoch = call.request.aim == ANN_EPOCH;
  const int64_t pieces = pieces_of(call, start, m), n = call.data->n;
  for (int64_t i = first_piece(call); i < pieces; i++) {
    begin_piece(call, bench, start, i, pieces);
    if (epoch) {
      answers = answers_of(call, bench, start, m);
      at.adds = false;
    }
    if (c->lazy.on) {
      begin_rows(call, bench, start, m, ++at.piece, at.step - call.request.step, members, member);
      ann_team::meet(team);
    }
    const bool last = i + 1 == pieces && (epoch || start + m == n), skip = run_blocks(call, team, member, start, m, answers, last, at);
    if (c->has_quarters && call.trains() && !skip) {
      if (member == 0) join_quarters(c);
      ann_team::meet(team);
    }
    if (epoch) at.answered += answers;
    if (skip || !epoch) continue;
    chain_update(call, ++at.step, members, member);
    ann_team::meet(team);
    refresh_weights(c, members, member);
    ann_team::meet(team);
  }
}

static void chain_work(void *context, ann_team::Team *team, int member) {
  FlushDenormals flush;
  ChainCall &call = *(ChainCall *)context;
  AnnChainCall &request = call.request;
  const int64_t n = call.data->n, batch = batch_of(call);
  Progress at = {request.step, 0, 0, 0, false, 0};
  const int64_t answers = request.aim == ANN_EPOCH ? 0 : all_answers(call);
  for (int64_t start = 0; start < n; start += batch) run_batch(call, team, member, start, n - start < batch ? n - start : batch, answers, at);
  if (call.chain->lazy.on) {
    const int64_t done = at.step - request.step;
    ann_team::meet(team);  // the first member changes request.step
    end_rows(call, done, team->members, member);
  }
  if (member) return;
  request.total = at.total;
  request.answers = request.aim == ANN_EPOCH ? at.answered : answers;
  request.step = at.step;
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
    if (node.n_parts && call.trains()) {
      const size_t size = recurrent_scratch(c, node);
      most = size > most ? size : most;
    }
    rows = rows_after(node.s, below.form, node.form, rows);
  }
  return (most + 15) / 16 * 16 + 32;
}

// The largest block of a call.
struct Largest {
  size_t floats, losses;
  int rows;  // of a sample
};

// Looks through the blocks of the samples start..end, as the first bench sees them.
static void find_largest(const ChainCall &call, int64_t start, int64_t end, Largest &found) {
  const Chain *c = call.chain;
  const Bench &bench = call.benches[0];
  const bool fixed = c->nodes[0].form.rows() > 0;
  size_t sum;
  for (int64_t s = start; s < end;) {
    const int samples = block_samples(call, bench, s, start, end, sum);
    const size_t floats = lay_out(call, s, samples, nowhere(), &bench), rows = (size_t)bench.places[c->n].start(samples);
    found.floats = floats > found.floats ? floats : found.floats;
    found.losses = rows > found.losses ? rows : found.losses;
    for (int i = 0; i < samples && !fixed; i++) {
      const int own = input_rows(call, bench, s + i);
      found.rows = own > found.rows ? own : found.rows;
    }
    s = fixed ? end : s + samples;  // the first block of a batch is the largest
  }
}

// Finds how large the largest block is, and takes the memory for it. False where there is none.
static bool prepare_blocks(ChainCall &call, int members) {
  Chain *c = call.chain;
  const bool fixed = c->nodes[0].form.rows() > 0;
  const int64_t n = call.data->n, batch = batch_of(call);
  Largest largest = {0, 0, c->nodes[0].form.rows()};
  bool carries = false;
  for (int64_t start = 0; start < n; start += batch) {
    const int64_t m = n - start < batch ? n - start : batch, pieces = pieces_of(call, start, m);
    for (int64_t i = first_piece(call); i < pieces; i++) {
      begin_piece(call, call.benches[0], start, i, pieces);
      find_largest(call, start, start + m, largest);
    }
    carries = carries || (pieces > 1 && call.request.first_row < 0);
    if (fixed) break;
  }
  call.scratch = scratch_floats(call, largest.rows);
  c->block_arena.reset();
  c->block_arena.take(largest.floats);
  const size_t states = carries ? (size_t)(n < batch ? n : batch) * c->state_floats : 0;
  for (int pass = 0; pass < 2; pass++) {
    if (pass && !c->block_arena.allocate()) return false;
    if (pass) c->block_arena.take(largest.floats);
    call.row_losses = c->block_arena.take(largest.losses);
    for (int i = 0; i < 2; i++) call.states[i] = c->block_arena.take(states);
    for (int i = 0; i < members; i++) call.benches[i].scratch = c->block_arena.take(call.scratch);
  }
  return true;
}

