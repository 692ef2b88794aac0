// Online training: one row at a time, momentum, one update per row.
//
// The weights of the first layer are stored [in][out]. The update for one row is made in the same sweep as the forward pass of
// the next row, so each weight is read and written once per row. Later layers are stored [out][in]: one backward sweep
// computes the delta of the layer below and makes the update.

// One input of the sweep below: W += V, V = mu V + before * d - shrink W (UPDATE), then sum += x W.
template <int NV, bool UPDATE, bool L2>
INL void sweep_input(float *W, float *V, float x, float before, const vf (&d)[NV], vf (&sum)[NV], vf mu, vf shrink) {
  const vf now = set1(x), old = set1(before);
  UNROLL
  for (int v = 0; v < NV; v++) {
    vf w = ld(W + v * VL);
    if (UPDATE) {
      vf m = vfma(mu, ld(V + v * VL), old * d[v]);
      if (L2) m = vfnma(shrink, w, m);
      w += m;
      st(V + v * VL, m);
      st(W + v * VL, w);
    }
    sum[v] = vfma(now, w, sum[v]);
  }
}

// z += x W after W += V, V = mu V + previous * step - shrink W (UPDATE), for NV vectors of units. U inputs at a time have sums of
// their own, because additions to one sum wait for each other.
template <int NV, int U, bool UPDATE, bool L2>
INL void sweep_forward(float *W, float *V, int P, int n, const float *previous, const float *x, const float *step, float *z,
                       vf mu, vf shrink) {
  vf sum[U][NV], d[NV];
  for (int v = 0; v < NV; v++) {
    d[v] = ld(step + v * VL);
    for (int u = 0; u < U; u++) sum[u][v] = set1(0.0f);
  }
  int i = 0;
#define ARGUMENTS(k) W + (size_t)(k) * P, V + (size_t)(k) * P, x[k], UPDATE ? previous[k] : 0.0f, d
  for (; i + U <= n; i += U) {
    UNROLL
    for (int u = 0; u < U; u++) sweep_input<NV, UPDATE, L2>(ARGUMENTS(i + u), sum[u], mu, shrink);
  }
  for (; i < n; i++) sweep_input<NV, UPDATE, L2>(ARGUMENTS(i), sum[0], mu, shrink);
#undef ARGUMENTS
  // Added in pairs, because each addition to one running total would wait for the one before.
  UNROLL
  for (int v = 0; v < NV; v++) {
    vf s = sum[0][v];
    if (U == 2) s += sum[1 % U][v];
    if (U == 4) s = (s + sum[1 % U][v]) + (sum[2 % U][v] + sum[3 % U][v]);
    if (U == 8)
      s = ((s + sum[1 % U][v]) + (sum[2 % U][v] + sum[3 % U][v])) + ((sum[4 % U][v] + sum[5 % U][v]) + (sum[6 % U][v] + sum[7 % U][v]));
    st(z + v * VL, ld(z + v * VL) + s);
  }
}

template <bool UPDATE, bool L2>
NOINL void first_layer(const Layer &a, const float *previous, const float *x, vf mu, vf shrink) {
  const float *step = a.delta;
  float *z = a.values;
  const int P = a.p_out;
  for (int v = 0; v < P; v += VL) {
    vf b = ld(a.biases + v);
    if (UPDATE) {
      vf m = vfma(mu, ld(a.first_biases + v), ld(step + v));
      b += m;
      st(a.first_biases + v, m);
      st(a.biases + v, b);
    }
    st(z + v, b);
  }
  int c = 0;
#define ARGUMENTS a.weights + c, a.first + c, P, a.n_in, previous, x, step + c, z + c, mu, shrink
  for (; c + 8 * VL <= P; c += 8 * VL) sweep_forward<8, 1, UPDATE, L2>(ARGUMENTS);
  for (; c + 4 * VL <= P; c += 4 * VL) sweep_forward<4, 2, UPDATE, L2>(ARGUMENTS);
  for (; c + 2 * VL <= P; c += 2 * VL) sweep_forward<2, 4, UPDATE, L2>(ARGUMENTS);
  for (; c < P; c += VL) sweep_forward<1, 8, UPDATE, L2>(ARGUMENTS);
#undef ARGUMENTS
}

