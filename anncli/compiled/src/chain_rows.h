// Samples of a chain: their forward pass, their losses and deltas, and the way back to the first step with weights.
//
// Members of a team divide the samples of a block among them here. Nothing is added up across samples, so the bits do not
// depend on how many members there are.

// The samples a..b of a block that starts at sample `first` of the call.
struct Piece {
  ChainCall &call;
  const Bench &bench;
  int64_t first;
  int a, b;

  // The number of sample s of the block among those of the call.
  int64_t number(int s) const { return first + (bench.order ? bench.order[s] : s); }
};

INL int64_t sample_of(const ChainCall &call, int64_t r) { return call.data->rows ? call.data->rows[r] : r; }

// The number by which dropout knows the first value of row r of a sample. Rows of a picture are one row of all their values;
// other rows count as if they were presented r * 2^32 samples later.
static uint64_t dropout_start(const ChainCall &call, int k, int64_t sample, int64_t r) {
  const Node &node = call.chain->nodes[k];
  const uint64_t number = (uint64_t)call.request.rows_seen + (uint64_t)sample;
  const uint64_t unit = k ? (uint64_t)(node.s.position - 1) : 0;
  if (node.form.rows()) return number * call.chain->n_units + unit + (uint64_t)r * node.form.columns;
  return (number + ((uint64_t)r << 32)) * call.chain->n_units + unit;
}

// Copies the inputs of the samples, with dropout where it is asked for.
static void take_inputs(Piece &piece) {
  ChainCall &call = piece.call;
  const Node &node = call.chain->nodes[0];
  const Place &p = piece.bench.places[0];
  const int C = node.form.columns;
  for (int s = piece.a; s < piece.b; s++) {
    const int64_t row = sample_of(call, piece.number(s));
    const int64_t start = call.data->starts ? call.data->starts[row] + piece.bench.from : row * node.form.rows();
    const int rows = p.start(s + 1) - p.start(s);
    const float *from = call.data->values + start * C;
    float *to = p.values + (size_t)p.start(s) * node.stride;
    if (node.stride == C) memcpy(to, from, sizeof(float) * rows * C);
    else copy_rows(to, node.stride, from, C, rows, C);
    if (!call.drops_inputs()) continue;
    const float factor = (float)(1 / (1 - call.rule->input_dropout));
    for (int r = 0; r < rows; r++)
      drop(to + (size_t)r * node.stride, NULL, C, call.rule->seed, dropout_start(call, 0, piece.number(s), r + piece.bench.from), call.rule->input_drop_limit, factor);
  }
}

// The value of token t of a sample of the call, whose first one is `start`, after dropout.
static float token_value(const ChainCall &call, int64_t sample, int64_t t, int64_t start) {
  float value = call.data->values[t];
  if (call.drops_inputs())
    drop(&value, NULL, 1, call.rule->seed, dropout_start(call, 0, sample, t - start), call.rule->input_drop_limit,
         (float)(1 / (1 - call.rule->input_dropout)));
  return value;
}

// The rows of the tokens of the samples: their weights, times the value of the token; sparse: their sum, with the biases.
static void look_up(Piece &piece, const Node &node, const Place &p) {
  ChainCall &call = piece.call;
  const Layer &a = node.a;
  const bool sums = node.s.kind == ANN_SPARSE;
  for (int s = piece.a; s < piece.b; s++) {
    const int64_t start = call.data->starts[sample_of(call, piece.number(s))], from = start + piece.bench.from;
    float *to = p.values + (size_t)p.start(s) * node.stride;
    if (sums) memcpy(to, a.biases, sizeof(float) * a.p_out);
    for (int64_t t = from, end = from + input_rows(call, piece.bench, piece.number(s)); t < end; t++) {
      const float *weights = a.weights + (size_t)call.data->tokens[t] * a.p_out;
      const vf value = set1(token_value(call, piece.number(s), t, start));
      for (int v = 0; v < a.p_out; v += VL) st(to + v, sums ? vfma(value, ld(weights + v), ld(to + v)) : value * ld(weights + v));
      if (!sums) to += node.stride;
    }
  }
}

// C = x W for m rows that stand `stride` apart.
template <int START>
static void strided_product(const Bench &bench, const float *x, int stride, int m, int n, const float *W, int P, const float *bias, float *C) {
  for (int r = 0; r < m; r += MOST_POINTERS) {
    const int here = least(MOST_POINTERS, m - r);
    for (int i = 0; i < here; i++) bench.pointers[i] = x + (size_t)(r + i) * stride;
    product<START>(bench.pointers, here, false, n, W, P, bias, C + (size_t)r * P);
  }
}

static void recurrent_forward(Piece &piece, int k);  // chain_recurrent.h

static void convolve(Piece &piece, const Node &node, const Node &below, const Place &p, const Place &q) {
  for (int s = piece.a; s < piece.b; s++)
    border_rows(node, below, q.values + (size_t)q.start(s) * below.stride, below.form.rows() ? below.form.width : q.start(s + 1) - q.start(s),
                borders_of(node, below, p, q, s));
  Windows windows = {node, below, p, q, piece.a, piece.b, 0};
  float *z = p.values + (size_t)p.start(piece.a) * node.stride;
  for (int m; (m = windows.next(piece.bench.pointers, MOST_WINDOWS)) > 0; z += (size_t)m * node.stride)
    window_product(node.a, piece.bench.pointers, m, node.at, z);
}

