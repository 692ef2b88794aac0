// Gradients of the steps of a chain and what the rule does with them. Members divide the rows of the weights among them, so that
// every sum is added up by one member in the order of the samples.

// Costs that stand one after another on a line, of which each member does the part between `low` and `high`.
struct Line {
  int64_t at, low, high;

  // The units i0..i1 of the next `units` things, each of this cost, that fall into the part.
  void take(int64_t units, int64_t cost, int64_t &i0, int64_t &i1) {
    i0 = place(low, units, cost);
    i1 = place(high, units, cost);
    at += units * cost;
  }

 private:
  int64_t place(int64_t from, int64_t units, int64_t cost) const {
    const int64_t n = from <= at ? 0 : (from - at + cost - 1) / cost;
    return n < units ? n : units;
  }
};

static Line line_of(int64_t total, int members, int member) {
  return {0, total * member / members, total * (member + 1) / members};
}

// Rows of weights that stay together: a tile, and of a bilinear step those of a neuron.
INL int weight_grain(const Node &node) { return node.s.kind == ANN_BILINEAR ? node.s.components : 8; }

// The layers of weights that a node has: its own one, or those of its parts.
INL int layers_in(const Node &node) { return node.n_parts ? node.n_parts : node.has_block; }
INL const Layer &layer_of(const Node &node, int i) { return node.n_parts ? node.parts[i].a : node.a; }

INL int64_t weight_units(const Node &node, const Layer &a) { return (a.n_in + weight_grain(node) - 1) / weight_grain(node); }

INL int64_t unit_cost(const Node &node, const Layer &a, const Place &p, int samples) {
  const int64_t rows = p.start(samples);
  if (!a.panels) return 8 + rows * a.p_out / (weight_units(node, a) + 1);
  return (rows + 8) * a.p_out * weight_grain(node);
}

// The sum of the rows of each sample from..to, and of these sums: `total` (p_out) is set, or grows.
static void add_bias_rows(const float *D, int stride, const Place &p, int from, int to, bool adds, float *total) {
  for (int v = 0; v < stride; v += VL) {
    vf all = adds ? ld(total + v) : set1(0.0f);
    for (int s = from; s < to; s++) {
      const float *d = D + (size_t)p.start(s) * stride + v, *end = D + (size_t)p.start(s + 1) * stride + v;
      vf a = set1(0.0f), b = a, e = a, f = a;
      for (; d + 4 * (size_t)stride <= end; d += 4 * (size_t)stride) {
        a += ld(d);
        b += ld(d + stride);
        e += ld(d + 2 * (size_t)stride);
        f += ld(d + 3 * (size_t)stride);
      }
      for (; d < end; d += stride) a += ld(d);
      all += (a + e) + (b + f);
    }
    st(total + v, all);
  }
}

// Of tokens i0..i1.
static void token_gradient(Piece &piece, const Node &node, const Place &p, int i0, int i1, bool adds) {
  if (node.s.frozen) return;
  const Layer &a = node.a;
  const ChainCall &call = piece.call;
  if (!adds && !call.chain->lazy.on) memset(a.sums + (size_t)i0 * a.p_out, 0, sizeof(float) * (size_t)(i1 - i0) * a.p_out);
  for (int s = piece.a; s < piece.b; s++) {
    const int64_t number = piece.number(s), start = call.data->starts[sample_of(call, number)], from = start + piece.bench.from;
    const float *delta = p.delta + (size_t)p.start(s) * node.stride;
    for (int64_t t = from, end = from + input_rows(call, piece.bench, number); t < end; t++) {
      const int token = call.data->tokens[t];
      if (token >= i0 && token < i1) {
        float *sums = a.sums + (size_t)token * a.p_out;
        const vf value = set1(token_value(call, number, t, start));
        for (int v = 0; v < a.p_out; v += VL) st(sums + v, vfma(value, ld(delta + v), ld(sums + v)));
      }
      if (node.s.kind == ANN_EMBEDDING) delta += node.stride;
    }
  }
}