// A layer stored [out][in]: down = (W^T step) * slopes of the layer below; then W += V, V = mu V + step * input - shrink W.
template <int NV, bool L2>
INL void sweep_backward(float *W, float *V, int P, int n, const float *step, const float *y, const float *slopes, float *down,
                        vf mu, vf shrink) {
  vf sum[NV], x[NV];
  for (int v = 0; v < NV; v++) {
    sum[v] = set1(0.0f);
    x[v] = ld(y + v * VL);
  }
  for (int j = 0; j < n; j++) {
    vf d = set1(step[j]);
    size_t o = (size_t)j * P;
    UNROLL
    for (int v = 0; v < NV; v++) {
      vf w = ld(W + o + v * VL);
      sum[v] = vfma(w, d, sum[v]);
      vf m = vfma(mu, ld(V + o + v * VL), d * x[v]);
      if (L2) m = vfnma(shrink, w, m);
      st(V + o + v * VL, m);
      st(W + o + v * VL, w + m);
    }
  }
  for (int v = 0; v < NV; v++) st(down + v * VL, sum[v] * ld(slopes + v * VL));
}

template <bool L2>
NOINL void back_and_update(const Layer &a, const Layer &below, vf mu, vf shrink) {
  const int P = a.p_in;
  int c = 0;
#define ARGUMENTS \
  a.weights + c, a.first + c, P, a.n_out, a.delta, below.values + c, below.slopes + c, below.delta + c, mu, shrink
  for (; c + 8 * VL <= P; c += 8 * VL) sweep_backward<8, L2>(ARGUMENTS);
  for (; c + 4 * VL <= P; c += 4 * VL) sweep_backward<4, L2>(ARGUMENTS);
  for (; c + 2 * VL <= P; c += 2 * VL) sweep_backward<2, L2>(ARGUMENTS);
  for (; c < P; c += VL) sweep_backward<1, L2>(ARGUMENTS);
#undef ARGUMENTS
  for (int v = 0; v < a.p_out; v += VL) {
    vf m = vfma(mu, ld(a.first_biases + v), ld(a.delta + v));
    st(a.first_biases + v, m);
    st(a.biases + v, ld(a.biases + v) + m);
  }
}

template <int R> INL void dots(const float *W, int P, const float *y, float *z) {
  vf sum[R];
  for (int r = 0; r < R; r++) sum[r] = set1(0.0f);
  for (int v = 0; v < P; v += VL) {
    vf x = ld(y + v);
    for (int r = 0; r < R; r++) sum[r] = vfma(x, ld(W + (size_t)r * P + v), sum[r]);
  }
  for (int r = 0; r < R; r++) z[r] += vsum(sum[r]);
}

static void later_layer(const Layer &a, const float *y) {
  float *z = a.values;
  memcpy(z, a.biases, sizeof(float) * a.p_out);
  int j = 0;
  for (; j + 8 <= a.n_out; j += 8) dots<8>(a.weights + (size_t)j * a.p_in, a.p_in, y, z + j);
  for (; j + 4 <= a.n_out; j += 4) dots<4>(a.weights + (size_t)j * a.p_in, a.p_in, y, z + j);
  for (; j < a.n_out; j++) dots<1>(a.weights + (size_t)j * a.p_in, a.p_in, y, z + j);
}

// Values and slopes of a hidden layer, 0 on the padding. The commonest activation has its own loop: one pass, no second call.
static void hidden_values(const Layer &a) {
  if (a.activation == LOGISTIC) {
    for (int v = 0; v < a.p_out; v += VL) {
      vf y, slope, is_unit = ld(a.is_unit + v);
      Act<LOGISTIC>::forward(ld(a.values + v), y, slope);
      st(a.values + v, y * is_unit);
      st(a.slopes + v, slope * is_unit);
    }
    return;
  }
  activate(a.activation, a.values, a.slopes, a.p_out);
  float *tail = a.values + a.p_out - VL, *tail_slopes = a.slopes + a.p_out - VL;
  st(tail, keep_first(ld(tail), a.n_out - a.p_out + VL));
  st(tail_slopes, keep_first(ld(tail_slopes), a.n_out - a.p_out + VL));
}

// A single output after a hidden layer, kept in registers; for networks that online_narrow.h does not run. Returns the loss.
INL float single_unit(const Layer &a, const float *y, int loss, float number, float t, float scale, float &output,
                      float &delta) {
  vf sum = set1(0.0f);
  for (int v = 0; v < a.p_in; v += VL) sum = vfma(ld(y + v), ld(a.weights + v), sum);
  vf z = set1(a.biases[0] + vsum(sum)), value, d, each;
  if (loss == ANN_MSE && a.activation == LOGISTIC) each = squared<LOGISTIC>(z, set1(t), value, d);
  else each = loss_of_output(loss, a.activation, z, set1(t), set1(number), value, d);
  output = lane0(value);
  delta = lane0(d) * (loss == ANN_MSE ? scale * 2.0f : scale);
  return lane0(each);
}

