// An output layer: from pre-activations and targets to outputs, deltas (dE/dz) and the loss, as network/losses.py.

// Ones, then zeros: where a load of VL floats starts says how many ones it gets.
alignas(64) static const float ONES[2 * VL] = {
#if VL == 16
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
#elif VL == 8
    1, 1, 1, 1, 1, 1, 1, 1,
#elif VL == 4
    1, 1, 1, 1,
#else
    1,
#endif
};
// 1 on the lanes below n, 0 on the padding after them; 0 <= n <= VL.
INL vf lanes_below(int n) { return ldu(ONES + VL - n); }
// x on the lanes below n, 0 on the padding, even where x is NaN there.
INL vf keep_first(vf x, int n) {
  if (n >= VL) return x;
#if VL == 16
  return (vf)_mm512_maskz_mov_ps((__mmask16)((1u << n) - 1), (__m512)x);
#else
  return where_less(set1(0.0f), lanes_below(n), x, set1(0.0f));
#endif
}

template <int A> INL vf squared(vf z, vf t, vf &a, vf &d) {
  vf slope;
  Act<A>::forward(z, a, slope);
  vf e = a - t;
  d = e * slope;
  return e * e;
}
INL vf squared_error(int code, vf z, vf t, vf &a, vf &d) {
  vf loss = set1(0.0f);
#define CALL(A) loss = squared<A>(z, t, a, d)
  FOR_ACTIVATION(code)
#undef CALL
  return loss;
}
// max(z, 0) - z t + log(1 + exp(-|z|)). Not from the log of an output, which is -inf for a saturated unit that is wrong.
INL vf binary_cross_entropy(vf z, vf t, vf &a, vf &d) {
  const vf zero = set1(0.0f), one = set1(1.0f);
  vf e = vexp(-vabs(z)), r = reciprocal(one + e);
  a = where_less(z, zero, e * r, r);
  d = a - t;
  return vfnma(z, t, at_least(z, zero)) + vlog1p(e);
}

// -t (1-p)^2 log p - (1-t) p^2 log(1-p). p and q = 1-p are computed apart, so that each is exact near 0.
INL vf focal(vf z, vf t, vf &a, vf &d) {
  const vf zero = set1(0.0f), one = set1(1.0f), two = set1(2.0f);
  const vf e = vexp(-vabs(z)), r = reciprocal(one + e), far = e * r, log = vlog1p(e);
  const vf p = where_less(z, zero, far, r), q = where_less(z, zero, r, far);
  const vf up = q * q * t, down = p * p * (one - t);  // the factors of the two terms
  const vf log_p = at_least(-z, zero) + log, log_q = at_least(z, zero) + log;
  a = p;
  d = down * vfma(two * q, log_q, p) - up * vfma(two * p, log_p, q);
  return vfma(up, log_p, down * log_q);
}
INL vf logistic_loss(int loss, vf z, vf t, vf &a, vf &d) {
  return loss == ANN_FOCAL ? focal(z, t, a, d) : binary_cross_entropy(z, t, a, d);
}

// The losses of numbers: of the error e = a - t, or of a and t. `number`: the limit of huber, the quantile of quantile.
NOINL vf loss_of_number(int loss, int code, vf z, vf t, vf number, vf &a, vf &d) {
  const vf zero = set1(0.0f), one = set1(1.0f);
  vf slope = one;
#define CALL(A) Act<A>::forward(z, a, slope)
  FOR_ACTIVATION(code)
#undef CALL
  const vf e = a - t, size = vabs(e);
  if (loss == ANN_POISSON) {  // half the deviance: a - t - t log(a / t); the outputs are exp, so that log(a) is z
    const vf positive = where_less(zero, t, t, one);
    d = e;
    return vfnma(t, z - vlog(positive), e);
  }
  const vf sign = where_less(zero, e, one, where_less(e, zero, -one, zero));
  if (loss == ANN_HUBER) {
    const vf far = number * (size - set1(0.5f) * number);
    d = where_less(number, size, number * sign, e) * slope;
    return where_less(number, size, far, set1(0.5f) * e * e);
  }
  if (loss == ANN_QUANTILE) {
    const vf factor = where_less(zero, e, one - number, where_less(e, zero, -number, zero));
    d = factor * slope;
    return factor * e;
  }
  d = sign * slope;
  return size;
}
INL bool is_loss_of_number(int loss) { return loss >= ANN_MAE; }

// Loss and delta of outputs of any activation but softmax, by any loss.
INL vf loss_of_output(int loss, int code, vf z, vf t, vf number, vf &a, vf &d) {
  if (loss == ANN_MSE) return squared_error(code, z, t, a, d);
  return is_loss_of_number(loss) ? loss_of_number(loss, code, z, t, number, a, d) : logistic_loss(loss, z, t, a, d);
}

