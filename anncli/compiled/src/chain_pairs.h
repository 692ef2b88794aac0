// Products of two matrices at once, for sums that come from two sides: the tiles of tile.h, which go through the inputs of a row and
// then through the hidden values before it without a stop in memory. The sums are added up in the order of the two products.

template <int MR, int NV>
NOINL void pair_tile(const float *const *x, long n, const float *W, const float *const *y, long o, const float *V, const float *bias, float *C,
                     int stride) {
  vf sum[MR][NV];
  const float *row[MR];
  UNROLL
  for (int r = 0; r < MR; r++) {
    row[r] = x[r];
    UNROLL
    for (int v = 0; v < NV; v++) sum[r][v] = ld(bias + v * VL);
  }
  for (int side = 0; side < 2; side++) {
    for (long k = 0; k < n; k++, W += NV * VL) {
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
    for (int r = 0; r < MR; r++) row[r] = y[r];
    n = o;
    W = V;
  }
  UNROLL
  for (int r = 0; r < MR; r++)
    UNROLL
    for (int v = 0; v < NV; v++) st(C + (size_t)r * stride + v * VL, sum[r][v]);
}

// Pieces of panels that the rows of a strip pass over; with them the rows have room in the L1 cache.
enum { STRIP_PIECE_FLOATS = PANEL_FLOATS > 16 ? 8192 : 6144 };
enum { PAIR_VECTORS = MOST_VECTORS, PAIR_ROWS = ANN_WIDE_TILES ? ROWS4 : ROWS2 };

// Whether a product of `inputs` columns may be joined with that of the hidden values: all panels are whole, and have room in the L1 cache.
INL bool pairs_up(int inputs, int width, int m) {
  return m >= PAIR_ROWS && width % PANEL_FLOATS == 0 && (size_t)inputs * PANEL_FLOATS * 2 <= STRIP_PIECE_FLOATS;
}

// C (m, P) = bias + x W + y V, where W has n rows and V has o.
static void pair_product(const float *const *x, int n, const float *W, const float *const *y, int o, const float *V, int P, const float *bias,
                         int m, float *C) {
  const int first = least(o, STRIP_PIECE_FLOATS / PANEL_FLOATS - n), MR = PAIR_ROWS;
#define ARGUMENTS x + r, n, W + (size_t)c * n, y + r, first, V + (size_t)c * o, bias + c, C + (size_t)r * P + c, P
  for (int c = 0; c < P; c += PANEL_FLOATS) {
    int r = 0;
    for (; r + MR <= m && !(MR == 6 && m - r == 8); r += MR) pair_tile<PAIR_ROWS, PAIR_VECTORS>(ARGUMENTS);
    for (; r + 4 <= m; r += 4) pair_tile<4, PAIR_VECTORS>(ARGUMENTS);
    for (; r + 2 <= m; r += 2) pair_tile<2, PAIR_VECTORS>(ARGUMENTS);
    for (; r < m; r++) pair_tile<1, PAIR_VECTORS>(ARGUMENTS);
  }
#undef ARGUMENTS
  const int step = STRIP_PIECE_FLOATS / PANEL_FLOATS;
  for (int k = first; k < o; k += step) product_piece<CONTINUE>(y, m, false, k, least(step, o - k), V, o, P, NULL, C);
}
