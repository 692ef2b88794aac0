// Recurrent steps, forward: the inputs of some steps of time are multiplied at once; then comes one step after another, over the
// rows of all samples of the strip that are long enough.

enum { AHEAD_ROWS = 48 };  // rows whose sums are made at once: they stay in the L1 cache until their step

// Where the sums of a part lie.
INL float *sums_of(const Cells &cells, const Part &part) {
  return part.delta == OF_GATES ? cells.gates : part.delta == OF_CANDIDATE ? cells.cell : cells.inner;
}

// The sums of the biases and of a token's weights, times its value.
static void look_up_token(const Piece &piece, const Part &part, int s, int64_t row, float *z) {
  const ChainCall &call = piece.call;
  const int64_t number = piece.number(s), start = call.data->starts[sample_of(call, number)], t = start + piece.bench.from + row;
  const float *weights = part.a.weights + (size_t)call.data->tokens[t] * part.a.width;
  const vf value = set1(token_value(call, number, t, start));
  for (int v = 0; v < part.a.width; v += VL) st(z + v, vfma(value, ld(weights + v), ld(part.a.biases + v)));
}

// The sums of the inputs of a part, from step `steps` on for at least AHEAD_ROWS rows or until the end, or of this
// step alone. Returns the step after them.
static Steps input_sums(Piece &piece, int k, const Part &part, Steps steps, bool alone) {
  const Node &below = piece.call.chain->nodes[k - 1];
  const Place &p = piece.bench.places[k], &q = piece.bench.places[k - 1];
  float *to = sums_of(p.cells[part.direction], part) + steps.at * part.a.p_out;
  const float **x = piece.bench.pointers;
  int rows = 0;
  for (; steps.m > 0 && rows < (alone ? 1 : (int)AHEAD_ROWS); steps.next())
    for (int i = 0; i < steps.m; i++, rows++) {
      const size_t row = row_at(p, steps.a + i, steps.t, part.direction);
      if (!below.form.tokens) x[rows] = q.values + row * below.stride;
      else look_up_token(piece, part, steps.a + i, (int64_t)row - p.start(steps.a + i), to + (size_t)rows * part.a.p_out);
    }
  if (!below.form.tokens) product<BIAS>(x, rows, false, part.a.n_in, part.a.weights, part.a.p_out, part.a.biases, to);
  return steps;
}

// As product(), for the few rows of a strip: they pass over pieces of the weights that stay in the L1 cache.
template <int START>
static void strip_product(const float *const *x, int m, int n, const float *W, int P, const float *bias, float *C) {
  const size_t room = m > PAIR_ROWS ? (size_t)STRIP_PIECE_FLOATS : (size_t)PIECE_FLOATS;
  const int pieces = (int)(((size_t)n * panel_vectors(P) * VL + room - 1) / room), step = (n + pieces - 1) / pieces;
  product_piece<START>(x, m, false, 0, least(step, n), W, n, P, bias, C);
  for (int k = step; k < n; k += step) product_piece<CONTINUE>(x, m, false, k, least(step, n - k), W, n, P, NULL, C);
}

// The sums of the hidden values of the row before. hidden: where they lie; null for zeros.
static void hidden_sums(const Part &part, const float *const *hidden, int m, float *z) {
  const Layer &a = part.a;
  if (!part.has_biases) {
    if (hidden) strip_product<CONTINUE>(hidden, m, a.n_in, a.weights, a.p_out, NULL, z);
  } else if (hidden) {
    strip_product<BIAS>(hidden, m, a.n_in, a.weights, a.p_out, a.biases, z);
  } else {
    for (int i = 0; i < m; i++) memcpy(z + (size_t)i * a.p_out, a.biases, sizeof(float) * a.p_out);
  }
}

// The hidden values before those of row i of a step; null for zeros. prior: the step before.
INL const float *row_before(const Piece &piece, const Node &node, const Cells &cells, const Steps &steps, size_t prior, int i) {
  return steps.t ? cells.hidden + (prior + i) * pad(node.s.units) : state_before(piece, node, steps.a + i);
}

// The hidden values before those of a step, into the pointers of the bench; null for zeros.
static const float *const *hidden_before(const Piece &piece, const Node &node, const Cells &cells, const Steps &steps, size_t prior) {
  const float **found = piece.bench.pointers;
  if (steps.t == 0 && !state_before(piece, node, steps.a)) return NULL;
  for (int i = 0; i < steps.m; i++) found[i] = row_before(piece, node, cells, steps, prior, i);
  return found;
}

// The cells of an lstm before those of row i of a step.
INL const float *cell_before(const Piece &piece, const Node &node, const Cells &cells, const Steps &steps, size_t prior, int i) {
  const int P = pad(node.s.units);
  if (steps.t) return cells.cell + (prior + i) * P;
  const float *state = state_before(piece, node, steps.a + i);
  return state ? state + P : NULL;
}

// The hidden values of a step, from its sums. before: as hidden_before() gives them.
static void run_cells(const Piece &piece, const Node &node, const Cells &cells, const Steps &steps, size_t prior, const float *const *before) {
  const int P = pad(node.s.units), G = node.parts[0].a.p_out;
  const size_t first = steps.at * P;
  if (node.s.kind == ANN_RECURRENT) {
    memcpy(cells.hidden + first, cells.gates + first, sizeof(float) * P * steps.m);
    activate(node.cell, cells.hidden + first, cells.inner ? cells.inner + first : NULL, (size_t)steps.m * P);
    return;
  }
  for (int i = 0; i < steps.m; i++) {
    const size_t at = first + (size_t)i * P;
    float *z = cells.gates + (steps.at + i) * G;
    if (node.s.kind == ANN_GRU) gru_row(z, cells.cell + at, cells.inner + at, before ? before[i] : NULL, cells.hidden + at, P);
    else lstm_row(z, cell_before(piece, node, cells, steps, prior, i), cells.cell + at, cells.hidden + at, P);
  }
}

