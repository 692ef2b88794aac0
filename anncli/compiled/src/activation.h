// An activation: value a = f(z) and slope f'(z), on vectors and on whole buffers; formulas as network/activations.py.
//
// One struct for each activation of ANN_ACTIVATIONS (codes.h):
//   LIFTS_ZERO        f(0) is not 0, so padding must be cleared before it is multiplied by something
//   SLOPE_FROM_VALUE  slope_of(a) gives the slope; the others store their slopes in the forward pass
//   forward(z, a, slope)
template <int CODE> struct Act;

struct FromValue {
  enum { LIFTS_ZERO = 0, SLOPE_FROM_VALUE = 1 };
};
struct StoresSlope {
  enum { LIFTS_ZERO = 0, SLOPE_FROM_VALUE = 0 };
  INL vf slope_of(vf) { return set1(1.0f); }  // never called
};

// The standard normal distribution function; `bell` becomes exp(-z^2/2).
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

template <> struct Act<LINEAR> : FromValue {
  INL void forward(vf z, vf &a, vf &slope) { a = z; slope = set1(1.0f); }
  INL vf slope_of(vf) { return set1(1.0f); }
};

template <> struct Act<LOGISTIC> {
  enum { LIFTS_ZERO = 1, SLOPE_FROM_VALUE = 1 };
  INL void forward(vf z, vf &a, vf &slope) { a = vlogistic(z); slope = slope_of(a); }
  INL vf slope_of(vf a) { return vfnma(a, a, a); }
};

template <> struct Act<TANH> : FromValue {
  INL void forward(vf z, vf &a, vf &slope) { a = vtanh(z); slope = slope_of(a); }
  INL vf slope_of(vf a) { return vfnma(a, a, set1(1.0f)); }
};

template <> struct Act<BIPOLAR_SIGMOID> : FromValue {
  INL void forward(vf z, vf &a, vf &slope) { a = vtanh(z * set1(0.5f)); slope = slope_of(a); }
  INL vf slope_of(vf a) { return vfnma(a, a, set1(1.0f)) * set1(0.5f); }
};

template <> struct Act<LECUN_TANH> : FromValue {
  INL void forward(vf z, vf &a, vf &slope) {
    const vf t = vtanh(z * set1((float)(2.0 / 3.0)));
    a = t * set1(1.7159f);
    slope = slope_from_tanh(t);
  }
  INL vf slope_of(vf a) { return slope_from_tanh(a * set1((float)(1 / 1.7159))); }
  INL vf slope_from_tanh(vf t) { return vfnma(t, t, set1(1.0f)) * set1((float)(1.7159 * 2.0 / 3.0)); }
};

template <> struct Act<RELU> : FromValue {
  INL void forward(vf z, vf &a, vf &slope) { a = at_least(z, set1(0.0f)); slope = slope_of(z); }
  INL vf slope_of(vf a) { return where_less(set1(0.0f), a, set1(1.0f), set1(0.0f)); }
};

template <> struct Act<LEAKY_RELU> : FromValue {
  INL void forward(vf z, vf &a, vf &slope) { slope = slope_of(z); a = z * slope; }
  INL vf slope_of(vf a) { return where_less(set1(0.0f), a, set1(1.0f), set1(0.01f)); }
};

template <> struct Act<ELU> : FromValue {
  INL void forward(vf z, vf &a, vf &slope) {
    const vf one = set1(1.0f), zero = set1(0.0f);
    a = where_less(zero, z, z, vexpm1(at_most(z, zero)));
    slope = where_less(zero, z, one, a + one);
  }
  INL vf slope_of(vf a) { return where_less(set1(0.0f), a, set1(1.0f), a + set1(1.0f)); }
};

template <> struct Act<GELU> : StoresSlope {
  INL void forward(vf z, vf &a, vf &slope) {
    vf bell, cdf = normal_cdf(z, bell);
    a = z * cdf;
    slope = vfma(z * bell, set1(0.39894228f), cdf);
  }
};