// The pre-activations of a step, or its outputs where it has no activation.
static void step_forward(Piece &piece, int k) {
  const Chain *c = piece.call.chain;
  const Node &node = c->nodes[k], &below = c->nodes[k - 1];
  const Place &p = piece.bench.places[k], &q = piece.bench.places[k - 1];
  const int kind = node.s.kind;
  if (kind == ANN_EMBEDDING || kind == ANN_SPARSE) return look_up(piece, node, p);
  if (node.n_parts) return recurrent_forward(piece, k);
  if (kind == ANN_CONVOLUTION) return convolve(piece, node, below, p, q);
  const size_t first = (size_t)p.start(piece.a);
  float *z = p.values + first * node.stride;
  if (kind == ANN_DENSE || kind == ANN_BILINEAR) {
    strided_product<BIAS>(piece.bench, q.values + first * below.stride, below.stride, p.start(piece.b) - (int)first, node.a.n_in,
                          node.a.weights, node.a.p_out, node.a.biases, z);
    return;
  }
  const Node *skipped = node.s.skip ? &c->nodes[node.s.skip] : NULL;
  for (int s = piece.a; s < piece.b; s++) {
    const size_t start = (size_t)p.start(s), from_row = (size_t)q.start(s);
    const int rows = p.start(s + 1) - p.start(s), rows_below = q.start(s + 1) - q.start(s);
    const float *from = q.values + from_row * below.stride;
    const int width = below.form.rows() ? below.form.width : rows_below, columns = node.form.rows() ? node.form.width : rows;
    float *to = p.values + start * node.stride, *index = p.index ? p.index + start * node.stride : NULL;
    if (kind == ANN_MEAN_POOL || kind == ANN_MAX_POOL) pool_rows(node, from, width, rows, columns, to, index);
    else if (kind == ANN_FLATTEN) {
      for (int r = 0; r < rows_below; r++)
        memcpy(to + (size_t)r * below.form.columns, from + (size_t)r * below.stride, sizeof(float) * below.form.columns);
      for (int j = node.form.columns; j < node.stride; j++) to[j] = 0;
    } else if (kind == ANN_PAD) pad_rows(node, below, from, rows_below, to);
    else if (kind == ANN_WINDOW) window_rows(node, below, from, width, rows, to);
    else if (kind == ANN_COMMUNICATE)
      gather_group(node, below, from, skipped, skipped ? piece.bench.places[node.s.skip].values + start * skipped->stride : NULL, rows,
                   p.own + start * node.own_stride);
    else reduce_rows(kind, from, rows_below, node.stride, to, index);
  }
  if (kind == ANN_COMMUNICATE)
    strided_product<BIAS>(piece.bench, p.own + first * node.own_stride, node.own_stride, p.start(piece.b) - (int)first, node.a.n_in,
                          node.a.weights, node.a.p_out, node.a.biases, z);
}

// Steps k0..k1 of the samples, except for the activation of the output layer.
static void chain_forward(Piece &piece, int k0, int k1) {
  ChainCall &call = piece.call;
  const Chain *c = call.chain;
  for (int k = k0; k < k1; k++) {
    const Node &node = c->nodes[k];
    const Place &p = piece.bench.places[k];
    if (k == 0) {
      if (!node.form.tokens) take_inputs(piece);
      continue;
    }
    step_forward(piece, k);
    if (k == c->n) break;
    const size_t first = (size_t)p.start(piece.a) * node.stride, n = (size_t)p.start(piece.b) * node.stride - first;
    activate(node.s.activation, p.values + first, p.slopes ? p.slopes + first : NULL, n);
    if (!call.drops_units() || !node.s.position) continue;
    const float factor = (float)(1 / (1 - call.rule->dropout));
    for (int s = piece.a; s < piece.b; s++)
      for (int r = p.start(s); r < p.start(s + 1); r++)
        drop(p.values + (size_t)r * node.stride, p.slopes + (size_t)r * node.stride, node.form.columns, call.rule->seed,
             dropout_start(call, k, piece.number(s), r - p.start(s) + piece.bench.from), call.rule->drop_limit, factor);
  }
}

// Losses, deltas and outputs of the samples. answers: of the batch, whose mean the deltas follow; out: the first output row of
// the block among those of the call.
static void chain_outputs(Piece &piece, int64_t answers, int64_t out) {
  ChainCall &call = piece.call;
  const Chain *c = call.chain;
  const AnnSamples *data = call.data;
  const Node &node = c->nodes[c->n];
  const Place &p = piece.bench.places[c->n];
  const int K = node.form.columns, code = node.s.activation;
  const float mean = 1.0f / (float)answers;
  for (int s = piece.a; s < piece.b; s++) {
    const int64_t number = piece.number(s), row = sample_of(call, number);
    const int64_t start = data->target_starts ? data->target_starts[row] + piece.bench.from : row;
    const int64_t to = call.out_starts ? call.out_starts[number] + piece.bench.from : out + p.start(s);
    for (int r = p.start(s); r < p.start(s + 1); r++) {
      float *z = p.values + (size_t)r * node.stride;
      const int64_t answer = start + r - p.start(s);
      if (call.request.aim == ANN_OUTPUTS) {
        if (code == SOFTMAX) softmax_row(z, K);
        else activate(code, z, NULL, node.stride);
      } else {
        const float weight = data->weights ? data->weights[answer] : 1.0f;
        call.row_losses[r] = weight * output_row(code, call.request.loss, z, data->targets + answer * K, c->loss_numbers, weight * mean,
                                                 p.delta ? p.delta + (size_t)r * node.stride : piece.bench.scratch, K);
      }
      if (call.request.outputs) memcpy(call.request.outputs + (to + r - p.start(s)) * K, z, sizeof(float) * K);
    }
  }
}
