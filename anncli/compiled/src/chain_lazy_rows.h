// The rows of a piece: which tokens its samples have, and what is done for them before and after it.

// Makes the list of this member: the rows of the piece that are its own, each once. piece: counted from 1 over the call.
static void list_rows(const ChainCall &call, const Bench &bench, int64_t start, int64_t m, int piece, int members, int member) {
  Lazy &lazy = call.chain->lazy;
  int *list = lazy.lists + (size_t)member * room_of(lazy, members), n = 0;
  for (int64_t r = start; r < start + m; r++) {
    const int64_t from = call.data->starts[sample_of(call, r)] + bench.from;
    for (int64_t t = from, end = from + input_rows(call, bench, r); t < end; t++) {
      const int token = call.data->tokens[t];
      if (members > 1 && token / OWNED_ROWS % members != member) continue;
      if (lazy.rows[token].read == piece) continue;
      lazy.rows[token].read = piece;
      list[n++] = token;
    }
  }
  lazy.counts[member] = n;
}

// Brings the rows that a piece reads up to the `done` updates of the call, for a gradient of their own.
static void begin_rows(const ChainCall &call, const Bench &bench, int64_t start, int64_t m, int piece, int64_t done, int members, int member) {
  Lazy &lazy = call.chain->lazy;
  list_rows(call, bench, start, m, piece, members, member);
  bring_up(lazy, *call.rule, constants(*call.rule, 1), lazy.lists + (size_t)member * room_of(lazy, members), lazy.counts[member], (int)done, true);
}

// Update number `done` of the call, of the rows that its piece reads.
template <int RULE> static void update_rows(const Chain *c, const Update &u, int done, int members, int member) {
  const Lazy &lazy = c->lazy;
  const int *list = lazy.lists + (size_t)member * room_of(lazy, members);
  for (int i = 0; i < lazy.counts[member]; i++) {
    if (i + AHEAD < lazy.counts[member]) fetch_row(lazy, list[i + AHEAD]);
    lazy.rows[list[i]].had = done;
    for (int k = 0; k < lazy.n_tables; k++) {
      const Layer &a = *lazy.tables[k];
      const size_t begin = (size_t)list[i] * a.width;
      for (size_t j = begin; j < begin + a.width; j += VL) apply<RULE>(a.weights + j, a.first + j, a.second + j, ld(a.sums + j), u, u.l2, u.keep);
    }
  }
}

// At the end of a call no row waits.
static void end_rows(const ChainCall &call, int64_t done, int members, int member) {
  Lazy &lazy = call.chain->lazy;
  const Update u = constants(*call.rule, 1);
  const int first = (int)((int64_t)lazy.n_rows * member / members), end = (int)((int64_t)lazy.n_rows * (member + 1) / members);
  for (int row = first; row < end; row++) bring_up(lazy, *call.rule, u, &row, 1, (int)done, false);
}

// How many updates the call has at most.
static int64_t most_updates(const ChainCall &call) {
  int64_t n = 0;
  for (int64_t start = 0, batch = call.request.batch_size; start < call.data->n; start += batch)
    n += pieces_of(call, start, call.data->n - start < batch ? call.data->n - start : batch);
  return n;
}

// Whether the rows of a call wait, and the memory for it. False where there is none.
static bool prepare_rows(ChainCall &call, int members) {
  Lazy &lazy = call.chain->lazy;
  lazy.on = false;
  if (call.request.aim != ANN_EPOCH || !lazy.n_tables || lazy.n_rows < LEAST_LAZY_ROWS) return true;
  const AnnRule &rule = *call.rule;
  const bool adaptive = rule.code == ANN_ADAM || rule.code == ANN_ADAMW;
  // The penalty is a gradient of its own to adam: nothing shorter comes to the same as all the updates with it.
  if (adaptive && rule.l2 != 0) return true;
  lazy.on = true;
  const int64_t updates = most_updates(call);
  lazy.arena.reset();
  for (int pass = 0; pass < 2; pass++) {
    if (pass && !lazy.arena.allocate()) return false;
    lazy.rows = (LazyRow *)lazy.arena.take(2 * (size_t)lazy.n_rows);
    lazy.lists = (int *)lazy.arena.take((size_t)(row_groups(lazy) + members) * OWNED_ROWS);
    lazy.powers = lazy.arena.take(POWERS * ((size_t)updates + 1));
    lazy.rates = lazy.arena.take(adaptive ? (size_t)updates : 0);
    lazy.epsilons = lazy.arena.take(adaptive ? (size_t)updates : 0);
  }
  memset(lazy.rows, 0, sizeof(LazyRow) * (size_t)lazy.n_rows);
  if (!adaptive) {
    fill_motions(rule, updates, lazy.powers);
    return true;
  }
  fill_decays(constants(rule, 1), updates, lazy.powers);
  // The bias corrections let a step grow by less than 5 % once there have been SETTLING_STEPS of them.
  lazy.settles = 1.05 * rule.beta1 < sqrt(rule.beta2);
  for (int64_t k = 0; k < updates; k++) {
    const Update u = constants(rule, call.request.step + k + 1);
    lazy.rates[k] = u.rate;
    lazy.epsilons[k] = u.epsilon;
  }
  return true;
}
