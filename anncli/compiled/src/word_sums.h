// Sums of whole numbers on vectors: gradients are added to the words of a layer while they are in registers; formulas in
// backends/fixed_sums.py, whose words every step here gives, bit for bit, or else sets `wrong`.

// What a number needs: adding 1.5 * 2^52 to one below 2^51 leaves it, rounded to a whole number, in the last bits.
#define ANN_WHOLE 6755399441055744.0
static const uint64_t WHOLE_BITS = 0x4338000000000000ULL;

#if VL == 1
enum { WIDE = 1 };
typedef double vd;
typedef uint64_t vw;
INL vw wide_bits(vd x) { vw i; memcpy(&i, &x, 8); return i; }
#else
enum { WIDE = VL / 2 };
typedef double vd __attribute__((vector_size(8 * WIDE)));
typedef uint64_t vw __attribute__((vector_size(8 * WIDE)));
INL vw wide_bits(vd x) { return (vw)x; }
#endif

// Both halves of a vector as doubles; a * b + c and c - a * b, where a * b is exact, so that a fused product changes nothing.
#if VL == 16
INL vd set1d(double x) { return (vd)_mm512_set1_pd(x); }
INL vd lower(vf x) { return (vd)_mm512_cvtps_pd(_mm512_castps512_ps256((__m512)x)); }
INL vd upper(vf x) { return (vd)_mm512_cvtps_pd(_mm512_extractf32x8_ps((__m512)x, 1)); }
INL vd dfma(vd a, vd b, vd c) { return (vd)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
INL vd dfnma(vd a, vd b, vd c) { return (vd)_mm512_fnmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
#elif VL == 8
INL vd set1d(double x) { return (vd)_mm256_set1_pd(x); }
INL vd lower(vf x) { return (vd)_mm256_cvtps_pd(_mm256_castps256_ps128((__m256)x)); }
INL vd upper(vf x) { return (vd)_mm256_cvtps_pd(_mm256_extractf128_ps((__m256)x, 1)); }
INL vd dfma(vd a, vd b, vd c) { return (vd)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
INL vd dfnma(vd a, vd b, vd c) { return (vd)_mm256_fnmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
#else
#if VL == 4
INL vd set1d(double x) { return vd{x, x}; }
INL vd lower(vf x) { return vd{(double)x[0], (double)x[1]}; }
INL vd upper(vf x) { return vd{(double)x[2], (double)x[3]}; }
#else
INL vd set1d(double x) { return x; }
INL vd lower(vf x) { return x; }
#endif
INL vd dfma(vd a, vd b, vd c) { return a * b + c; }
INL vd dfnma(vd a, vd b, vd c) { return c - a * b; }
#endif

// The words of a layer: of each vector in its arrays first VL high words, then VL low words. Every addend leaves WHOLE_BITS in
// each of them, which are taken away at the end.
struct WordSums {
  uint64_t *weights, *biases;
};

// Where and how the gradients of a run of rows are added.
struct WordSink {
  FixedScale scale;
  float n, inverse;  // gradients are divided by n; inverse: 1 / n
  vw wrong;          // its first twelve bits are 0 unless a number was too large, or not finite
};

// g / n as the division rounds it, in a third of its time. With the inverse rounded to the nearest number, each step leaves
// less than half of the last bit wrong at most, and the one after that nothing (P. Markstein, IBM J. Res. Dev. 34, 1990). Quotients
// below 2^-100 may differ, but these are 0 as words.
INL vf quotient(vf g, float n, float inverse) {
#if VL >= 8
  const vf by = set1(n), times = set1(inverse);
  vf q = g * times;
  q = vfma(vfnma(q, by, g), times, q);
  return vfma(vfnma(q, by, g), times, q);
#else
  (void)inverse;
  return g / set1(n);
#endif
}

INL void add_half(vd x, const FixedScale &s, uint64_t *words, vw &wrong) {
  const vd whole = set1d(ANN_WHOLE), v = x * set1d(s.factor);
  const vd high = dfma(v, set1d(s.up), whole);
  const vd low = dfma(dfnma(high - whole, set1d(s.down), v), set1d(s.rest), whole);
  wrong |= wide_bits(high) ^ wide_bits(whole);
  *(vw *)words += wide_bits(high);
  *(vw *)(words + VL) += wide_bits(low);
}

// Adds `vectors` vectors of gradients, where `before` is not null after adding them to those there.
NOINL void add_vectors(const float *g, const float *before, int vectors, WordSink &sink, uint64_t *words) {
  const FixedScale s = sink.scale;
  const float n = sink.n, inverse = sink.inverse;
  vw wrong = sink.wrong;
  for (int k = 0; k < vectors; k++, words += 2 * VL) {
    vf x = ld(g + k * VL);
    if (before) x = ld(before + k * VL) + x;
    x = quotient(x, n, inverse);
    add_half(lower(x), s, words, wrong);
#if VL > 1
    add_half(upper(x), s, words + WIDE, wrong);
#endif
  }
  sink.wrong = wrong;
}

static WordSink word_sink(double factor, int exponent, float n) {
  return {FixedScale(factor, exponent), n, 1 / n, wide_bits(set1d(0))};
}

// Not 0 where a number was too large, or not finite.
static uint64_t wrong_bits(const WordSink &sink) {
  uint64_t all = 0, lanes[WIDE];
  memcpy(lanes, &sink.wrong, sizeof lanes);
  for (int k = 0; k < WIDE; k++) all |= lanes[k];
  return all >> 52;
}

// Adds the word at place `at` of a layer's array to a sum of the caller.
INL void take_word(const uint64_t *words, size_t at, uint64_t addends, int64_t *high, int64_t *low) {
  const uint64_t *pair = words + at / VL * 2 * VL + at % VL;
  *high += (int64_t)(pair[0] - addends * WHOLE_BITS);
  *low += (int64_t)(pair[VL] - addends * WHOLE_BITS);
}

// Adds the words of a layer, of `addends` vectors, to those of the caller, high and low (P,).
static void take_words(const Layer &a, const WordSums &from, uint64_t addends, int64_t *high, int64_t *low) {
  high += a.offset;
  low += a.offset;
  for (int j = 0; j < a.n_out; j++) take_word(from.biases, (size_t)j, addends, high + j, low + j);
  high += a.n_out;
  low += a.n_out;
  FOR_PANELS(a.width, c, w) {
    const int n = used(a.by_output ? a.n_in : a.n_out, c, w);
    for (int i = 0; i < a.rows; i++)
      for (int k = 0; k < n; k++) {
        const size_t to = a.by_output ? (size_t)(c + k) * a.n_out + i : (size_t)i * a.n_out + c + k;
        take_word(from.weights, (size_t)c * a.rows + (size_t)i * w + k, addends, high + to, low + to);
      }
  }
}
