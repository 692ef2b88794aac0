// An activation: value a = f(z) and slope f'(z), on vectors and on whole buffers; formulas as network/activations.py.

enum Activation {
  LINEAR, LOGISTIC, TANH, BIPOLAR_SIGMOID, LECUN_TANH, RELU, LEAKY_RELU, ELU, GELU, GELU_TANH, SILU, SOFTPLUS, SOFTSIGN,
  SOFTMAX  // works on rows: see output.h
};

// Whether f(0) is not 0, so that padding has to be cleared where it would be multiplied by something.
INL bool lifts_zero(int code) { return code == LOGISTIC || code == SOFTPLUS; }
// Whether the slope follows from the value; the others store it on the way forward.
INL bool slope_from_value(int code) { return code <= ELU || code == SOFTSIGN; }

// The normal distribution function, and exp(-z^2/2) that it needs on the way.
// Source of the rational approximations: Cody 1969, Math. Comp. 23, 631-637.
INL vf normal_cdf(vf z, vf &bell) {
  vf x = z * set1(0.70710678f), y = vabs(x), t = at_most(y, set1(0.46875f));
  t = t * t;
  vf p = vfma(set1(1.85777706e-1f), t, set1(3.16112374f)), q = t + set1(2.36012910e1f);
  p = vfma(p, t, set1(1.13864154e2f));
  p = vfma(p, t, set1(3.77485238e2f));
  p = vfma(p, t, set1(3.20937759e3f));
  q = vfma(q, t, set1(2.44024638e2f));
  q = vfma(q, t, set1(1.28261653e3f));
  q = vfma(q, t, set1(2.84423683e3f));
  vf inner = at_most(y, set1(0.46875f)) * p / q;
  vf u = at_most(at_least(y, set1(0.46875f)), set1(6.0f));
  p = vfma(set1(2.15311535e-8f), u, set1(5.64188497e-1f));
  p = vfma(p, u, set1(8.88314979f));
  p = vfma(p, u, set1(6.61191906e1f));
  p = vfma(p, u, set1(2.98635138e2f));
  p = vfma(p, u, set1(8.81952221e2f));
  p = vfma(p, u, set1(1.71204761e3f));
  p = vfma(p, u, set1(2.05107838e3f));
  p = vfma(p, u, set1(1.23033935e3f));
  q = u + set1(1.57449261e1f);
  q = vfma(q, u, set1(1.17693951e2f));
  q = vfma(q, u, set1(5.37181102e2f));
  q = vfma(q, u, set1(1.62138957e3f));
  q = vfma(q, u, set1(3.29079924e3f));
  q = vfma(q, u, set1(4.36261909e3f));
  q = vfma(q, u, set1(3.43936767e3f));
  q = vfma(q, u, set1(1.23033935e3f));
  bell = vexp(-(y * y));
  vf outer = set1(1.0f) - vexp(-(u * u)) * p / q;
  vf erf = copy_sign(where_less(set1(0.46875f), y, outer, inner), x);
  return vfma(erf, set1(0.5f), set1(0.5f));
}

template <int A> INL void act(vf z, vf &a, vf &slope) {
  const vf one = set1(1.0f), zero = set1(0.0f);
  if (A == LINEAR) { a = z; slope = one; }
  if (A == LOGISTIC) { a = vlogistic(z); slope = vfnma(a, a, a); }
  if (A == TANH) { a = vtanh(z); slope = vfnma(a, a, one); }
  if (A == BIPOLAR_SIGMOID) { a = vtanh(z * set1(0.5f)); slope = vfnma(a, a, one) * set1(0.5f); }
  if (A == LECUN_TANH) {
    vf t = vtanh(z * set1((float)(2.0 / 3.0)));
    a = t * set1(1.7159f);
    slope = vfnma(t, t, one) * set1((float)(1.7159 * 2.0 / 3.0));
  }
  if (A == RELU) { a = at_least(z, zero); slope = where_less(zero, z, one, zero); }
  if (A == LEAKY_RELU) {
    slope = where_less(zero, z, one, set1(0.01f));
    a = z * slope;
  }
  if (A == ELU) {
    a = where_less(zero, z, z, vexpm1(at_most(z, zero)));
    slope = where_less(zero, z, one, a + one);
  }
  if (A == GELU) {
    vf bell, cdf = normal_cdf(z, bell);
    a = z * cdf;
    slope = vfma(z * bell, set1(0.39894228f), cdf);
  }
  if (A == GELU_TANH) {
    const vf c = set1(0.79788456f), cube = set1(0.044715f), half = set1(0.5f);
    vf zz = z * z, t = vtanh(c * vfma(cube * zz, z, z));
    a = z * half * (one + t);
    slope = vfma(z * half * vfnma(t, t, one) * c, vfma(zz, set1(3 * 0.044715f), one), (one + t) * half);
  }
  if (A == SILU) {
    vf s = vlogistic(z);
    a = z * s;
    slope = s * vfma(z, one - s, one);
  }
  if (A == SOFTPLUS) {
    vf e = vexp(-vabs(z)), r = reciprocal(one + e);
    a = at_least(z, zero) + vlog1p(e);
    slope = where_less(z, zero, e * r, r);
  }
  if (A == SOFTSIGN) {
    vf r = one / (one + vabs(z));
    a = z * r;
    slope = r * r;
  }
}

