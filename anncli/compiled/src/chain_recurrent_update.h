// The gradient of the weights of recurrent steps: products over the rows of all strips of a block, in the order of time.

// Adds what the rows of a strip give to the weights of tokens i0..i1.
static void strip_tokens(const Piece &piece, const Part &part, const Place &p, Steps steps, int i0, int i1) {
  const ChainCall &call = piece.call;
  const Layer &a = part.a;
  for (; steps.m > 0; steps.next())
    for (int i = 0; i < steps.m; i++) {
      const int s = steps.a + i;
      const int64_t number = piece.number(s), start = call.data->starts[sample_of(call, number)];
      const int64_t t = start + piece.bench.from + (int64_t)row_at(p, s, steps.t, part.direction) - p.start(s);
      const int token = call.data->tokens[t];
      if (token < i0 || token >= i1) continue;
      const float *delta = sums_of(p.cells[part.direction], part) + (steps.at + i) * a.p_out;
      float *sums = a.sums + (size_t)token * a.width;
      const vf value = set1(token_value(call, number, t, start));
      for (int v = 0; v < a.width; v += VL) st(sums + v, vfma(value, ld(delta + v), ld(sums + v)));
    }
}

// What the weights of a part are multiplied with in row i of a step. prior: where the step before starts.
static const float *multiplied(const Piece &piece, int k, const Part &part, const Steps &steps, size_t prior, int i) {
  const Chain *c = piece.call.chain;
  const Node &node = c->nodes[k];
  const Place &p = piece.bench.places[k];
  if (!part.of_hidden) return piece.bench.places[k - 1].values + row_at(p, steps.a + i, steps.t, part.direction) * c->nodes[k - 1].stride;
  if (steps.t) return p.cells[part.direction].hidden + (prior + i) * pad(node.s.units);
  const float *state = state_before(piece, node, steps.a + i);
  return state ? state : c->zeros;
}

// Adds the products of `rows` rows, or stores them. D: their deltas, which are copied into panels first: rows of a whole number of
// pages would all lie in the same few places of the L1 cache.
static void rows_gradient(const Bench &bench, const Layer &a, int rows, const float *D, int i0, int i1, bool adds) {
  float *pack = bench.scratch, *packed = pack + PACK_FLOATS;
  FOR_PANELS(a.p_out, c, w)
    for (int b = 0; b < rows; b++)
      for (int v = 0; v < w; v += VL) st(packed + (size_t)c * rows + (size_t)b * w + v, ld(D + (size_t)b * a.p_out + c + v));
  const Factors f = {bench.pointers, rows, packed, a.p_out, false, true, false, pack, bench.pointers + GRADIENT_ROWS};
  const Update none = {};
  if (adds) gradient<ADD>(a, f, i0, i1, none);
  else gradient<STORE>(a, f, i0, i1, none);
}

static void part_gradient(Piece &block, int k, const Part &part, int i0, int i1, bool adds) {
  const Chain *c = block.call.chain;
  const Place &p = block.bench.places[k];
  const Layer &a = part.a;
  const float **x = block.bench.pointers, *D = sums_of(p.cells[part.direction], part);
  const bool tokens = !part.of_hidden && c->nodes[k - 1].form.tokens;
  if (tokens && !adds) memset(a.sums + (size_t)i0 * a.width, 0, sizeof(float) * (size_t)(i1 - i0) * a.width);
  int rows = 0;
  size_t first = 0;
  for (int i = 0, b; (b = strip_start(c, block.b, i)) < block.b; i++) {
    Steps steps = first_step(p, b, strip_start(c, block.b, i + 1));
    if (tokens) strip_tokens(block, part, p, steps, i0, i1);
    for (size_t prior = 0; steps.m > 0 && !tokens; prior = steps.at, steps.next())
      for (int j = 0; j < steps.m; j++) {
        x[rows++] = multiplied(block, k, part, steps, prior, j);
        if (rows < GRADIENT_ROWS && first + rows < (size_t)p.start(block.b)) continue;
        rows_gradient(block.bench, a, rows, D + first * a.p_out, i0, i1, adds);
        adds = true;
        first += rows;
        rows = 0;
      }
  }
}

// The sum of n rows: `total` (width) is set, or grows.
static void add_rows(const float *D, int width, size_t n, bool adds, float *total) {
  for (int v = 0; v < width; v += VL) {
    const float *d = D + v, *end = d + n * width;
    vf a = adds ? ld(total + v) : set1(0.0f), b = set1(0.0f), e = b, f = b;
    for (; d + 4 * (size_t)width <= end; d += 4 * (size_t)width) {
      a += ld(d);
      b += ld(d + width);
      e += ld(d + 2 * (size_t)width);
      f += ld(d + 3 * (size_t)width);
    }
    for (; d < end; d += width) a += ld(d);
    st(total + v, (a + e) + (b + f));
  }
}

static void part_biases(Piece &block, int k, const Part &part, bool adds) {
  const Place &p = block.bench.places[k];
  add_rows(sums_of(p.cells[part.direction], part), part.a.p_out, (size_t)p.start(block.b), adds, part.a.sum_biases);
}