// Whether outputs and slopes of a row are of no use: nobody reads them.
INL bool is_idle(const Node &node, const Place &p, int s, size_t row) { return node.gives_last && row + 1 != (size_t)p.start(s + 1); }

// The outputs of a step, from its hidden values.
static void hand_on(const Node &node, const Cells &cells, const Place &p, const Steps &steps, int direction) {
  const int P = pad(node.s.units), units = node.s.units;
  const float *from = cells.hidden + steps.at * P;
  for (int i = 0; i < steps.m; i++, from += P) {
    const size_t row = row_at(p, steps.a + i, steps.t, direction);
    if (is_idle(node, p, steps.a + i, row)) continue;
    float *to = p.values + row * node.stride;
    if (node.s.directions == 1)
      for (int v = 0; v < P; v += VL) st(to + v, ld(from + v));
    else memcpy(to + direction * units, from, sizeof(float) * units);
    for (int j = 2 * units; direction && j < node.stride; j++) to[j] = 0;
  }
}

// The state after the last row of each sample; samples without rows keep theirs.
static void keep_states(const Piece &piece, const Node &node, const Cells &cells, const Place &p, int a, int b) {
  const Bench &bench = piece.bench;
  if (!bench.next_states || node.s.directions > 1) return;
  const int P = pad(node.s.units), n = node.s.kind == ANN_LSTM ? 2 * P : P;
  Steps steps = first_step(p, a, b);
  for (size_t prior = steps.at; ; steps.next()) {
    // The samples that end with the step before this one.
    for (int s = a + steps.m; s < b && p.start(s + 1) - p.start(s) == steps.t; s++) {
      float *to = bench.next_states + (size_t)(piece.number(s) - bench.batch) * piece.call.chain->state_floats + node.state_at;
      const float *from = state_before(piece, node, s);
      if (steps.t == 0) {
        if (from) memcpy(to, from, sizeof(float) * n);
        else memset(to, 0, sizeof(float) * n);
        continue;
      }
      memcpy(to, cells.hidden + (prior + s - a) * P, sizeof(float) * P);
      if (n > P) memcpy(to + P, cells.cell + (prior + s - a) * P, sizeof(float) * P);
    }
    if (!steps.m) break;
    prior = steps.at;
  }
}

// The sums of a step from inputs and hidden values at once. before: as hidden_before() gives them, and not null.
static void joint_sums(const Piece &piece, int k, const Part *parts, const Steps &steps, const float *const *before) {
  const Node &below = piece.call.chain->nodes[k - 1];
  const Place &p = piece.bench.places[k], &q = piece.bench.places[k - 1];
  const Layer &in = parts[0].a, &around = parts[1].a;
  const float **x = piece.bench.pointers + MOST_POINTERS / 2;
  for (int i = 0; i < steps.m; i++) x[i] = q.values + row_at(p, steps.a + i, steps.t, parts[0].direction) * below.stride;
  pair_product(x, in.n_in, in.weights, before, around.n_in, around.weights, in.p_out, in.biases, steps.m,
               sums_of(p.cells[parts[0].direction], parts[0]) + steps.at * in.p_out);
}

static void strip_forward(Piece &piece, int k, int direction, int a, int b) {
  const Node &node = piece.call.chain->nodes[k], &below = piece.call.chain->nodes[k - 1];
  const Place &p = piece.bench.places[k];
  const Cells &cells = p.cells[direction];
  const int n = node.n_parts / node.s.directions;
  const Part *parts = node.parts + direction * n;
  Steps steps = first_step(p, a, b);
  for (size_t prior = 0; steps.m > 0;) {
    // Gates whose sums are made at once, step by step; those of the first step only if there is a state before it.
    const bool joint = !below.form.tokens && pairs_up(parts[0].a.n_in, parts[0].a.p_out, steps.m) &&
                       (steps.t > 0 || state_before(piece, node, a));
    int end = steps.t + 1;
    for (int i = joint ? 2 : 0; i < n; i++)
      if (!parts[i].of_hidden) end = input_sums(piece, k, parts[i], steps, joint).t;
    for (; steps.m > 0 && steps.t < end; steps.next()) {
      const float *const *before = hidden_before(piece, node, cells, steps, prior);
      if (joint) joint_sums(piece, k, parts, steps, before);
      for (int i = joint ? 2 : 0; i < n; i++)
        if (parts[i].of_hidden) hidden_sums(parts[i], before, steps.m, sums_of(cells, parts[i]) + steps.at * parts[i].a.p_out);
      run_cells(piece, node, cells, steps, prior, before);
      hand_on(node, cells, p, steps, direction);
      prior = steps.at;
    }
  }
  keep_states(piece, node, cells, p, a, b);
}

static void recurrent_forward(Piece &piece, int k) {
  const Chain *c = piece.call.chain;
  const Node &node = c->nodes[k];
  // Where each sample has one row there may be more of them than in a strip.
  for (int d = 0; d < node.s.directions; d++)
    for (int a = piece.a; a < piece.b; a += c->strip) strip_forward(piece, k, d, a, least(a + c->strip, piece.b));
}
