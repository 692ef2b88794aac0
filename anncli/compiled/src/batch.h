// Batches: many rows at once, as products of matrices held in tiles of registers.
//
// Threads share the rows of a batch on the way forward and back, and the rows of the weights for gradient and update:
// nothing is added up across threads, so the bits do not depend on their number.

// Rows of a tile by its width: as many sums as there are registers, but of no more rows than there are registers for where
// they start.
#if VL == 16
enum { WIDE_TILES = 1, ROWS4 = 6, ROWS3 = 8, ROWS2 = 8, ROWS1 = 8 };
#else
enum { WIDE_TILES = 0, ROWS4 = 2, ROWS3 = 4, ROWS2 = VL == 1 ? 2 : 6, ROWS1 = VL == 1 ? 4 : 8 };
#endif

// C[r][..NV vectors] = bias + sum over k of x[r][k] * W[k][..]
template <int MR, int NV, bool BIAS>
NOINL void product_tile(const float *const *x, long n, const float *W, int P, const float *bias, float *C, int stride) {
  vf sum[MR][NV];
  const float *row[MR];
  UNROLL
  for (int r = 0; r < MR; r++) {
    row[r] = x[r];
    UNROLL
    for (int v = 0; v < NV; v++) sum[r][v] = BIAS ? ld(bias + v * VL) : set1(0.0f);
  }
  for (long k = 0; k < n; k++, W += P) {
    vf w[NV];
    UNROLL
    for (int v = 0; v < NV; v++) w[v] = ld(W + v * VL);
    UNROLL
    for (int r = 0; r < MR; r++) {
      vf s = set1(row[r][k]);
      UNROLL
      for (int v = 0; v < NV; v++) sum[r][v] = vfma(s, w[v], sum[r][v]);
    }
  }
  UNROLL
  for (int r = 0; r < MR; r++)
    UNROLL
    for (int v = 0; v < NV; v++) st(C + (size_t)r * stride + v * VL, sum[r][v]);
}

template <int MR, int NV, bool BIAS>
static void product_rows(const float *const *x, int m, int n, const float *W, int P, const float *bias, float *C, int stride) {
  int r = 0;
  // Two rows alone would wait for the weights: eight are better halved than cut into six and two.
  for (; r + MR <= m && !(MR == 6 && m - r == 8); r += MR)
    product_tile<MR, NV, BIAS>(x + r, n, W, P, bias, C + (size_t)r * stride, stride);
  if (MR > 4)
    for (; r + 4 <= m; r += 4) product_tile<4, NV, BIAS>(x + r, n, W, P, bias, C + (size_t)r * stride, stride);
  if (MR > 2)
    for (; r + 2 <= m; r += 2) product_tile<2, NV, BIAS>(x + r, n, W, P, bias, C + (size_t)r * stride, stride);
  for (; r < m; r++) product_tile<1, NV, BIAS>(x + r, n, W, P, bias, C + (size_t)r * stride, stride);
}

// C (m, P) = x (m, n) W (n, P) + bias
template <bool BIAS>
static void product(const float *const *x, int m, int n, const float *W, int P, const float *bias, float *C) {
  int c = 0;
#define ARGUMENTS x, m, n, W + c, P, BIAS ? bias + c : bias, C + c, P
  if (WIDE_TILES) {
    for (; c + 4 * VL <= P; c += 4 * VL) product_rows<ROWS4, 4, BIAS>(ARGUMENTS);
    if (P - c == 3 * VL) {
      product_rows<ROWS3, 3, BIAS>(ARGUMENTS);
      return;
    }
  }
  for (; c + 2 * VL <= P; c += 2 * VL) product_rows<ROWS2, 2, BIAS>(ARGUMENTS);
  if (c < P) product_rows<ROWS1, 1, BIAS>(ARGUMENTS);
#undef ARGUMENTS
}

// What is done with a gradient: ADD collects it, the others update.
enum { SGD, NESTEROV, ADAM, DECAYING_ADAM, ADD };  // ADAM has neither l2 nor weight decay

