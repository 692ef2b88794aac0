// Products of windows: as tile.h, but input k of a row lies at row[at[k]], so that the windows of a convolution are read where
// they are and never copied.

// C[r][..NV vectors] = bias + sum over k of x[r][at[k]] * W[k][..], for r < used; the other rows of the tile repeat the last one.
template <int MR, int NV>
NOINL void window_tile(const float *const *x, int used, const int *at, int n, const float *W, const float *bias, float *C, int stride) {
  vf sum[MR][NV];
  const float *row[MR];
  UNROLL
  for (int r = 0; r < MR; r++) {
    row[r] = x[r < used ? r : used - 1];
    UNROLL
    for (int v = 0; v < NV; v++) sum[r][v] = ld(bias + v * VL);
  }
  for (int k = 0; k < n; k++, W += NV * VL) {
    const size_t o = (size_t)at[k];
    vf w[NV];
    UNROLL
    for (int v = 0; v < NV; v++) w[v] = ld(W + v * VL);
    UNROLL
    for (int r = 0; r < MR; r++) {
      vf s = set1(row[r][o]);
      UNROLL
      for (int v = 0; v < NV; v++) sum[r][v] = vfma(s, w[v], sum[r][v]);
    }
  }
  UNROLL
  for (int r = 0; r < MR; r++) {
    if (r >= used) break;
    UNROLL
    for (int v = 0; v < NV; v++) st(C + (size_t)r * stride + v * VL, sum[r][v]);
  }
}

#if VL == 16
// The same for up to 8 columns, of which half a vector has room for all: some processors work on two halves at once. The other half
// becomes 0, as sums of zeros.
enum { HALF_ROWS = 8 };

NOINL void half_window_tile(const float *const *x, int used, const int *at, int n, const float *W, const float *bias, float *C, int stride) {
  __m256 sum[HALF_ROWS];
  const float *row[HALF_ROWS];
  UNROLL
  for (int r = 0; r < HALF_ROWS; r++) {
    row[r] = x[r < used ? r : used - 1];
    sum[r] = _mm256_load_ps(bias);
  }
  for (int k = 0; k < n; k++, W += VL) {
    const size_t o = (size_t)at[k];
    const __m256 w = _mm256_load_ps(W);
    UNROLL
    for (int r = 0; r < HALF_ROWS; r++) sum[r] = _mm256_fmadd_ps(_mm256_set1_ps(row[r][o]), w, sum[r]);
  }
  UNROLL
  for (int r = 0; r < HALF_ROWS; r++) {
    if (r >= used) break;
    _mm256_store_ps(C + (size_t)r * stride, sum[r]);
    _mm256_store_ps(C + (size_t)r * stride + 8, _mm256_setzero_ps());
  }
}

NOINL void half_gradient_tile(const float *const *x, int m, const int *at, int used, const float *D, int stride, float *sums, bool adds) {
  __m256 sum[HALF_ROWS];
  size_t o[HALF_ROWS];
  UNROLL
  for (int r = 0; r < HALF_ROWS; r++) {
    o[r] = (size_t)at[r < used ? r : used - 1];
    sum[r] = _mm256_setzero_ps();
  }
  for (int b = 0; b < m; b++, D += stride) {
    const float *row = x[b];
    const __m256 d = _mm256_load_ps(D);
    UNROLL
    for (int r = 0; r < HALF_ROWS; r++) sum[r] = _mm256_fmadd_ps(_mm256_set1_ps(row[o[r]]), d, sum[r]);
  }
  UNROLL
  for (int r = 0; r < HALF_ROWS; r++) {
    if (r >= used) break;
    _mm256_store_ps(sums + r * VL, adds ? _mm256_add_ps(_mm256_load_ps(sums + r * VL), sum[r]) : sum[r]);
    _mm256_store_ps(sums + r * VL + 8, _mm256_setzero_ps());
  }
}
#endif

