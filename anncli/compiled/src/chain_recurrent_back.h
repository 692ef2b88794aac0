// Recurrent steps, backward: one step of time after another, the last one first. The deltas of the sums take the place of the gates;
// the slopes of the inputs come from those of some steps at once.

// Rows whose gradient is made at once: a panel of their deltas stays in the L1 cache.
enum { GRADIENT_ROWS = PANEL_FLOATS > 16 ? 128 : 160 };

// The floats of scratch that a recurrent step needs: slopes of the hidden values and of the cells, and slopes of inputs; for the
// gradient inputs in tiles and deltas in panels.
INL size_t recurrent_scratch(const Chain *c, const Node &node) {
  const size_t back = (size_t)c->strip * pad(node.s.units) * 2 + (size_t)(AHEAD_ROWS + c->strip) * node.a.p_in + 64;
  const size_t update = PACK_FLOATS + (size_t)GRADIENT_ROWS * node.parts[0].a.p_out;
  return back > update ? back : update;
}

// Adds the slopes of the outputs to those of the hidden values by the step after, which `had` rows have.
static void add_slopes(const Node &node, const Place &p, const Steps &steps, int direction, int had, float *slope) {
  const int P = pad(node.s.units), units = node.s.units;
  for (int i = 0; i < steps.m; i++, slope += P) {
    const size_t row = row_at(p, steps.a + i, steps.t, direction);
    const float *from = p.delta + row * node.stride + direction * units;
    if (i >= had) memset(slope, 0, sizeof(float) * P);
    if (is_idle(node, p, steps.a + i, row)) continue;
    if (node.s.directions == 1)
      for (int v = 0; v < P; v += VL) st(slope + v, ld(slope + v) + ld(from + v));
    else
      for (int j = 0; j < units; j++) slope[j] += from[j];
  }
}

// The deltas of the sums of a step, from the slopes of its hidden values.
static void cells_back(const Piece &piece, const Node &node, const Cells &cells, const Steps &steps, size_t prior, float *slope, float *later) {
  const int P = pad(node.s.units), G = node.parts[0].a.p_out;
  const size_t first = steps.at * P;
  if (node.s.kind == ANN_RECURRENT) {
    memcpy(cells.gates + first, slope, sizeof(float) * P * steps.m);
    multiply_slopes(node.cell, cells.gates + first, cells.hidden + first, cells.inner ? cells.inner + first : NULL, (size_t)steps.m * P);
    return;
  }
  for (int i = 0; i < steps.m; i++) {
    const size_t at = first + (size_t)i * P;
    float *z = cells.gates + (steps.at + i) * G;
    if (node.s.kind == ANN_LSTM) {
      lstm_back(z, cell_before(piece, node, cells, steps, prior, i), cells.cell + at, slope + (size_t)i * P, later + (size_t)i * P, P);
    } else {
      const float *before = row_before(piece, node, cells, steps, prior, i);
      gru_back(z, cells.cell + at, cells.inner + at, before, slope + (size_t)i * P, P);
    }
  }
}

// The slopes of the hidden values of the row before, from the deltas of a step. A gru has put a part of them there.
static void hidden_slopes(const Piece &piece, const Node &node, const Cells &cells, const Steps &steps, int direction, float *slope) {
  const int n = node.n_parts / node.s.directions, P = pad(node.s.units);
  bool continues = node.s.kind == ANN_GRU;
  for (int i = direction * n; i < direction * n + n; i++) {
    const Layer &a = node.parts[i].a;
    if (!node.parts[i].of_hidden) continue;
    const float *delta = sums_of(cells, node.parts[i]) + steps.at * a.p_out;
    for (int r = 0; r < steps.m; r++) piece.bench.pointers[r] = delta + (size_t)r * a.p_out;
    if (continues) strip_product<CONTINUE>(piece.bench.pointers, steps.m, a.n_out, a.transposed, P, NULL, slope);
    else strip_product<ZERO>(piece.bench.pointers, steps.m, a.n_out, a.transposed, P, NULL, slope);
    continues = true;
  }
}

// The slopes of the inputs of all rows from step `steps` to row `end`. down: memory for them.
static void input_slopes(const Piece &piece, int k, Steps steps, size_t end, int direction, float *down) {
  const Node &node = piece.call.chain->nodes[k], &below = piece.call.chain->nodes[k - 1];
  const Place &p = piece.bench.places[k], &q = piece.bench.places[k - 1];
  const int n = node.n_parts / node.s.directions, rows = (int)(end - steps.at);
  bool continues = false;
  for (int i = direction * n; i < direction * n + n; i++) {
    const Layer &a = node.parts[i].a;
    if (node.parts[i].of_hidden) continue;
    const float *delta = sums_of(p.cells[direction], node.parts[i]) + steps.at * a.p_out;
    if (continues) strided_product<CONTINUE>(piece.bench, delta, a.p_out, rows, a.n_out, a.transposed, a.p_in, NULL, down);
    else strided_product<ZERO>(piece.bench, delta, a.p_out, rows, a.n_out, a.transposed, a.p_in, NULL, down);
    continues = true;
  }
  for (; steps.at < end; steps.next())
    for (int i = 0; i < steps.m; i++, down += node.a.p_in) {
      float *to = q.delta + row_at(p, steps.a + i, steps.t, direction) * below.stride;
      for (int v = 0; v < below.stride; v += VL) st(to + v, direction ? ld(to + v) + ld(down + v) : ld(down + v));
    }
}

static void strip_back(Piece &piece, int k, int direction, int a, int b) {
  const Chain *c = piece.call.chain;
  const Node &node = c->nodes[k];
  const Place &p = piece.bench.places[k];
  const Cells &cells = p.cells[direction];
  const size_t strip_floats = (size_t)c->strip * pad(node.s.units);
  float *slope = piece.bench.scratch, *later = slope + strip_floats, *down = later + strip_floats;
  memset(later, 0, sizeof(float) * strip_floats);
  Steps steps = behind_steps(p, a, b);
  size_t end = steps.at;
  int had = 0;
  for (steps.back(); steps.t >= 0; steps.back()) {
    Steps before = steps;
    before.back();
    add_slopes(node, p, steps, direction, had, slope);
    cells_back(piece, node, cells, steps, before.at, slope, later);
    had = steps.m;
    if (steps.t > 0) hidden_slopes(piece, node, cells, steps, direction, slope);
    if (node.wants && (steps.t == 0 || end - steps.at >= AHEAD_ROWS)) {
      input_slopes(piece, k, steps, end, direction, down);
      end = steps.at;
    }
  }
}

// The deltas of the sums of a recurrent step, and the slopes of its inputs where they are wanted.
static void recurrent_back(Piece &piece, int k) {
  const Chain *c = piece.call.chain;
  const Node &node = c->nodes[k];
  for (int d = 0; d < node.s.directions; d++)
    for (int a = piece.a; a < piece.b; a += c->strip) strip_back(piece, k, d, a, least(a + c->strip, piece.b));
}
