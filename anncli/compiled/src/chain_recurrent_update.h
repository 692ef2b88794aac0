// The gradient of the weights of recurrent steps: products over the rows of all strips of a block, in the order of time.

// Rows i0..i1 of the weights of a part.
struct Range {
  int i0, i1;
};

INL bool reads_tokens(const Chain *c, int k, const Part &part) { return !part.of_hidden && c->nodes[k - 1].form.tokens; }

// Adds what the rows of a strip give to the weights of tokens i0..i1.
static void strip_tokens(const Piece &piece, const Part &part, const Place &p, Steps steps, const Range &range) {
  const ChainCall &call = piece.call;
  const Layer &a = part.a;
  for (; steps.m > 0; steps.next())
    for (int i = 0; i < steps.m; i++) {
      const int s = steps.a + i;
      const int64_t number = piece.number(s), start = call.data->starts[sample_of(call, number)];
      const int64_t t = start + piece.bench.from + (int64_t)row_at(p, s, steps.t, part.direction) - p.start(s);
      const int token = call.data->tokens[t];
      if (token < range.i0 || token >= range.i1) continue;
      const float *delta = sums_of(p.cells[part.direction], part) + (steps.at + i) * a.p_out;
      float *sums = a.sums + (size_t)token * a.width;
      const vf value = set1(token_value(call, number, t, start));
      for (int v = 0; v < a.width; v += VL) st(sums + v, vfma(value, ld(delta + v), ld(sums + v)));
    }
}

// Copies deltas of `rows` rows into panels: rows of a whole number of pages would all lie in the same few places of the L1 cache.
static void pack_rows(const float *D, int width, int rows, float *packed) {
  FOR_PANELS(width, c, w)
    for (int b = 0; b < rows; b++)
      for (int v = 0; v < w; v += VL) st(packed + (size_t)c * rows + (size_t)b * w + v, ld(D + (size_t)b * width + c + v));
}

// The sum of packed rows: `total` (width) is set, or grows.
static void add_packed(const float *packed, int width, int rows, bool adds, float *total) {
  FOR_PANELS(width, c, w)
    for (int v = 0; v < w; v += VL) {
      const float *d = packed + (size_t)c * rows + v;
      vf a = adds ? ld(total + c + v) : set1(0.0f), b = set1(0.0f);
      int r = 0;
      for (; r + 2 <= rows; r += 2, d += 2 * (size_t)w) {
        a += ld(d);
        b += ld(d + w);
      }
      if (r < rows) a += ld(d);
      st(total + c + v, a + b);
    }
}

// Rows of a block, in the order of time, with what the weights are multiplied with: the pointers of the bench have the inputs of
// each, then the hidden values before it.
struct Chunk {
  int rows;
  size_t first;
};

// The gradient of the parts of one direction over a chunk. ranges: of each part of the step.
static void chunk_gradient(const Piece &block, int k, int direction, const Chunk &chunk, const Range *ranges, bool adds) {
  const Chain *c = block.call.chain;
  const Node &node = c->nodes[k];
  const Bench &bench = block.bench;
  const int n = node.n_parts / node.s.directions;
  float *pack = bench.scratch, *packed = pack + PACK_FLOATS;
  const Update none = {};
  const float *is_packed = NULL;
  for (int i = direction * n; i < direction * n + n; i++) {
    const Part &part = node.parts[i];
    const Layer &a = part.a;
    const float *D = sums_of(bench.places[k].cells[direction], part);
    const Range &range = ranges[i];
    if (range.i0 == range.i1) continue;
    if (is_packed != D) pack_rows(D + chunk.first * a.p_out, a.p_out, chunk.rows, packed);
    is_packed = D;
    if (range.i0 == 0 && part.has_biases) add_packed(packed, a.p_out, chunk.rows, adds, a.sum_biases);
    if (reads_tokens(c, k, part)) continue;
    const float **x = bench.pointers + (part.of_hidden ? GRADIENT_ROWS : 0);
    const Factors f = {x, chunk.rows, packed, a.p_out, false, true, false, pack, bench.pointers + 2 * GRADIENT_ROWS};
    if (adds) gradient<ADD>(a, f, range.i0, range.i1, none);
    else gradient<STORE>(a, f, range.i0, range.i1, none);
  }
}

// Puts row i of a step into a chunk. prior: where the step before starts.
static void put_row(const Piece &block, int k, int direction, const Steps &steps, size_t prior, int i, Chunk &chunk) {
  const Chain *c = block.call.chain;
  const Node &node = c->nodes[k], &below = c->nodes[k - 1];
  const Place &p = block.bench.places[k];
  const float **x = block.bench.pointers + chunk.rows, *before = row_before(block, node, p.cells[direction], steps, prior, i);
  if (!below.form.tokens) x[0] = block.bench.places[k - 1].values + row_at(p, steps.a + i, steps.t, direction) * below.stride;
  x[GRADIENT_ROWS] = before ? before : c->zeros;
  chunk.rows++;
}

// The gradient of all parts of a step over a block, into their sums. adds: to those of the blocks before.
static void parts_gradient(Piece &block, int k, const Range *ranges, bool adds) {
  const Chain *c = block.call.chain;
  const Node &node = c->nodes[k];
  const Place &p = block.bench.places[k];
  for (int d = 0; d < node.s.directions; d++) {
    bool continues = adds;
    // The strip that was the last one on the way back is still in the cache.
    for (int i = (block.b - 1) / c->strip; i >= 0; i--) {
      const int b = strip_start(c, block.b, i), e = strip_start(c, block.b, i + 1);
      Steps steps = first_step(p, b, e);
      Chunk chunk = {0, steps.at};
      for (size_t prior = 0; steps.m > 0; prior = steps.at, steps.next())
        for (int j = 0; j < steps.m; j++) {
          put_row(block, k, d, steps, prior, j, chunk);
          if (chunk.rows < GRADIENT_ROWS && chunk.first + chunk.rows < (size_t)p.start(e)) continue;
          chunk_gradient(block, k, d, chunk, ranges, continues);
          continues = true;
          chunk = {0, chunk.first + chunk.rows};
        }
    }
  }
  for (int i = 0; i < node.n_parts; i++) {
    const Part &part = node.parts[i];
    const Layer &a = part.a;
    const Range &range = ranges[i];
    const bool waits = c->lazy.on && reads_tokens(c, k, part);
    if (!p.start(block.b) && !adds) clear_sums(a, waits, range.i0, range.i1);
    if (!reads_tokens(c, k, part)) continue;
    if (!adds && !waits) memset(a.sums + (size_t)range.i0 * a.width, 0, sizeof(float) * (size_t)(range.i1 - range.i0) * a.width);
    for (int j = 0, b; (b = strip_start(c, block.b, j)) < block.b; j++)
      strip_tokens(block, part, p, first_step(p, b, strip_start(c, block.b, j + 1)), range);
  }
}
