// A vector: VL floats on which one instruction works; VL is 16 (AVX-512), 8 (AVX2), 4 (baseline) or 1 (any compiler).
//
// A product is fused with a sum only where the source says vfma (the build turns contraction off). Otherwise a result could
// depend on which of two inlined copies of a loop computed it.
#if defined(__GNUC__)
#define INL static inline __attribute__((always_inline))
#define NOINL static __attribute__((noinline))
#define ANN_PRAGMA(x) _Pragma(#x)
#if defined(__clang__)
#define UNROLL ANN_PRAGMA(clang loop unroll(full))
#else
#define UNROLL ANN_PRAGMA(GCC unroll 16)
#endif
#else
#define INL static __forceinline
#define NOINL static __declspec(noinline)
#define UNROLL
#endif

#if VL == 1
typedef float vf;
typedef uint32_t vi;
INL vi bits(vf x) { vi i; memcpy(&i, &x, 4); return i; }
INL vf unbits(vi i) { vf x; memcpy(&x, &i, 4); return x; }
INL float lane0(vf x) { return x; }
INL vf set1(float x) { return x; }
INL vf ldu(const float *p) { return *p; }
INL void stu(float *p, vf v) { *p = v; }
#else
typedef float vf __attribute__((vector_size(4 * VL)));
typedef float vu __attribute__((vector_size(4 * VL), aligned(4), may_alias));
typedef uint32_t vi __attribute__((vector_size(4 * VL)));
INL vi bits(vf x) { return (vi)x; }
INL vf unbits(vi i) { return (vf)i; }
INL float lane0(vf x) { return x[0]; }
// Intrinsics: gcc builds a broadcast lane by lane, which takes several times as long.
#if VL == 16
INL vf set1(float x) { return (vf)_mm512_set1_ps(x); }
#elif VL == 8
INL vf set1(float x) { return (vf)_mm256_set1_ps(x); }
#else
INL vf set1(float x) { return vf{x, x, x, x}; }
#endif
INL vf ldu(const float *p) { return *(const vu *)p; }
INL void stu(float *p, vf v) { *(vu *)p = v; }
#endif

enum { LINE_FLOATS = 16 };  // in a line of the cache
INL void prefetch(const float *p) {
#if defined(__GNUC__)
  __builtin_prefetch(p);
#else
  (void)p;
#endif
}
INL vf ld(const float *p) { return *(const vf *)p; }
INL void st(float *p, vf v) { *(vf *)p = v; }
INL int pad(int n) { return (n + VL - 1) / VL * VL; }

