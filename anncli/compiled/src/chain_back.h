// The way back through a chain: from the deltas of a step to those of the step below.

// The floats of scratch that a convolution needs for its slopes: the bordered ones of a sample, then those of some windows.
INL int slope_rows(const Node &node) {
  const int rows = 16384 / (node.segments * node.wide_run);
  return rows < 8 ? 8 : rows > MOST_WINDOWS ? (int)MOST_WINDOWS : rows;
}

static void convolution_back(Piece &piece, const Node &node, const Node &below, const Place &p, const Place &q) {
  const int wide = node.segments * node.wide_run, step = slope_rows(node);
  for (int s = piece.a; s < piece.b; s++) {
    const int width = below.form.rows() ? below.form.width : q.start(s + 1) - q.start(s), rows = p.start(s + 1) - p.start(s);
    const int columns = node.form.rows() ? node.form.width : rows;
    const size_t size = bordered(node, below, width);
    float *to = piece.bench.scratch, *slopes = to + (size + 47) / 16 * 16;
    memset(to, 0, sizeof(float) * size);
    const float *delta = p.delta + (size_t)p.start(s) * node.stride;
    for (int r = 0; r < rows; r += step) {
      const int m = least(step, rows - r);
      strided_product<ZERO>(piece.bench, delta + (size_t)r * node.stride, node.stride, m, node.a.n_out, node.a.transposed, wide, NULL, slopes);
      scatter_windows(node, below, columns, width, slopes, r, m, to);
    }
    unborder_rows(node, below, to, width, q.delta + (size_t)q.start(s) * below.stride);
  }
}

// The slopes of the outputs of step k - 1, from the deltas of step k.
static void step_back(Piece &piece, int k) {
  const Chain *c = piece.call.chain;
  const Node &node = c->nodes[k], &below = c->nodes[k - 1];
  const Place &p = piece.bench.places[k], &q = piece.bench.places[k - 1];
  const int kind = node.s.kind;
  if (node.n_parts) return recurrent_back(piece, k);
  if (kind == ANN_CONVOLUTION) return convolution_back(piece, node, below, p, q);
  const size_t first = (size_t)p.start(piece.a);
  const int m = p.start(piece.b) - (int)first;
  if (kind == ANN_DENSE || kind == ANN_BILINEAR) {
    strided_product<ZERO>(piece.bench, p.delta + first * node.stride, node.stride, m, node.a.n_out, node.a.transposed, node.a.p_in, NULL,
                          q.delta + first * below.stride);
    return;
  }
  if (kind == ANN_COMMUNICATE)
    strided_product<ZERO>(piece.bench, p.delta + first * node.stride, node.stride, m, node.a.n_out, node.a.transposed, node.own_stride, NULL,
                          p.own_delta + first * node.own_stride);
  const Node *skipped = node.s.skip ? &c->nodes[node.s.skip] : NULL;
  for (int s = piece.a; s < piece.b; s++) {
    const size_t start = (size_t)p.start(s), from_row = (size_t)q.start(s);
    const int rows = p.start(s + 1) - p.start(s), rows_below = q.start(s + 1) - q.start(s);
    const int width = below.form.rows() ? below.form.width : rows_below, columns = node.form.rows() ? node.form.width : rows;
    const float *delta = p.delta + start * node.stride, *index = p.index ? p.index + start * node.stride : NULL;
    float *to = q.delta + from_row * below.stride;
    if (kind == ANN_FLATTEN) {
      copy_rows(to, below.stride, delta, below.form.columns, rows_below, below.form.columns);
    } else if (kind == ANN_COMMUNICATE) {
      float *extra = skipped && piece.bench.places[node.s.skip].extra ? piece.bench.places[node.s.skip].extra + start * skipped->stride : NULL;
      group_back(node, below, p.own_delta + start * node.own_stride, rows, to, skipped, extra);
    } else if (kind == ANN_MEAN_POOL || kind == ANN_MAX_POOL || kind == ANN_WINDOW || kind == ANN_PAD) {
      memset(to, 0, sizeof(float) * rows_below * below.stride);
      if (kind == ANN_WINDOW) window_back(node, below, delta, width, rows, to);
      else if (kind == ANN_PAD) pad_back(node, below, delta, rows_below, to);
      else pool_back(node, delta, index, width, rows, columns, to);
    } else if (below.gives_last) {
      memcpy(to + (size_t)(rows_below - 1) * below.stride, delta, sizeof(float) * node.stride);
    } else reduce_back(kind, delta, index, rows_below, node.stride, to);
  }
}

// Steps k0..k1, last one first: their slopes become deltas of the steps below.
static void chain_back(Piece &piece, int k0, int k1) {
  ChainCall &call = piece.call;
  const Chain *c = call.chain;
  for (int k = k1 - 1; k >= k0 && k > c->first_block; k--) {
    step_back(piece, k);
    const Node &below = c->nodes[k - 1];
    const Place &q = piece.bench.places[k - 1];
    const size_t first = (size_t)q.start(piece.a) * below.stride, n = (size_t)q.start(piece.b) * below.stride - first;
    float *delta = q.delta + first;
    if (q.extra)
      for (size_t i = 0; i < n; i += VL) st(delta + i, ld(delta + i) + ld(q.extra + first + i));
    if (q.slopes || below.s.activation != LINEAR)
      multiply_slopes(below.s.activation, delta, q.values + first, q.slopes ? q.slopes + first : NULL, n);
  }
  // The deltas of a dense step are the slopes of its sums already; a recurrent one has to find them first.
  if (k0 <= c->first_block && c->first_block < k1 && c->nodes[c->first_block].n_parts) recurrent_back(piece, c->first_block);
}

static void clear_extras(Piece &piece) {
  const Chain *c = piece.call.chain;
  for (int k = 1; k < c->n; k++) {
    const Place &p = piece.bench.places[k];
    const size_t stride = c->nodes[k].stride;
    if (p.extra) memset(p.extra + p.start(piece.a) * stride, 0, sizeof(float) * stride * (p.start(piece.b) - p.start(piece.a)));
  }
}