struct Update {
  float rate, momentum, l2, new1, new2, epsilon, keep;  // new: 1 - beta; keep: 1 - learning_rate * weight_decay
};

template <int RULE> INL void apply(float *w, float *first, float *second, vf g, const Update &u, float l2, float keep) {
  if (RULE == ADD) {
    st(first, ld(first) + g);
    return;
  }
  vf x = ld(w);
  if (RULE != ADAM) g = vfma(set1(l2), x, g);
  if (RULE == ADAM || RULE == DECAYING_ADAM) {
    if (RULE == DECAYING_ADAM) x *= set1(keep);
    vf m = ld(first), s = ld(second);
    m = vfma(set1(u.new1), g - m, m);
    s = vfma(set1(u.new2), vfma(g, g, -s), s);
    st(first, m);
    st(second, s);
    st(w, vfnma(set1(u.rate) * m, reciprocal_root(s, set1(u.epsilon)), x));
    return;
  }
  g *= set1(u.rate);
  vf v = set1(u.momentum) * ld(first) - g;
  st(first, v);
  if (RULE == SGD) st(w, x + v);
  else st(w, vfma(set1(u.momentum), v, x) - g);
}

// Rows i.. of the weights: gradient = sum over b of x[b][i + r] * D[b][..], handed to the rule.
template <int MR, int NV, int RULE>
NOINL void gradient_tile(const float *const *x, int i, int m, const float *D, size_t stride, float *W, float *first, float *second,
                         int P, const Update &update) {
  const Update u = update;  // a copy, which the stores below cannot change
  vf sum[MR][NV];
  UNROLL
  for (int r = 0; r < MR; r++)
    UNROLL
    for (int v = 0; v < NV; v++) sum[r][v] = set1(0.0f);
  for (int b = 0; b < m; b++, D += stride) {
    const float *row = x[b] + i;
    vf d[NV];
    UNROLL
    for (int v = 0; v < NV; v++) d[v] = ld(D + v * VL);
    UNROLL
    for (int r = 0; r < MR; r++) {
      vf s = set1(row[r]);
      UNROLL
      for (int v = 0; v < NV; v++) sum[r][v] = vfma(s, d[v], sum[r][v]);
    }
  }
  UNROLL
  for (int r = 0; r < MR; r++)
    UNROLL
    for (int v = 0; v < NV; v++) {
      size_t o = (size_t)r * P + v * VL;
      apply<RULE>(W + o, first + o, second + o, sum[r][v], u, u.l2, u.keep);
    }
}

template <int MR, int NV, int RULE>
static void gradient_rows(const Layer &a, int i0, int i1, int c, const float *const *x, int m, const float *D, int stride,
                          const Update &u) {
  const int P = a.width;
  float *first = RULE == ADD ? a.sums : a.first;
  int i = i0;
#define ARGUMENTS \
  x, i, m, D + c, stride, a.weights + (size_t)i * P + c, first + (size_t)i * P + c, a.second + (size_t)i * P + c, P, u
  for (; i + MR <= i1; i += MR) gradient_tile<MR, NV, RULE>(ARGUMENTS);
  if (MR > 4)
    for (; i + 4 <= i1; i += 4) gradient_tile<4, NV, RULE>(ARGUMENTS);
  if (MR > 2)
    for (; i + 2 <= i1; i += 2) gradient_tile<2, NV, RULE>(ARGUMENTS);
  for (; i < i1; i++) gradient_tile<1, NV, RULE>(ARGUMENTS);
#undef ARGUMENTS
}