// a * b + c and c - a * b
#if VL == 16
INL vf vfma(vf a, vf b, vf c) { return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
INL vf vfnma(vf a, vf b, vf c) { return (vf)_mm512_fnmadd_ps((__m512)a, (__m512)b, (__m512)c); }
#elif VL == 8
INL vf vfma(vf a, vf b, vf c) { return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
INL vf vfnma(vf a, vf b, vf c) { return (vf)_mm256_fnmadd_ps((__m256)a, (__m256)b, (__m256)c); }
#elif VL == 4 && defined(__aarch64__)
INL vf vfma(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
INL vf vfnma(vf a, vf b, vf c) { return (vf)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
#else
INL vf vfma(vf a, vf b, vf c) { return a * b + c; }
INL vf vfnma(vf a, vf b, vf c) { return c - a * b; }
#endif

// x where a < b, else y. A comparison with NaN is false, and callers choose y so that a NaN passes through.
INL vf where_less(vf a, vf b, vf x, vf y) { return a < b ? x : y; }
INL vf vabs(vf x) { return unbits(bits(x) & 0x7fffffffu); }
INL vf copy_sign(vf x, vf sign) { return unbits((bits(x) & 0x7fffffffu) | (bits(sign) & 0x80000000u)); }
// Intrinsics: compilers make two instructions of the comparison. Both forms let a NaN in x pass through.
#if VL == 16
INL vf at_least(vf x, vf low) { return (vf)_mm512_max_ps((__m512)low, (__m512)x); }
INL vf at_most(vf x, vf high) { return (vf)_mm512_min_ps((__m512)high, (__m512)x); }
#elif VL == 8
INL vf at_least(vf x, vf low) { return (vf)_mm256_max_ps((__m256)low, (__m256)x); }
INL vf at_most(vf x, vf high) { return (vf)_mm256_min_ps((__m256)high, (__m256)x); }
#elif VL == 4 && defined(__SSE2__)
INL vf at_least(vf x, vf low) { return (vf)_mm_max_ps((__m128)low, (__m128)x); }
INL vf at_most(vf x, vf high) { return (vf)_mm_min_ps((__m128)high, (__m128)x); }
#else
INL vf at_least(vf x, vf low) { return where_less(x, low, low, x); }
INL vf at_most(vf x, vf high) { return where_less(high, x, high, x); }
#endif

// The sum of all lanes, always added in the same order.
#if VL >= 8
INL float sum4(__m128 h) {
  h = _mm_add_ps(h, _mm_movehl_ps(h, h));
  return _mm_cvtss_f32(_mm_add_ss(h, _mm_shuffle_ps(h, h, 1)));
}
INL float sum8(__m256 v) { return sum4(_mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1))); }
#endif
INL float vsum(vf v) {
#if VL == 16
  __m512d d = _mm512_castps_pd((__m512)v);
  return sum8(_mm256_add_ps(_mm512_castps512_ps256((__m512)v), _mm256_castpd_ps(_mm512_extractf64x4_pd(d, 1))));
#elif VL == 8
  return sum8((__m256)v);
#elif VL == 4
  return (v[0] + v[2]) + (v[1] + v[3]);
#else
  return v;
#endif
}

// The sum of all lanes where the second half of them is 0.
INL float half_sum(vf v) {
#if VL == 16
  return sum8(_mm512_castps512_ps256((__m512)v));
#else
  return vsum(v);
#endif
}

// The largest lane; no lane may be NaN.
INL float vmax(vf v) {
#if VL == 16
  return _mm512_reduce_max_ps((__m512)v);
#elif VL == 8
  __m128 h = _mm_max_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
  h = _mm_max_ps(h, _mm_movehl_ps(h, h));
  return _mm_cvtss_f32(_mm_max_ss(h, _mm_shuffle_ps(h, h, 1)));
#elif VL == 1
  return v;
#else
  float lanes[VL];
  stu(lanes, v);
  for (int i = 1; i < VL; i++) lanes[0] = lanes[i] > lanes[0] ? lanes[i] : lanes[0];
  return lanes[0];
#endif
}

// Whether all lanes are equal; a NaN is equal to nothing.
INL bool equal(vf a, vf b) {
#if VL == 16
  return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_NEQ_UQ) == 0;
#elif VL == 8
  return _mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_NEQ_UQ)) == 0;
#elif VL == 1
  return a == b;
#else
  float x[VL], y[VL];
  stu(x, a);
  stu(y, b);
  bool same = true;
  for (int i = 0; i < VL; i++) same = same && x[i] == y[i];
  return same;
#endif
}

// The first n floats at p (0 < n), followed by zeros; never reads past p + n.
INL vf load_first(const float *p, int n) {
  if (n >= VL) return ldu(p);
#if VL == 16
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#elif VL == 8
  const __m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return (vf)_mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), number));
#else
  float lanes[VL] = {0};
  for (int i = 0; i < n; i++) lanes[i] = p[i];
  return ldu(lanes);
#endif
}

// The first n lanes (0 < n) to p; never writes past p + n.
INL void store_first(float *p, vf v, int n) {
  if (n >= VL) return stu(p, v);
#if VL == 16
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
#elif VL == 8
  const __m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  _mm256_maskstore_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), number), (__m256)v);
#else
  float lanes[VL];
  stu(lanes, v);
  for (int i = 0; i < n; i++) p[i] = lanes[i];
#endif
}

INL vf reciprocal(vf x) {
#if VL == 16
  vf y = (vf)_mm512_rcp14_ps((__m512)x);
  return y * vfnma(x, y, set1(2.0f));
#else
  return set1(1.0f) / x;
#endif
}

// 1 / (2 sqrt(v) + eps) for v >= 0. Twice the root, because the Newton step gives that.
INL vf reciprocal_root(vf v, vf eps) {
#if VL == 16
  // sqrt(a) = a y (3 - a y y) / 2 with y close to 1 / sqrt(a).
  vf a = v + set1(1.2e-38f), y = (vf)_mm512_rsqrt14_ps((__m512)a), t = a * y;
  return reciprocal(vfma(t, vfnma(t, y, set1(3.0f)), eps));
#elif VL == 8
  vf root = (vf)_mm256_sqrt_ps((__m256)v);
  return set1(1.0f) / (root + root + eps);
#elif VL == 4 && defined(__SSE2__)
  vf root = (vf)_mm_sqrt_ps((__m128)v);
  return set1(1.0f) / (root + root + eps);
#else
  float lanes[VL];
  stu(lanes, v);
  for (int i = 0; i < VL; i++) lanes[i] = 2 * sqrtf(lanes[i]);
  return set1(1.0f) / (ldu(lanes) + eps);
#endif
}