template <> struct Act<GELU_TANH> : StoresSlope {
  INL void forward(vf z, vf &a, vf &slope) {
    const vf one = set1(1.0f), c = set1(0.79788456f), cube = set1(0.044715f), half = set1(0.5f);
    vf zz = z * z, t = vtanh(c * vfma(cube * zz, z, z));
    a = z * half * (one + t);
    slope = vfma(z * half * vfnma(t, t, one) * c, vfma(zz, set1(3 * 0.044715f), one), (one + t) * half);
  }
};

template <> struct Act<SILU> : StoresSlope {
  INL void forward(vf z, vf &a, vf &slope) {
    vf s = vlogistic(z);
    a = z * s;
    slope = s * vfma(z, set1(1.0f) - s, set1(1.0f));
  }
};

template <> struct Act<SOFTPLUS> : StoresSlope {
  enum { LIFTS_ZERO = 1 };
  INL void forward(vf z, vf &a, vf &slope) {
    const vf zero = set1(0.0f);
    vf e = vexp(-vabs(z)), r = reciprocal(set1(1.0f) + e);
    a = at_least(z, zero) + vlog1p(e);
    slope = where_less(z, zero, e * r, r);
  }
};

template <> struct Act<SOFTSIGN> : FromValue {
  INL void forward(vf z, vf &a, vf &slope) {
    vf r = set1(1.0f) / (set1(1.0f) + vabs(z));
    a = z * r;
    slope = r * r;
  }
  INL vf slope_of(vf a) { vf r = set1(1.0f) - vabs(a); return r * r; }
};

template <> struct Act<EXP> {
  enum { LIFTS_ZERO = 1, SLOPE_FROM_VALUE = 1 };
  INL void forward(vf z, vf &a, vf &slope) { a = slope = vexp(z); }
  INL vf slope_of(vf a) { return a; }
};

// Runs CALL(A), a macro that the caller defines, with A the activation of that code. SOFTMAX, which is none of these, counts as
// the first of the list, LINEAR.
#define ACTIVATION_CASE(NAME, TEXT) case NAME: CALL(NAME); break;
#define FOR_ACTIVATION(code) \
  switch (code) { \
    default: \
      ANN_ACTIVATIONS(ACTIVATION_CASE) \
  }

#define CALL(A) return Act<A>::LIFTS_ZERO
INL bool lifts_zero(int code) { FOR_ACTIVATION(code) return false; }
#undef CALL
#define CALL(A) return Act<A>::SLOPE_FROM_VALUE
INL bool slope_from_value(int code) { FOR_ACTIVATION(code) return true; }
#undef CALL

template <int A> NOINL void act_values(float *z, size_t n) {
  if (A == LINEAR) return;
  for (size_t i = 0; i < n; i += VL) {
    vf a, slope;
    Act<A>::forward(ld(z + i), a, slope);
    st(z + i, a);
  }
}
template <int A> NOINL void act_both(float *z, float *s, size_t n) {
  for (size_t i = 0; i < n; i += VL) {
    vf a, slope;
    Act<A>::forward(ld(z + i), a, slope);
    st(z + i, a);
    st(s + i, slope);
  }
}
template <int A> NOINL void act_backward(float *d, const float *a, size_t n) {
  if (A == LINEAR) return;
  for (size_t i = 0; i < n; i += VL) st(d + i, ld(d + i) * Act<A>::slope_of(ld(a + i)));
}

// z (n, a multiple of VL) becomes f(z); slopes into s unless it is null.
static void activate(int code, float *z, float *s, size_t n) {
  if (s) {
#define CALL(A) act_both<A>(z, s, n)
    FOR_ACTIVATION(code)
#undef CALL
  } else {
#define CALL(A) act_values<A>(z, n)
    FOR_ACTIVATION(code)
#undef CALL
  }
}

// d *= f', from the stored slopes s, or from the values a where s is null.
static void multiply_slopes(int code, float *d, const float *a, const float *s, size_t n) {
  if (s) {
    for (size_t i = 0; i < n; i += VL) st(d + i, ld(d + i) * ld(s + i));
    return;
  }
#define CALL(A) act_backward<A>(d, a, n)
  FOR_ACTIVATION(code)
#undef CALL
}