// Weight rows i0..i1 of a layer: x (m, rows) by rows, D (m, width) with its stride.
template <int RULE>
static void gradient(const Layer &a, int i0, int i1, const float *const *x, int m, const float *D, int stride, const Update &u) {
  const int P = a.width;
  int c = 0;
#define ARGUMENTS a, i0, i1, c, x, m, D, stride, u
  if (WIDE_TILES) {
    for (; c + 4 * VL <= P; c += 4 * VL) gradient_rows<ROWS4, 4, RULE>(ARGUMENTS);
    if (P - c == 3 * VL) {
      gradient_rows<ROWS3, 3, RULE>(ARGUMENTS);
      return;
    }
  }
  for (; c + 2 * VL <= P; c += 2 * VL) gradient_rows<ROWS2, 2, RULE>(ARGUMENTS);
  if (c < P) gradient_rows<ROWS1, 1, RULE>(ARGUMENTS);
#undef ARGUMENTS
}

template <int RULE> static void update_biases(const Layer &a, int m, const Update &u) {
  float *first = RULE == ADD ? a.sum_biases : a.first_biases;
  if (a.stride == 1) {  // one delta per row: eight partial sums, always the same ones
    float sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    int b = 0;
    for (; b + 8 <= m; b += 8)
      for (int k = 0; k < 8; k++) sums[k] += a.delta[b + k];
    for (; b < m; b++) sums[b % 8] += a.delta[b];
    float g = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    apply<RULE>(a.biases, first, a.second_biases, keep_first(set1(g), 1), u, 0.0f, 1.0f);
    return;
  }
  for (int v = 0; v < a.p_out; v += VL) {
    vf g = set1(0.0f), h = set1(0.0f);
    const float *d = a.delta + v;
    int b = 0;
    for (; b + 2 <= m; b += 2, d += 2 * a.stride) {
      g += ld(d);
      h += ld(d + a.stride);
    }
    if (b < m) g += ld(d);
    apply<RULE>(a.biases + v, first + v, a.second_biases + v, g + h, u, 0.0f, 1.0f);
  }
}

// ------------------------------------------------------------------------------------------------ dropout