// exp(x) = s (1 + q) with s a power of two and |q| < 0.42, q relatively exact near x = 0.
// Source of the polynomial: S. Moshier, Methods and Programs for Mathematical Functions, 1989 (expf).
INL void exp_parts(vf x, vf &q, vf &s) {
  x = at_most(at_least(x, set1(-87.0f)), set1(88.0f));
  const vf magic = set1(12582912.0f);  // adding it leaves round(x / ln 2) in the low bits
  vf t = vfma(x, set1(1.44269504f), magic), n = t - magic;
#if VL >= 8
  // The constant is slightly larger than ln 2. The fused product is not rounded, so the difference can be added at the end.
  vf r = vfnma(n, set1(0.693147182f), x), last = vfma(n, set1(1.90465430e-9f), r);
#else
  vf r = vfma(n, set1(2.12194440e-4f), vfnma(n, set1(0.693359375f), x)), last = r;
#endif
  // Added in pairs, because one step at a time would wait for the step before.
  vf rr = r * r, p = vfma(set1(1.9875691500e-4f), r, set1(1.3981999507e-3f));
  p = vfma(p, rr, vfma(set1(8.3334519073e-3f), r, set1(4.1665795894e-2f)));
  p = vfma(p, rr, vfma(set1(1.6666665459e-1f), r, set1(5.0000001201e-1f)));
  q = vfma(p, rr, last);
  s = unbits((bits(t) << 23) + 0x3f800000u);
}
INL vf vexp(vf x) { vf q, s; exp_parts(x, q, s); return vfma(q, s, s); }
INL vf vexpm1(vf x) { vf q, s; exp_parts(x, q, s); return vfma(q, s, s - set1(1.0f)); }
INL vf vlogistic(vf x) { return reciprocal(set1(1.0f) + vexp(-x)); }
INL vf vtanh(vf x) {  // e / (e + 2) with e = exp(2x) - 1 keeps small x relatively exact
  vf e = vexpm1(at_most(at_least(x + x, set1(-40.0f)), set1(40.0f)));
  return e * reciprocal(e + set1(2.0f));
}
// log(1 + y) for 0 <= y <= 1: 2 atanh(y / (2 + y)) by its series.
INL vf vlog1p(vf y) {
  vf s = y / (y + set1(2.0f)), t = s * s;
  vf p = set1(1.0f / 17);
  p = vfma(p, t, set1(1.0f / 15));
  p = vfma(p, t, set1(1.0f / 13));
  p = vfma(p, t, set1(1.0f / 11));
  p = vfma(p, t, set1(1.0f / 9));
  p = vfma(p, t, set1(1.0f / 7));
  p = vfma(p, t, set1(1.0f / 5));
  p = vfma(p, t, set1(1.0f / 3));
  return (s + s) * vfma(p, t, set1(1.0f));
}
// log(x) for x >= 1. x - x is 0, or NaN where x is not finite, which then passes through.
INL vf vlog(vf x) {
  const vi i = bits(x);
  const vf whole = unbits((i >> 23) + 0x4b000000u) - set1(8388608.0f + 127), part = unbits((i & 0x7fffffu) + 0x3f800000u);
  return vfma(whole, set1(0.693359375f), vfma(whole, set1(-2.12194440e-4f), vlog1p(part - set1(1.0f)) + (x - x)));
}

// Decaying momentum and saturated units give denormal numbers, which take 2 to 5 times as long. While one of these exists the
// thread treats denormals as 0; afterwards its floating-point mode is as before.
struct FlushDenormals {
#if defined(__SSE2__)
  unsigned old;
  FlushDenormals() : old(_mm_getcsr()) { _mm_setcsr(old | 0x8040); }
  ~FlushDenormals() {
#if VL >= 8
    // While the upper halves of the registers are in use, code compiled for the baseline (other libraries) is three times slower.
    _mm256_zeroupper();
#endif
    _mm_setcsr(old);
  }
#elif defined(__aarch64__) && defined(__GNUC__)
  uint64_t old;
  FlushDenormals() {
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(old));
    uint64_t now = old | (1u << 24);
    __asm__ __volatile__("msr fpcr, %0" ::"r"(now));
  }
  ~FlushDenormals() { __asm__ __volatile__("msr fpcr, %0" ::"r"(old)); }
#endif
};