// Into the sums of layer a, which is that of the node or a quarter of it.
static void convolution_gradient(Piece &piece, const Node &node, const Node &below, const Place &p, const Place &q, const Layer &a, int i0,
                                 int i1, bool adds) {
  Windows windows = {node, below, p, q, piece.a, piece.b, 0};
  const float *D = p.delta + (size_t)p.start(piece.a) * node.stride;
  for (int m; (m = windows.next(piece.bench.pointers, MOST_WINDOWS)) > 0; D += (size_t)m * node.stride, adds = true)
    window_gradient(a, piece.bench.pointers, m, node.at, i0, i1, D, adds);
}

// The gradients of convolutions with few weights, of this member's quarters of the samples.
static void quarter_gradients(Piece &block, bool adds, int members, int member) {
  const Chain *c = block.call.chain;
  for (int i = QUARTERS * member / members; i < QUARTERS * (member + 1) / members; i++) {
    Piece piece = {block.call, block.bench, block.first, block.b * i / QUARTERS, block.b * (i + 1) / QUARTERS};
    for (int k = c->first_block; k <= c->n; k++) {
      const Node &node = c->nodes[k];
      if (!node.quarter_sums) continue;
      const Place &p = block.bench.places[k];
      Layer a = node.a;
      a.sums = node.quarter_sums + (size_t)i * a.rows * a.width;
      a.sum_biases = node.quarter_biases + (size_t)i * a.p_out;
      if (p.start(piece.a) == p.start(piece.b)) {
        if (!adds) memset(a.sums, 0, sizeof(float) * a.rows * a.width);
      } else {
        convolution_gradient(piece, node, c->nodes[k - 1], p, block.bench.places[k - 1], a, 0, a.n_in, adds);
      }
      add_bias_rows(p.delta, node.stride, p, piece.a, piece.b, adds, a.sum_biases);
    }
  }
}

static void add_quarters(float *to, const float *from, size_t n) {
  for (size_t i = 0; i < n; i += VL) st(to + i, (ld(from + i) + ld(from + n + i)) + (ld(from + 2 * n + i) + ld(from + 3 * n + i)));
}

// The sums of all quarters, at the end of a batch.
static void join_quarters(const Chain *c) {
  for (int k = c->first_block; k <= c->n; k++) {
    const Node &node = c->nodes[k];
    if (!node.quarter_sums) continue;
    add_quarters(node.a.sums, node.quarter_sums, (size_t)node.a.rows * node.a.width);
    add_quarters(node.a.sum_biases, node.quarter_biases, node.a.p_out);
  }
}

// The gradient of rows i0..i1 of the weights of step k over a block, into its sums. adds: to those of the blocks before.
static void step_gradient(Piece &piece, int k, int i0, int i1, bool adds) {
  const Chain *c = piece.call.chain;
  const Node &node = c->nodes[k], &below = c->nodes[k - 1];
  const Place &p = piece.bench.places[k], &q = piece.bench.places[k - 1];
  const float **x = piece.bench.pointers;
  if (node.s.kind == ANN_EMBEDDING || node.s.kind == ANN_SPARSE) return token_gradient(piece, node, p, i0, i1, adds);
  if (node.s.kind == ANN_CONVOLUTION) return convolution_gradient(piece, node, below, p, q, node.a, i0, i1, adds);
  const bool gathered = node.s.kind == ANN_COMMUNICATE;
  const float *from = gathered ? p.own : q.values;
  const size_t stride = gathered ? node.own_stride : below.stride;
  const int rows = p.start(piece.b);
  const Update none = {};
  for (int r = 0; r < rows; r += MOST_POINTERS, adds = true) {
    const int m = least(MOST_POINTERS, rows - r);
    for (int i = 0; i < m; i++) x[i] = from + (size_t)(r + i) * stride;
    const Factors f = {x, m, p.delta + (size_t)r * node.stride, node.stride, false, false, false, NULL, NULL};
    if (adds) gradient<ADD>(node.a, f, i0, i1, none);
    else gradient<STORE>(node.a, f, i0, i1, none);
  }
}