INL uint64_t splitmix64(uint64_t seed, uint64_t counter) {
  uint64_t z = seed + (counter + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// Unit j of the row falls when the top 24 bits of value `first + j` are below the limit.
static void drop(float *a, float *slopes, int n, uint64_t seed, uint64_t first, uint32_t limit, float factor) {
  for (int j = 0; j < n; j++) {
    float mask = (uint32_t)(splitmix64(seed, first + j) >> 40) >= limit ? factor : 0.0f;
    a[j] *= mask;
    if (slopes) slopes[j] *= mask;
  }
}

// ------------------------------------------------------------------------------------------------ one call

enum Aim { OUTPUTS, LOSS, GRADIENT, EPOCH };

struct Call {
  Plan *plan;
  Aim aim;
  int loss, block;  // block: rows at a time
  bool collect;     // EPOCH: a batch is larger than a block, so its gradient is collected first
  int64_t batch_size;
  const AnnData *data;
  const AnnRule *rule;
  AnnState *state;
  float *outputs;
};

INL void few_dots(const Layer &a, const float *x, float *z) {
  for (int j = 0; j < a.n_out; j++) {
    const float *w = a.weights + (size_t)j * a.width;
    vf sum = set1(0.0f);
    for (int v = 0; v < a.width; v += VL) sum = vfma(ld(x + v), ld(w + v), sum);
    z[j] = vsum(sum) + a.biases[j];
  }
  if (a.stride > 1)
    for (int j = a.n_out; j < a.p_out; j++) z[j] = 0;
}

// Rows b0..b1 of a block that starts at row `start` of the call: forward through all layers but the output's activation.
static void forward_rows(Call &call, int64_t start, int b0, int b1) {
  Plan *p = call.plan;
  const AnnData *data = call.data;
  const bool train = call.aim == GRADIENT || call.aim == EPOCH, dropping = train && call.rule && call.rule->dropout > 0;
  const int m = b1 - b0, n_in = p->n_inputs;
  const uint64_t first_row = call.state ? (uint64_t)call.state->rows_seen + start : 0;
  for (int b = b0; b < b1; b++) {
    const size_t row = (size_t)row_of(data, start + b);
    p->input_rows[b] = data->inputs + row * n_in;
    // Rows come in random order; by the time its outputs are known, a row's targets have come.
    if (call.aim != OUTPUTS) prefetch(data->targets + row * p->batch[p->n_layers - 1].n_out);
  }
  if (train && call.rule && call.rule->input_dropout > 0) {
    const int P = p->batch[0].p_in;
    const float factor = (float)(1 / (1 - call.rule->input_dropout));
    for (int b = b0; b < b1; b++) {
      float *x = p->masked_inputs + (size_t)b * P;
      memcpy(x, p->input_rows[b], sizeof(float) * n_in);
      drop(x, NULL, n_in, call.rule->seed, (first_row + b) * p->n_units, call.rule->input_drop_limit, factor);
      p->input_rows[b] = x;
    }
  }
  uint64_t position = n_in;
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    float *values = a.values + (size_t)b0 * a.stride;
    if (a.by_output) {
      for (int b = b0; b < b1; b++)
        few_dots(a, p->batch[l - 1].values + (size_t)b * a.width, a.values + (size_t)b * a.stride);
    } else {
      const float *const *from = l == 0 ? p->input_rows : p->batch[l - 1].value_rows;
      product<true>(from + b0, m, a.n_in, a.weights, a.p_out, a.biases, values);
    }
    if (l == p->n_layers - 1) break;
    float *slopes = train && a.slopes && (dropping || !slope_from_value(a.activation)) ? a.slopes + (size_t)b0 * a.p_out : NULL;
    activate(a.activation, values, slopes, (size_t)m * a.p_out);
    if (dropping) {
      const float factor = (float)(1 / (1 - call.rule->dropout));
      for (int b = 0; b < m; b++)
        drop(values + (size_t)b * a.p_out, slopes + (size_t)b * a.p_out, a.n_out, call.rule->seed,
             (first_row + b0 + b) * p->n_units + position, call.rule->drop_limit, factor);
    }
    position += a.n_out;
    if (p->batch[l + 1].by_output && a.n_out < a.p_out && lifts_zero(a.activation))
      for (int b = 0; b < m; b++) {
        float *tail = values + (size_t)b * a.p_out + a.p_out - VL;
        st(tail, keep_first(ld(tail), a.n_out - a.p_out + VL));
      }
  }
}

// Output activations, losses and deltas of rows b0..b1; m: rows of the batch, whose mean the gradient is.
static void output_rows(Call &call, int64_t start, int b0, int b1, int64_t m) {
  Plan *p = call.plan;
  const AnnData *data = call.data;
  const Layer &a = p->batch[p->n_layers - 1];
  const int n_out = a.n_out;
  const float mean = call.aim == EPOCH ? 1.0f / m : 1.0f;
  if (call.aim == OUTPUTS) {
    if (a.activation == SOFTMAX)
      for (int b = b0; b < b1; b++) softmax_row(a.values + (size_t)b * a.stride, n_out);
    else
      activate(a.activation, a.values + (size_t)b0 * a.stride, NULL, ((size_t)(b1 - b0) * a.stride + VL - 1) / VL * VL);
  } else if (a.stride == 1) {
    for (int b = b0; b < b1; b++) {
      const int64_t row = row_of(data, start + b);
      p->row_targets[b] = data->targets[row];
      p->row_scales[b] = data->weights ? data->weights[row] * mean : mean;
    }
    single_output(a.activation, call.loss, a.values + b0, p->row_targets + b0, p->row_scales + b0, a.delta + b0,
                  p->row_losses + b0, b1 - b0);
    if (data->weights)
      for (int b = b0; b < b1; b++) p->row_losses[b] *= data->weights[row_of(data, start + b)];
  } else {
    for (int b = b0; b < b1; b++) {
      const int64_t row = row_of(data, start + b);
      const float weight = data->weights ? data->weights[row] : 1.0f;
      p->row_losses[b] = weight * output_row(a.activation, call.loss, a.values + (size_t)b * a.stride,
                                             data->targets + (size_t)row * n_out, weight * mean,
                                             a.delta + (size_t)b * a.stride, n_out);
    }
  }
  if (call.outputs)
    for (int b = b0; b < b1; b++)
      memcpy(call.outputs + (size_t)(start + b) * n_out, a.values + (size_t)b * a.stride, sizeof(float) * n_out);
}

static void backward_rows(Call &call, int b0, int b1) {
  Plan *p = call.plan;
  const bool dropping = call.rule && call.rule->dropout > 0;
  const int m = b1 - b0;
  for (int l = p->n_layers - 1; l > 0; l--) {
    const Layer &a = p->batch[l], &below = p->batch[l - 1];
    float *down = below.delta + (size_t)b0 * a.p_in;
    product<false>(a.delta_rows + b0, m, a.n_out, a.by_output ? a.weights : a.transposed, a.p_in, NULL, down);
    const bool stored = dropping || !slope_from_value(below.activation);
    multiply_slopes(below.activation, down, below.values + (size_t)b0 * a.p_in,
                    stored ? below.slopes + (size_t)b0 * a.p_in : NULL, (size_t)m * a.p_in);
  }
}

// A member's share i0..i1 of n things, in units of `grain`.
INL void share(int n, int grain, int members, int member, int &i0, int &i1) {
  const int units = (n + grain - 1) / grain;
  i0 = (int)((int64_t)units * member / members) * grain;
  i1 = (int)((int64_t)units * (member + 1) / members) * grain;
  if (i0 > n) i0 = n;
  if (i1 > n) i1 = n;
}

// A member's rows of a layer's weights; a few outputs are not worth sharing.
static void weight_rows(const Layer &a, int number, int members, int member, int &i0, int &i1) {
  if (!a.by_output) {
    share(a.n_in, ROWS4, members, member, i0, i1);
    return;
  }
  i0 = 0;
  i1 = (number + 1) % members == member ? a.n_out : 0;
}

static void transpose_rows(const Layer &a, int i0, int i1) {
  transpose(a.transposed + i0, a.p_in, a.weights + (size_t)i0 * a.width, a.width, i1 - i0, a.n_out);
}

template <int RULE> static void update_weights(Call &call, int m, const Update &u, int members, int member) {
  Plan *p = call.plan;
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    if (l % members == member) update_biases<RULE>(a, m, u);
    int i0, i1;
    weight_rows(a, l, members, member, i0, i1);
    if (i0 == i1) continue;
    if (l == 0) {
      gradient<RULE>(a, i0, i1, p->input_rows, m, a.delta, a.p_out, u);
      continue;
    }
    // Which of the two gives the rows of the weights: the values below, or the deltas.
    const Layer &below = p->batch[l - 1];
    if (a.by_output) gradient<RULE>(a, i0, i1, a.delta_rows, m, below.values, below.p_out, u);
    else gradient<RULE>(a, i0, i1, below.value_rows, m, a.delta, a.p_out, u);
    if (RULE != ADD && a.transposed) transpose_rows(a, i0, i1);
  }
}