// z (n) becomes exp(z - top) / sum in place, where top is the largest z; padding becomes 0. Returns log(sum) + top.
INL float softmax_row(float *z, int n) {
  vf top = ldu(z);
  if (n < VL) top = where_less(set1(0.0f), lanes_below(n), top, set1(z[0]));
  for (int v = VL; v < n; v += VL) {
    vf x = n - v < VL ? where_less(set1(0.0f), lanes_below(n - v), ld(z + v), top) : ld(z + v);
    top = where_less(top, x, x, top);
  }
  const float highest = vmax(top);
  vf sum = set1(0.0f);
  for (int v = 0; v < n; v += VL) {
    vf e = keep_first(vexp(ld(z + v) - set1(highest)), n - v);
    st(z + v, e);
    sum += e;
  }
  float total = vsum(sum);
  for (int v = 0; v < n; v += VL) st(z + v, ld(z + v) / set1(total));
  return highest + lane0(vlog(set1(total)));
}

NOINL float softmax_output(int loss, float *z, const float *t, float scale, float *d, int n) {
  vf targets = set1(0.0f), product = set1(0.0f);
  for (int v = 0; v < n; v += VL) {
    vf wanted = load_first(t + v, n - v);
    targets += wanted;
    product = vfma(wanted, keep_first(ld(z + v), n - v), product);
  }
  if (loss == ANN_FOCAL)
    for (int v = 0; v < n; v += VL) st(d + v, keep_first(ld(z + v), n - v));
  float log_sum = softmax_row(z, n);
  if (loss == ANN_CROSS_ENTROPY) {
    float total = vsum(targets);
    for (int v = 0; v < n; v += VL)
      st(d + v, (ld(z + v) * set1(total) - load_first(t + v, n - v)) * set1(scale));
    return log_sum * total - vsum(product);
  }
  if (loss == ANN_FOCAL) {  // up to here d holds the pre-activations
    vf all = set1(0.0f), cost = set1(0.0f);
    for (int v = 0; v < n; v += VL) {
      vf y = ld(z + v), q = set1(1.0f) - y, log = ld(d + v) - set1(log_sum), wanted = load_first(t + v, n - v) * q;
      vf slope = wanted * (vfma(set1(2.0f) * y, log, -q));
      cost = vfnma(keep_first(wanted * q, n - v), log, cost);
      slope = keep_first(slope, n - v);
      all += slope;
      st(d + v, slope);
    }
    vf total = set1(vsum(all));
    for (int v = 0; v < n; v += VL) st(d + v, keep_first(vfnma(ld(z + v), total, ld(d + v)) * set1(scale), n - v));
    return vsum(cost);
  }
  vf squares = set1(0.0f), mixed = set1(0.0f);
  for (int v = 0; v < n; v += VL) {
    vf y = ld(z + v), e = y - load_first(t + v, n - v), g = e * set1(2.0f / n);
    squares = vfma(e, e, squares);
    mixed = vfma(g, y, mixed);
    st(d + v, g);
  }
  vf all = set1(vsum(mixed));
  for (int v = 0; v < n; v += VL) st(d + v, ld(z + v) * (ld(d + v) - all) * set1(scale));
  return vsum(squares) / n;
}

// One row of n outputs: z becomes the outputs, d (padded with 0) the deltas times scale. Returns the loss of the row, by mse and
// the losses of numbers a mean over the outputs. numbers: of the loss, one for each output, padded.
static float output_row(int code, int loss, float *z, const float *t, const float *numbers, float scale, float *d, int n) {
  if (code == SOFTMAX) return softmax_output(loss, z, t, scale, d, n);
  const bool is_mean = loss == ANN_MSE || is_loss_of_number(loss);
  vf total = set1(0.0f), factor = set1(is_mean ? scale * ((loss == ANN_MSE ? 2.0f : 1.0f) / n) : scale);
  for (int v = 0; v < n; v += VL) {
    vf a, delta, x = ld(z + v), wanted = load_first(t + v, n - v);
    vf each = loss_of_output(loss, code, x, wanted, ldu(numbers + v), a, delta);
    st(z + v, a);
    st(d + v, keep_first(delta * factor, n - v));
    total += keep_first(each, n - v);
  }
  return is_mean ? vsum(total) / n : vsum(total);
}

// The same for m rows of one output each, VL rows at a time: z, t, scale, d and losses are vectors (m), padded to VL.
static void single_output(int code, int loss, float number, float *z, const float *t, const float *scale, float *d,
                          float *losses, int m) {
  for (int v = 0; v < m; v += VL) {
    vf a, delta, x = ld(z + v), wanted = ld(t + v);
    vf each = loss_of_output(loss, code, x, wanted, set1(number), a, delta);
    st(z + v, a);
    st(d + v, delta * ld(scale + v) * set1(loss == ANN_MSE ? 2.0f : 1.0f));
    st(losses + v, each);
  }
}

// Whether every |output - target| is within the tolerance; false where an output is NaN.
static bool within_tolerance(const float *outputs, const float *targets, int n, float tolerance) {
  for (int i = 0; i < n; i++)
    if (!(fabsf(outputs[i] - targets[i]) <= tolerance)) return false;
  return true;
}