// C (m, p_out) = biases + windows * weights
static void window_product(const Layer &a, const float *const *x, int m, const int *at, float *C) {
#if VL == 16
  if (a.n_out <= 8) {
    for (int r = 0; r < m; r += HALF_ROWS)
      half_window_tile(x + r, least(HALF_ROWS, m - r), at, a.n_in, a.weights, a.biases, C + (size_t)r * VL, VL);
    return;
  }
#endif
  FOR_PANELS(a.p_out, c, w) {
    const float *W = a.weights + (size_t)c * a.rows;
    const int step = tile_rows(w / VL);
    for (int r = 0; r < m; r += step) {
      const int used = least(step, m - r);
      float *to = C + (size_t)r * a.p_out + c;
      switch (w / VL) {
        case 1: window_tile<ROWS1, 1>(x + r, used, at, a.n_in, W, a.biases + c, to, a.p_out); break;
        case 2: window_tile<ROWS2, 2>(x + r, used, at, a.n_in, W, a.biases + c, to, a.p_out); break;
#if ANN_WIDE_TILES
        case 3: window_tile<ROWS3, 3>(x + r, used, at, a.n_in, W, a.biases + c, to, a.p_out); break;
        case 4: window_tile<ROWS4, 4>(x + r, used, at, a.n_in, W, a.biases + c, to, a.p_out); break;
#endif
      }
    }
  }
}

// Adds the sum over b < m of x[b][at[r]] * D[b][..] to the sums of the weights of rows r < used, or stores it there.
template <int MR, int NV>
NOINL void window_gradient_tile(const float *const *x, int m, const int *at, int used, const float *D, int stride, float *sums, bool adds) {
  vf sum[MR][NV];
  size_t o[MR];
  UNROLL
  for (int r = 0; r < MR; r++) {
    o[r] = (size_t)at[r < used ? r : used - 1];
    UNROLL
    for (int v = 0; v < NV; v++) sum[r][v] = set1(0.0f);
  }
  for (int b = 0; b < m; b++, D += stride) {
    const float *row = x[b];
    vf d[NV];
    UNROLL
    for (int v = 0; v < NV; v++) d[v] = ld(D + v * VL);
    UNROLL
    for (int r = 0; r < MR; r++) {
      vf s = set1(row[o[r]]);
      UNROLL
      for (int v = 0; v < NV; v++) sum[r][v] = vfma(s, d[v], sum[r][v]);
    }
  }
  UNROLL
  for (int r = 0; r < MR; r++) {
    if (r >= used) break;
    UNROLL
    for (int v = 0; v < NV; v++, sums += VL) st(sums, adds ? ld(sums) + sum[r][v] : sum[r][v]);
  }
}

// The gradient of weight rows i0..i1 from m windows and their deltas D (m, p_out), into Layer::sums.
static void window_gradient(const Layer &a, const float *const *x, int m, const int *at, int i0, int i1, const float *D, bool adds) {
#if VL == 16
  if (a.n_out <= 8) {
    for (int i = i0; i < i1; i += HALF_ROWS)
      half_gradient_tile(x, m, at + i, least(HALF_ROWS, i1 - i), D, VL, a.sums + (size_t)i * VL, adds);
    return;
  }
#endif
  FOR_PANELS(a.p_out, c, w) {
    const int step = tile_rows(w / VL);
    for (int i = i0; i < i1; i += step) {
      const int used = least(step, i1 - i);
      float *sums = a.sums + (size_t)c * a.rows + (size_t)i * w;
      switch (w / VL) {
        case 1: window_gradient_tile<ROWS1, 1>(x, m, at + i, used, D + c, a.p_out, sums, adds); break;
        case 2: window_gradient_tile<ROWS2, 2>(x, m, at + i, used, D + c, a.p_out, sums, adds); break;
#if ANN_WIDE_TILES
        case 3: window_gradient_tile<ROWS3, 3>(x, m, at + i, used, D + c, a.p_out, sums, adds); break;
        case 4: window_gradient_tile<ROWS4, 4>(x, m, at + i, used, D + c, a.p_out, sums, adds); break;
#endif
      }
    }
  }
}