// The update from a collected gradient, which is cleared.
template <int RULE> static void update_from_sums(Call &call, const Update &u, int members, int member) {
  Plan *p = call.plan;
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    if (l % members == member)
      for (int v = 0; v < a.p_out; v += VL) {
        apply<RULE>(a.biases + v, a.first_biases + v, a.second_biases + v, ld(a.sum_biases + v), u, 0.0f, 1.0f);
        st(a.sum_biases + v, set1(0.0f));
      }
    int i0, i1;
    weight_rows(a, l, members, member, i0, i1);
    for (size_t o = (size_t)i0 * a.width; o < (size_t)i1 * a.width; o += VL) {
      apply<RULE>(a.weights + o, a.first + o, a.second + o, ld(a.sums + o), u, u.l2, u.keep);
      st(a.sums + o, set1(0.0f));
    }
    if (a.transposed && i0 < i1) transpose_rows(a, i0, i1);
  }
}

static Update constants(const AnnRule &rule, int64_t step) {
  Update u;
  u.rate = (float)rule.learning_rate;
  u.momentum = (float)rule.momentum;
  u.l2 = (float)rule.l2;
  u.new1 = (float)(1 - rule.beta1);
  u.new2 = (float)(1 - rule.beta2);
  u.epsilon = (float)rule.epsilon;
  u.keep = 1;
  if (rule.code == ANN_ADAM || rule.code == ANN_ADAMW) {
    // The two bias corrections are folded into the rate and epsilon, and so is the two of reciprocal_root.
    const double root = sqrt(1 - pow(rule.beta2, (double)step));
    u.rate = (float)(2 * rule.learning_rate * root / (1 - pow(rule.beta1, (double)step)));
    u.epsilon = (float)(2 * rule.epsilon * root);
    if (rule.code == ANN_ADAMW) u.keep = (float)(1 - rule.learning_rate * rule.weight_decay);
  }
  return u;
}

