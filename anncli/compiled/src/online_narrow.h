// Online training of the commonest network, one narrow hidden layer and one output, with everything but the weights of the
// first layer in registers.
//
// A row of such a network is a long chain of few operations, each of which waits for the one before. The processor fills the
// wait with a sweep over the weights of the first layer, which makes the update for the row before and computes the sums of
// the next row. The delta of the present row is not known yet, but its update is delta times the row, so what it adds to
// those sums is one product:
//   z(next) = next . (W + mu V - shrink W) + delta (1 + row . next)
// The sweep is cut into four pieces that stand between the steps of the chain, so that the processor finds both kinds of work
// close together.

// The state of a sweep, for NV vectors of hidden units.
template <int NV> struct Narrow {
  float *W, *V;
  vf bias[NV], bias_move[NV];
  vf step[NV];             // delta of the row before
  vf sum_w[NV], sum_v[NV]; // next . W and next . V so far
  vf mu, shrink;
};

// Inputs i0..i1: W += V, V = mu V + before * step - shrink W (UPDATE), then the sums of the next row.
template <int NV, bool UPDATE, bool L2>
INL void sweep_inputs(Narrow<NV> &s, int i0, int i1, const float *before, const float *next) {
  float *W = s.W + (size_t)i0 * NV * VL, *V = s.V + (size_t)i0 * NV * VL;
  for (int i = i0; i < i1; i++, W += NV * VL, V += NV * VL) {
    const vf x = set1(next[i]), y = set1(UPDATE ? before[i] : 0.0f);
    UNROLL
    for (int v = 0; v < NV; v++) {
      vf w = ld(W + v * VL), m = ld(V + v * VL);
      if (UPDATE) {
        m = vfma(s.mu, m, y * s.step[v]);
        if (L2) m = vfnma(s.shrink, w, m);
        w += m;
        st(V + v * VL, m);
        st(W + v * VL, w);
      }
      s.sum_w[v] = vfma(x, w, s.sum_w[v]);
      s.sum_v[v] = vfma(x, m, s.sum_v[v]);
    }
  }
}

template <int NV> INL void begin_sweep(Narrow<NV> &s, bool update) {
  UNROLL
  for (int v = 0; v < NV; v++) {
    if (update) {
      s.bias_move[v] = vfma(s.mu, s.bias_move[v], s.step[v]);
      s.bias[v] += s.bias_move[v];
    }
    s.sum_w[v] = s.sum_v[v] = set1(0.0f);
  }
}

// before: the row before, null where it makes no update.
template <int NV, bool L2> INL void sweep_part(Narrow<NV> &s, int i0, int i1, const float *before, const float *next) {
  if (before) sweep_inputs<NV, true, L2>(s, i0, i1, before, next);
  else sweep_inputs<NV, false, L2>(s, i0, i1, before, next);
}

INL void act_by_code(int code, vf z, vf &a, vf &slope) {
#define CALL(A) Act<A>::forward(z, a, slope)
  FOR_ACTIVATION(code)
#undef CALL
}

// Rows come in random order: fetched while another row is worked on, row r of the call is there when its turn comes.
INL void fetch_row(const AnnData &data, int64_t r, int n_in, int n_out) {
  const int64_t row = row_of(&data, r);
  const float *x = data.inputs + (size_t)row * n_in;
  for (int k = 0; k < n_in; k += LINE_FLOATS) prefetch(x + k);
  prefetch(data.targets + (size_t)row * n_out);
}

// x . y
INL float product_of_rows(const float *x, const float *y, int n) {
  vf sum = set1(0.0f);
  int i = 0;
  for (; i + VL <= n; i += VL) sum = vfma(ldu(x + i), ldu(y + i), sum);
  if (i < n) sum = vfma(load_first(x + i, n - i), load_first(y + i, n - i), sum);
  return vsum(sum);
}

// One vector of hidden units; or two, if there are so few inputs that the chain still takes longer than the sweep. Vectors of
// fewer than 8 lanes gain nothing here.
static bool is_narrow(int n_layers, int n_in, int n_hidden, int n_out) {
  const int width = pad(n_hidden);
  return VL >= 8 && n_layers == 2 && n_out == 1 && (width == VL || (width == 2 * VL && n_in <= 128));
}
static bool plan_is_narrow(const Plan *p) {
  return is_narrow(p->n_layers, p->n_inputs, p->online[0].n_out, p->online[p->n_layers - 1].n_out);
}