// Rows in order, with an update after each, for any topology.
template <bool L2> static void online_rows(Plan *p, int loss, const AnnRule &rule, AnnState &state, const AnnData &data) {
  const int L = p->n_layers;
  Layer &first = p->online[0], &last = p->online[L - 1];
  const int n_in = first.n_in, n_out = last.n_out;
  const float rate = (float)rule.learning_rate, tolerance = (float)rule.tolerance;
  const vf mu = set1((float)rule.momentum), shrink = set1((float)(rule.learning_rate * rule.l2));
  const float *previous = NULL;  // the row whose update of the first layer is still to be made; its steps are in first.delta
  const bool single = n_out == 1 && L > 1;
  if (single) {
    for (int v = 0; v < last.p_out; v += VL) st(last.delta + v, set1(0.0f));
  }
  for (int64_t r = 0; r < data.n; r++) {
    const int64_t row = row_of(&data, r);
    const float *x = data.inputs + (size_t)row * n_in, *t = data.targets + (size_t)row * n_out;
    const float weight = data.weights ? data.weights[row] : 1.0f, scale = -rate * weight;
    if (r + 1 < data.n) fetch_row(data, r + 1, n_in, n_out);
    if (previous) first_layer<true, L2>(first, previous, x, mu, shrink);
    else first_layer<false, L2>(first, NULL, x, mu, shrink);
    float cost;
    if (L > 1) hidden_values(first);
    for (int l = 1; l < L - 1; l++) {
      later_layer(p->online[l], p->online[l - 1].values);
      hidden_values(p->online[l]);
    }
    if (single) {
      cost = single_unit(last, p->online[L - 2].values, loss, p->loss_numbers[0], t[0], scale, last.values[0], last.delta[0]);
    } else {
      if (L > 1) later_layer(last, p->online[L - 2].values);
      cost = output_row(last.activation, loss, last.values, t, p->loss_numbers, scale, last.delta, n_out);
    }
    state.total += data.weights ? (double)(cost * weight) : (double)cost;
    if (state.outputs)
      for (int k = 0; k < n_out; k++) state.outputs[(size_t)r * n_out + k] = last.values[k];
    previous = NULL;
    if (tolerance > 0 && within_tolerance(last.values, t, n_out, tolerance)) continue;
    for (int l = L - 1; l >= 1; l--) back_and_update<L2>(p->online[l], p->online[l - 1], mu, shrink);
    previous = x;
    state.step++;
  }
  // Only for the update: the sums of this forward pass are not used.
  if (previous) first_layer<true, L2>(first, previous, previous, mu, shrink);
}

static void present_rows(Plan *p, int loss, const AnnRule &rule, AnnState &state, const AnnData &data) {
  const bool l2 = rule.l2 != 0;
  if (!plan_is_narrow(p)) {
    if (l2) online_rows<true>(p, loss, rule, state, data);
    else online_rows<false>(p, loss, rule, state, data);
  } else if (p->online[0].p_out == VL) {
    if (l2) narrow_rows<1, true>(p, loss, rule, state, data);
    else narrow_rows<1, false>(p, loss, rule, state, data);
  } else {
    if (l2) narrow_rows<2, true>(p, loss, rule, state, data);
    else narrow_rows<2, false>(p, loss, rule, state, data);
  }
}

// first: the velocity of the rule; null counts as zeros.
static bool load_online(Plan *p, const float *parameters, const float *first) {
  if (!prepare_online(p)) return false;
  for (int l = 0; l < p->n_layers; l++) {
    Layer &a = p->online[l];
    load_layer(a, parameters, a.weights, a.biases);
    load_layer(a, first, a.first, a.first_biases);
  }
  return true;
}

static int online_epoch(Plan *p, int loss, const AnnRule &rule, AnnState &state, const AnnData &data) {
  if (!load_online(p, state.parameters, state.first)) return ANN_NO_MEMORY;
  present_rows(p, loss, rule, state, data);
  for (int l = 0; l < p->n_layers; l++) {
    Layer &a = p->online[l];
    store_layer(a, state.parameters, a.weights, a.biases);
    store_layer(a, state.first, a.first, a.first_biases);
  }
  state.rows_seen += data.n;
  return ANN_OK;
}

// The gradient that an epoch of this one row follows: the step from velocity 0 at learning rate 1, negated.
static int online_gradient(Plan *p, int loss, AnnBatch &batch) {
  if (!load_online(p, batch.parameters, NULL)) return ANN_NO_MEMORY;
  AnnRule rule = {};
  rule.code = ANN_SGD;
  rule.learning_rate = 1;
  AnnState state = {};
  state.outputs = batch.outputs;
  present_rows(p, loss, rule, state, *batch.data);
  batch.total = state.total;
  for (int l = 0; l < p->n_layers; l++) {
    Layer &a = p->online[l];
    store_layer(a, batch.gradient, a.first, a.first_biases);
  }
  for (size_t i = 0; i < p->n_parameters; i++) batch.gradient[i] = -batch.gradient[i];
  return ANN_OK;
}