// f'(z) from a = f(z), for the codes of slope_from_value.
template <int A> INL vf slope_of(vf a) {
  const vf one = set1(1.0f), zero = set1(0.0f);
  if (A == LOGISTIC) return vfnma(a, a, a);
  if (A == TANH) return vfnma(a, a, one);
  if (A == BIPOLAR_SIGMOID) return vfnma(a, a, one) * set1(0.5f);
  if (A == LECUN_TANH) {
    vf t = a * set1((float)(1 / 1.7159));
    return vfnma(t, t, one) * set1((float)(1.7159 * 2.0 / 3.0));
  }
  if (A == RELU) return where_less(zero, a, one, zero);
  if (A == LEAKY_RELU) return where_less(zero, a, one, set1(0.01f));
  if (A == ELU) return where_less(zero, a, one, a + one);
  if (A == SOFTSIGN) { vf r = one - vabs(a); return r * r; }
  return one;
}

#define FOR_ACTIVATION(code, CALL) \
  switch (code) { \
    case LOGISTIC: CALL(LOGISTIC); break; \
    case TANH: CALL(TANH); break; \
    case BIPOLAR_SIGMOID: CALL(BIPOLAR_SIGMOID); break; \
    case LECUN_TANH: CALL(LECUN_TANH); break; \
    case RELU: CALL(RELU); break; \
    case LEAKY_RELU: CALL(LEAKY_RELU); break; \
    case ELU: CALL(ELU); break; \
    case GELU: CALL(GELU); break; \
    case GELU_TANH: CALL(GELU_TANH); break; \
    case SILU: CALL(SILU); break; \
    case SOFTPLUS: CALL(SOFTPLUS); break; \
    case SOFTSIGN: CALL(SOFTSIGN); break; \
    default: CALL(LINEAR); break; \
  }

template <int A> NOINL void act_values(float *z, size_t n) {
  if (A == LINEAR) return;
  for (size_t i = 0; i < n; i += VL) {
    vf a, slope;
    act<A>(ld(z + i), a, slope);
    st(z + i, a);
  }
}
template <int A> NOINL void act_both(float *z, float *s, size_t n) {
  for (size_t i = 0; i < n; i += VL) {
    vf a, slope;
    act<A>(ld(z + i), a, slope);
    st(z + i, a);
    st(s + i, slope);
  }
}
template <int A> NOINL void act_backward(float *d, const float *a, size_t n) {
  if (A == LINEAR) return;
  for (size_t i = 0; i < n; i += VL) st(d + i, ld(d + i) * slope_of<A>(ld(a + i)));
}

// z (n, a multiple of VL) becomes f(z); slopes into s unless it is null.
static void activate(int code, float *z, float *s, size_t n) {
  if (s) {
#define CALL(A) act_both<A>(z, s, n)
    FOR_ACTIVATION(code, CALL)
#undef CALL
  } else {
#define CALL(A) act_values<A>(z, n)
    FOR_ACTIVATION(code, CALL)
#undef CALL
  }
}

// d *= f', from the stored slopes where there are any, else from the values.
static void multiply_slopes(int code, float *d, const float *a, const float *s, size_t n) {
  if (s) {
    for (size_t i = 0; i < n; i += VL) st(d + i, ld(d + i) * ld(s + i));
    return;
  }
#define CALL(A) act_backward<A>(d, a, n)
  FOR_ACTIVATION(code, CALL)
#undef CALL
}