static void update(Call &call, int64_t step, int m, bool collected, int members, int member) {
  const Update u = constants(*call.rule, step);
#define CALL(RULE) \
  { \
    if (collected) update_from_sums<RULE>(call, u, members, member); \
    else update_weights<RULE>(call, m, u, members, member); \
  }
  switch (call.rule->code) {
    case ANN_SGD: CALL(SGD) break;
    case ANN_NESTEROV: CALL(NESTEROV) break;
    default:
      if (u.l2 != 0 || u.keep != 1) CALL(DECAYING_ADAM)
      else CALL(ADAM)
  }
#undef CALL
}

static void batch_work(void *context, ann_team::Team *team, int member) {
  FlushDenormals flush;
  Call &call = *(Call *)context;
  Plan *p = call.plan;
  const int members = team->members;
  const int64_t n = call.data->n, batch = call.aim == EPOCH ? call.batch_size : n;
  int64_t step = call.aim == EPOCH ? call.state->step : 0;
  const Update none = {};
  double total = 0;
  for (int64_t start = 0; start < n; start += batch) {
    const int64_t m = n - start < batch ? n - start : batch;
    bool skip = false;
    for (int64_t s = start; s < start + m; s += call.block) {
      const int rows = (int)(start + m - s < call.block ? start + m - s : call.block);
      int b0, b1;
      share(rows, 16, members, member, b0, b1);
      if (b0 < b1) {
        forward_rows(call, s, b0, b1);
        output_rows(call, s, b0, b1, m);
        if (call.aim == GRADIENT || call.aim == EPOCH) backward_rows(call, b0, b1);
      }
      if (call.aim == OUTPUTS) continue;
      ann_team::meet(team);
      if (member == 0)
        for (int b = 0; b < rows; b++) total += p->row_losses[b];
      if (call.aim == EPOCH && call.rule->tolerance > 0) {  // batch size 1, one member
        const Layer &last = p->batch[p->n_layers - 1];
        const float *t = call.data->targets + (size_t)row_of(call.data, s) * last.n_out;
        skip = within_tolerance(last.values, t, last.n_out, (float)call.rule->tolerance);
      }
      if (call.aim == GRADIENT || call.collect) update_weights<ADD>(call, rows, none, members, member);
      else if (call.aim == EPOCH && !skip) update(call, step + 1, rows, false, members, member);
      ann_team::meet(team);
    }
    if (skip) continue;
    step++;
    if (call.collect) {
      update(call, step, 0, true, members, member);
      ann_team::meet(team);
    }
  }
  if (member == 0 && call.state) {
    call.state->total += total;
    call.state->step = step;
  }
}

static size_t bytes_per_row(const Plan *p) {
  size_t total = 0;
  for (int l = 0; l < p->n_layers; l++) total += sizeof(float) * 2 * p->batch[l].stride;
  return total;
}

// Rows at a time when nothing else decides: what the rows keep stays in the second cache.
static int block_rows(const Plan *p) {
  const size_t bytes = bytes_per_row(p);
  return bytes * 480 <= 400000 ? 480 : bytes * 240 <= 400000 ? 240 : 96;
}