// This member's part of the gradients of all steps over a block. last: the block is the last one of its batch.
static void chain_gradients(Piece &piece, bool adds, bool last, int members, int member) {
  const Chain *c = piece.call.chain;
  int64_t total = 0;
  for (int k = c->first_block; k <= c->n; k++)
    for (int i = 0; i < layers_in(c->nodes[k]) && !c->nodes[k].quarter_sums; i++) {
      const Layer &a = layer_of(c->nodes[k], i);
      total += weight_units(c->nodes[k], a) * unit_cost(c->nodes[k], a, piece.bench.places[k], piece.b);
    }
  Line line = line_of(total, members, member);
  for (int k = c->first_block; k <= c->n; k++) {
    const Node &node = c->nodes[k];
    const Place &p = piece.bench.places[k];
    const int grain = weight_grain(node);
    Range ranges[MOST_PARTS];
    bool any = false;
    for (int i = 0; i < layers_in(node) && !node.quarter_sums; i++) {
      const Layer &a = layer_of(node, i);
      int64_t u0, u1;
      line.take(weight_units(node, a), unit_cost(node, a, p, piece.b), u0, u1);
      ranges[i] = {least((int)u0 * grain, a.n_in), least((int)u1 * grain, a.n_in)};
      any = any || u0 < u1;
    }
    if (!any) continue;
    if (node.n_parts) {
      parts_gradient(piece, k, ranges, adds);
      continue;
    }
    const int i0 = ranges[0].i0, i1 = ranges[0].i1;
    if (!p.start(piece.b) && !adds) clear_sums(node.a, c->lazy.on && !node.a.panels, i0, i1);
    step_gradient(piece, k, i0, i1, adds);
    if (i0 == 0 && node.s.kind != ANN_EMBEDDING) add_bias_rows(p.delta, node.stride, p, 0, piece.b, adds, node.a.sum_biases);
    if (last && node.s.kind == ANN_BILINEAR) contract_rows(node, i0 / grain, (i1 + grain - 1) / grain);
  }
}

// The weights as the products read them, after a change: transposed for the way back, and the matrices of bilinear steps.
static void refresh_weights(const Chain *c, int members, int member) {
  int64_t total = 0;
  for (int k = 1; k <= c->n; k++)
    for (int i = 0; i < layers_in(c->nodes[k]); i++) {
      const Layer &a = layer_of(c->nodes[k], i);
      total += weight_units(c->nodes[k], a) * a.p_out;
    }
  Line line = line_of(total, members, member);
  for (int k = 1; k <= c->n; k++) {
    const Node &node = c->nodes[k];
    for (int i = 0; i < layers_in(node); i++) {
      const Layer &a = layer_of(node, i);
      int64_t u0, u1;
      line.take(weight_units(node, a), a.p_out, u0, u1);
      if (u0 == u1) continue;
      const int grain = weight_grain(node), i0 = (int)u0 * grain, i1 = least((int)u1 * grain, a.n_in);
      if (node.s.kind == ANN_BILINEAR) expand_rows(node, (int)u0, (int)u1);
      if (!a.transposed) continue;
      if (node.s.kind == ANN_CONVOLUTION) transpose_windows(node, i0, i1);
      else transpose_rows(a, i0, i1);
    }
  }
}

template <int RULE> static void update_stores(const Chain *c, const Update &u, int members, int member) {
  enum { GRAIN = 1024 };
  int64_t total = 0;
  for (int k = 0; k < c->n_stores; k++)
    if (!(c->lazy.on && c->stores[k].by_row)) total += (int64_t)(c->stores[k].n + GRAIN - 1) / GRAIN;
  Line line = line_of(total, members, member);
  for (int k = 0; k < c->n_stores; k++) {
    const Store &store = c->stores[k];
    if (c->lazy.on && store.by_row) continue;
    int64_t u0, u1;
    line.take((int64_t)(store.n + GRAIN - 1) / GRAIN, 1, u0, u1);
    const size_t end = (size_t)u1 * GRAIN < store.n ? (size_t)u1 * GRAIN : store.n;
    const float l2 = store.penalised ? u.l2 : 0.0f, keep = store.penalised ? u.keep : 1.0f;
    for (size_t i = (size_t)u0 * GRAIN; i < end; i += VL)
      apply<RULE>(store.weights + i, store.first + i, store.second + i, ld(store.sums + i), u, l2, keep);
  }
}

static void chain_update(const ChainCall &call, int64_t step, int members, int member) {
  const Update u = constants(*call.rule, step);
  const Chain *c = call.chain;
#define CALL(RULE) \
  { \
    update_stores<RULE>(c, u, members, member); \
    if (c->lazy.on) update_rows<RULE>(c, u, (int)(step - call.request.step), members, member); \
  }
  WITH_RULE(call.rule->code, u, CALL)
#undef CALL
}