template <int NV, bool L2>
NOINL void narrow_rows(Plan *p, int loss, const AnnRule &rule, AnnState &state, const AnnData &data) {
  const Layer &a = p->online[0], &b = p->online[1];
  const int n = a.n_in, i1 = n * 3 / 10, i2 = n / 2, i3 = n * 4 / 5;
  const float rate = (float)rule.learning_rate * (loss == ANN_MSE ? 2.0f : 1.0f), tolerance = (float)rule.tolerance;
  const vf mu = set1((float)rule.momentum), shrink = set1((float)(rule.learning_rate * rule.l2)), number = set1(p->loss_numbers[0]);
  Narrow<NV> s;
  s.W = a.weights;
  s.V = a.first;
  s.mu = mu;
  s.shrink = shrink;
  vf W[NV], V[NV], is_unit[NV], z[NV], y[NV], slope[NV];  // W, V: those of the output unit
  for (int v = 0; v < NV; v++) {
    s.bias[v] = ld(a.biases + v * VL);
    s.bias_move[v] = ld(a.first_biases + v * VL);
    s.step[v] = set1(0.0f);
    W[v] = ld(b.weights + v * VL);
    V[v] = ld(b.first + v * VL);
    is_unit[v] = ld(a.is_unit + v * VL);
  }
  float bias = b.biases[0], bias_move = b.first_biases[0];
  double total = 0;
  const float *x = data.inputs + (size_t)row_of(&data, 0) * n, *before = NULL;  // before: null if that row makes no update
  begin_sweep(s, false);
  sweep_part<NV, L2>(s, 0, n, NULL, x);
  for (int v = 0; v < NV; v++) z[v] = s.bias[v] + s.sum_w[v];
  for (int64_t r = 0; r < data.n; r++) {
    const int64_t row = row_of(&data, r);
    const float *next = r + 1 < data.n ? data.inputs + (size_t)row_of(&data, r + 1) * n : x;
    if (r + 2 < data.n) fetch_row(data, r + 2, n, 1);
    const float t = data.targets[row], weight = data.weights ? data.weights[row] : 1.0f;
    // Everything that does not depend on the output is computed before it. back: the slope of the output's sum in each z.
    vf back[NV], lift[NV], sum = keep_first(set1(bias), 1);
    const vf factor = set1(1.0f + product_of_rows(x, next, n));
    UNROLL
    for (int v = 0; v < NV; v++) {
      act_by_code(a.activation, z[v], y[v], slope[v]);
      sum = vfma(y[v], W[v], sum);
      back[v] = W[v] * slope[v];
      lift[v] = factor * back[v];
    }
    begin_sweep(s, before != NULL);
    sweep_part<NV, L2>(s, 0, i1, before, next);
    const vf net = set1(a.n_out * 2 <= VL ? half_sum(sum) : vsum(sum));
    sweep_part<NV, L2>(s, i1, i2, before, next);
    vf value, d, each;
    each = loss_of_output(loss, b.activation, net, set1(t), number, value, d);
    sweep_part<NV, L2>(s, i2, i3, before, next);
    const bool updates = !(tolerance > 0 && fabsf(lane0(value) - t) <= tolerance);
    d *= set1(-rate * weight);
    sweep_part<NV, L2>(s, i3, n, before, next);
    UNROLL
    for (int v = 0; v < NV; v++) {
      z[v] = s.bias[v] + s.sum_w[v];
      if (!updates) continue;
      vf moved = mu * (s.bias_move[v] + s.sum_v[v]);
      if (L2) moved = vfnma(shrink, s.sum_w[v], moved);
      z[v] = vfma(lift[v], d, z[v] + moved);
      s.step[v] = back[v] * d;
      V[v] = vfma(mu, V[v], d * (y[v] * is_unit[v]));
      if (L2) V[v] = vfnma(shrink, W[v], V[v]);
      W[v] += V[v];
    }
    if (updates) {
      bias_move = (float)rule.momentum * bias_move + lane0(d);
      bias += bias_move;
      state.step++;
    }
    if (updates && !(fabsf(lane0(factor)) <= 1e30f)) {
      // The product of these rows overflows, or would once multiplied by delta: make the update first, then the sums.
      begin_sweep(s, true);
      sweep_part<NV, L2>(s, 0, n, x, next);
      for (int v = 0; v < NV; v++) z[v] = s.bias[v] + s.sum_w[v];
      before = NULL;
    } else {
      before = updates ? x : NULL;
    }
    total += (double)(lane0(each) * weight);
    if (state.outputs) state.outputs[r] = lane0(value);
    x = next;
  }
  if (before) {
    begin_sweep(s, true);
    sweep_part<NV, L2>(s, 0, n, before, x);
  }
  for (int v = 0; v < NV; v++) {
    st(a.biases + v * VL, s.bias[v]);
    st(a.first_biases + v * VL, s.bias_move[v]);
    st(b.weights + v * VL, W[v]);
    st(b.first + v * VL, V[v]);
  }
  b.biases[0] = bias;
  b.first_biases[0] = bias_move;
  state.total += total;
}