static bool begin(Call &call, const float *parameters, int threads, bool slopes) {
  Plan *p = call.plan;
  int64_t rows = call.data->n < call.block ? call.data->n : call.block;
  if (!prepare_batch(p, (int)(rows > 1 ? rows : 1), slopes)) return false;
  for (int l = 0; l < p->n_layers; l++) {
    Layer &a = p->batch[l];
    load_layer(a, parameters, a.weights, a.biases);
    if (a.transposed) {
      transpose_rows(a, 0, a.n_in);
      for (int j = 0; j < a.n_out; j++)
        for (int i = a.n_in; i < a.p_in; i++) a.transposed[(size_t)j * a.p_in + i] = 0;
    }
    if (call.aim == GRADIENT || call.collect) load_layer(a, NULL, a.sums, a.sum_biases);
    if (call.aim == EPOCH) {
      load_layer(a, call.state->first, a.first, a.first_biases);
      if (call.state->second) load_layer(a, call.state->second, a.second, a.second_biases);
    }
  }
  ann_team::run(batch_work, &call, threads > 64 ? 64 : threads);
  return true;
}

static int batch_forward(Plan *p, const float *parameters, const AnnData *data, float *outputs, int threads) {
  Call call = {};
  call.plan = p;
  call.aim = OUTPUTS;
  call.data = data;
  call.outputs = outputs;
  call.block = block_rows(p);
  return begin(call, parameters, threads, false) ? ANN_OK : ANN_NO_MEMORY;
}

static int batch_gradient(Plan *p, const float *parameters, int loss, const AnnData *data, double l2, float *gradient,
                          double *value, int threads) {
  AnnState state = {};
  Call call = {};
  call.plan = p;
  call.aim = gradient ? GRADIENT : LOSS;
  call.loss = loss;
  call.data = data;
  call.state = &state;
  call.block = block_rows(p);
  if (!begin(call, parameters, threads, false)) return ANN_NO_MEMORY;
  *value = state.total / (double)data->n;
  if (gradient) {
    const float n = (float)data->n;
    for (int l = 0; l < p->n_layers; l++) {
      const Layer &a = p->batch[l];
      store_layer(a, gradient, a.sums, a.sum_biases);
      float *g = gradient + a.offset, *end = g + ((size_t)a.n_in + 1) * a.n_out;
      for (; g < end; g++) *g /= n;
      if (l2 != 0) {
        const float *w = parameters + a.offset + a.n_out;
        for (g = gradient + a.offset + a.n_out; g < end; g++, w++) *g += (float)l2 * *w;
      }
    }
  }
  if (l2 != 0) *value += l2 / 2 * squared_weights(p, parameters);
  return ANN_OK;
}

static int batch_epoch(Plan *p, int loss, const AnnRule *rule, AnnState *state, const AnnData *data, int64_t batch_size,
                       int threads) {
  Call call = {};
  call.plan = p;
  call.aim = EPOCH;
  call.loss = loss;
  call.data = data;
  call.rule = rule;
  call.state = state;
  call.outputs = state->outputs;
  call.batch_size = batch_size < data->n ? batch_size : data->n;
  // A batch whose rows fit into the caches is worked on at once, its update fused into the gradient.
  call.collect = bytes_per_row(p) * (size_t)call.batch_size > 8000000;
  call.block = call.collect ? block_rows(p) : (int)call.batch_size;
  if (!begin(call, state->parameters, call.batch_size == 1 ? 1 : threads, rule->dropout > 0 || rule->input_dropout > 0))
    return ANN_NO_MEMORY;
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    store_layer(a, state->parameters, a.weights, a.biases);
    store_layer(a, state->first, a.first, a.first_biases);
    if (state->second) store_layer(a, state->second, a.second, a.second_biases);
  }
  state->rows_seen += data->n;
  return ANN_OK;
}
