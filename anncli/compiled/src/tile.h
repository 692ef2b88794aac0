// Products of matrices, held in tiles of registers: a tile is MR rows by NV vectors of sums.
//
// product() is the forward pass and the deltas of the layer below; gradient() makes the gradient of weights and hands it to the
// update rule while it is still in registers.

// The height of a tile of 4, 3, 2 and 1 vectors: as many sums as there are registers, but no more rows than there are registers
// for row pointers.
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
  // A tile of two rows waits for the weights, so eight rows are cut into 4 + 4 and not 6 + 2.
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

// MR rows of weights from row i on: gradient = sum over b of x[b][i + r] * D[b][..], which goes to the rule.
template <int MR, int NV, int RULE>
NOINL void gradient_tile(const float *const *x, int i, int m, const float *D, size_t stride, float *W, float *first, float *second,
                         int P, const Update &update) {
  const Update u = update;  // a local copy: the compiler would read `update` again after each store below
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

// Weight rows i0..i1 of a layer: x (m, rows) as pointers to rows, D (m, width) with its stride.
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
