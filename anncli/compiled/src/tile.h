// Products of matrices, held in tiles of registers: a tile is MR rows by NV vectors of sums.
//
// product() is the forward pass and the deltas of the layer below; gradient() makes the gradient of weights and hands it to the
// update rule while it is still in registers. Both read the weights panel by panel. Every sum is added up in the order of k
// (product) or of the rows (gradient), however the work is cut, so the cuts do not change the bits. The loops around the tiles are
// inlined in every caller: as calls they would cost small networks some percent.

// A panel is read in pieces of this many floats. Small ones stay in the L1 cache while all rows pass over them. A tile of wide
// vectors reads a line for every few sums: for it the L2 cache is fast enough, and every piece begins and ends with a wait.
enum { PIECE_FLOATS = PANEL_FLOATS > 16 ? 65536 : 6144 };

// Where the sums of a tile start.
enum Start { ZERO, BIAS, CONTINUE };

// C[r][..NV vectors] = start + sum over k of x[r][k0 + k] * W[k][..]. next: the rows of the next tile, fetched meanwhile; null
// where they are in the cache.
template <int MR, int NV, int START>
NOINL void product_tile(const float *const *x, const float *const *next, long k0, long n, const float *W, const float *bias, float *C, int stride) {
  vf sum[MR][NV];
  const float *row[MR];
  UNROLL
  for (int r = 0; r < MR; r++) {
    row[r] = x[r] + k0;
    UNROLL
    for (int v = 0; v < NV; v++)
      sum[r][v] = START == BIAS ? ld(bias + v * VL) : START == CONTINUE ? ld(C + (size_t)r * stride + v * VL) : set1(0.0f);
  }
  for (long k = 0; k < n;) {
    if (next) {
      UNROLL
      for (int r = 0; r < MR; r++) prefetch(next[r] + k0 + k);
    }
    const long stop = k + LINE_FLOATS < n ? k + LINE_FLOATS : n;
    for (; k < stop; k++, W += NV * VL) {
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
  }
  UNROLL
  for (int r = 0; r < MR; r++)
    UNROLL
    for (int v = 0; v < NV; v++) st(C + (size_t)r * stride + v * VL, sum[r][v]);
}

template <int MR, int NV, int START>
INL void product_rows(const float *const *x, int m, bool fetch, long k0, long n, const float *W, const float *bias, float *C,
                         int stride) {
  int r = 0;
#define ARGUMENTS x + r, fetch && r + 2 * MR <= m ? x + r + MR : NULL, k0, n, W, bias, C + (size_t)r * stride, stride
  // A tile of two rows waits for the weights, so eight rows are cut into 4 + 4 and not 6 + 2.
  for (; r + MR <= m && !(MR == 6 && m - r == 8); r += MR) product_tile<MR, NV, START>(ARGUMENTS);
  if (MR > 4)
    for (; r + 4 <= m; r += 4) product_tile<4, NV, START>(ARGUMENTS);
  if (MR > 2)
    for (; r + 2 <= m; r += 2) product_tile<2, NV, START>(ARGUMENTS);
  for (; r < m; r++) product_tile<1, NV, START>(ARGUMENTS);
#undef ARGUMENTS
}

// C (m, P) = start + x[..][k0..k0 + n] W[k0..k0 + n], where W has `rows` rows in panels of P columns.
template <int START>
INL void product_piece(const float *const *x, int m, bool fetch, long k0, long n, const float *W, int rows, int P, const float *bias,
                          float *C) {
  FOR_PANELS(P, c, w) {
    const float *piece = W + (size_t)c * rows + (size_t)k0 * w;
    const float *start = START == BIAS ? bias + c : bias;
    switch (w / VL) {
      case 1: product_rows<ROWS1, 1, START>(x, m, fetch && c == 0, k0, n, piece, start, C + c, P); break;
      case 2: product_rows<ROWS2, 2, START>(x, m, fetch && c == 0, k0, n, piece, start, C + c, P); break;
#if ANN_WIDE_TILES
      case 3: product_rows<ROWS3, 3, START>(x, m, fetch && c == 0, k0, n, piece, start, C + c, P); break;
      case 4: product_rows<ROWS4, 4, START>(x, m, fetch && c == 0, k0, n, piece, start, C + c, P); break;
#endif
    }
  }
}

// C (m, P) = x (m, n) W (n, P), plus the bias where START is BIAS. fetch: the rows of x lie anywhere in memory.
template <int START>
INL void product(const float *const *x, int m, bool fetch, int n, const float *W, int P, const float *bias, float *C) {
  const int pieces = (int)(((size_t)n * panel_vectors(P) * VL + PIECE_FLOATS - 1) / PIECE_FLOATS);
  const int step = (n + pieces - 1) / pieces;
  product_piece<START>(x, m, fetch, 0, least(step, n), W, n, P, bias, C);
  for (int k = step; k < n; k += step) product_piece<CONTINUE>(x, m, fetch, k, least(step, n - k), W, n, P, NULL, C);
}

// The operands of a gradient: sum over b of x[b][i] * D[b][..] for the weights of row i.
struct Factors {
  const float *const *x;  // pointers to rows
  int m;                  // rows
  const float *D;         // (m, width) with `stride`, or, where `packed`, in panels
  int stride;
  bool fetch, packed, continues;  // continues: the sums start from those of the block before, in Layer::sums
  float *pack;             // memory for x in tiles, and for pointers to its rows; null: x is read where it is
  const float **pack_rows;
  WordSink *sink;          // for WORDS, where `continues` says that Layer::sums are added at the end
  uint64_t *words;
};

// MR rows of weights: gradient = sum over b of x[b][i + r] * D[b][..], which goes to the rule. o: where the tile starts in the
// arrays of the layer.
template <int MR, int NV, int RULE>
NOINL void gradient_tile(const Layer &a, const Factors &f, const float *const *x, size_t i, const float *D, size_t stride,
                         size_t o, const Update &update) {
  const Update u = update;  // a local copy: the compiler would read `update` again after each store below
  vf sum[MR][NV];
  UNROLL
  for (int r = 0; r < MR; r++)
    UNROLL
    for (int v = 0; v < NV; v++) sum[r][v] = set1(0.0f);
  if (RULE != WORDS && f.continues) {
    const float *sums = a.sums + o;
    UNROLL
    for (int r = 0; r < MR; r++)
      UNROLL
      for (int v = 0; v < NV; v++) sum[r][v] = ld(sums + (r * NV + v) * VL);
  }
  const int m = f.m;
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
  if (RULE == WORDS) {
    alignas(64) float found[MR * NV * VL];
    UNROLL
    for (int r = 0; r < MR; r++)
      UNROLL
      for (int v = 0; v < NV; v++) st(found + (r * NV + v) * VL, sum[r][v]);
    add_vectors(found, f.continues ? a.sums + o : NULL, MR * NV, *f.sink, f.words + 2 * o);
    return;
  }
  float *weights = a.weights + o, *first = (RULE >= ADD ? a.sums : a.first) + o, *second = a.second + o;
  UNROLL
  for (int r = 0; r < MR; r++)
    UNROLL
    for (int v = 0; v < NV; v++) {
      const int k = (r * NV + v) * VL;
      apply<RULE>(weights + k, first + k, second + k, sum[r][v], u, u.l2, u.keep);
    }
}

// Weight rows i0..i1 of the panel that starts at column c. x[b] + offset is where row b has the inputs of row i0, and
// x[b] + offset + tile_step those of the next tile.
template <int MR, int NV, int RULE>
INL void gradient_rows(const Layer &a, const Factors &f, int i0, int i1, int c, const float *const *x, size_t offset,
                          size_t tile_step, const Update &u) {
  const int w = NV * VL, stride = f.packed ? w : f.stride;
  const float *D = f.packed ? f.D + (size_t)c * f.m : f.D + c;
  int i = i0;
#define TILE(R) \
  gradient_tile<R, NV, RULE>(a, f, x, offset, D, stride, (size_t)c * a.rows + (size_t)i * w, u); \
  i += R
  for (; i + MR <= i1; offset += tile_step) { TILE(MR); }
  if (MR > 4)
    for (; i + 4 <= i1; offset += 4) { TILE(4); }
  if (MR > 2)
    for (; i + 2 <= i1; offset += 2) { TILE(2); }
  for (; i < i1; offset++) { TILE(1); }
#undef TILE
}

template <int RULE>
INL void gradient_panel(const Layer &a, const Factors &f, int i0, int i1, int c, int vectors, const float *const *x,
                           size_t offset, size_t tile_step, const Update &u) {
#define CALL(MR, NV) gradient_rows<MR, NV, RULE>(a, f, i0, i1, c, x, offset, tile_step ? tile_step : MR, u)
  switch (vectors) {
    case 1: CALL(ROWS1, 1); break;
    case 2: CALL(ROWS2, 2); break;
#if ANN_WIDE_TILES
    case 3: CALL(ROWS3, 3); break;
    case 4: CALL(ROWS4, 4); break;
#endif
  }
#undef CALL
}

INL int tile_rows(int vectors) { return vectors == 4 ? ROWS4 : vectors == 3 ? ROWS3 : vectors == 2 ? ROWS2 : ROWS1; }

enum { PACK_COLUMNS = 96 };  // at a time: six lines of a row in one go

// Copies inputs i..i + tiles * MR of all rows, in tiles of [m][MR].
template <int MR> static void pack_tiles(const Factors &f, int i, int tiles) {
  const size_t step = (size_t)f.m * MR;
  for (int b = 0; b < f.m; b++) {
    const float *from = f.x[b] + i;
    float *to = f.pack + (size_t)b * MR;
    for (int t = 0; t < tiles; t++, from += MR, to += step) memcpy(to, from, sizeof(float) * MR);
    f.pack_rows[b] = f.pack + (size_t)b * MR;
  }
}

// Weight rows i0..i1 of a layer. The inputs are packed some columns at a time: read where they are, each tile would go through
// all rows, which lie far apart, and fetch a line of each for a few numbers.
template <int RULE> INL void gradient(const Layer &a, const Factors &f, int i0, int i1, const Update &u) {
  const int vectors = panel_vectors(a.width), MR = tile_rows(vectors);
  int i = i0;
  if (f.pack) {
    const int most = least(PACK_FLOATS / (f.m * MR), PACK_COLUMNS / MR);
    while (i + MR <= i1) {
      const int tiles = least(most, (i1 - i) / MR), next = i + tiles * MR;
      if (MR == 8) pack_tiles<8>(f, i, tiles);
      else if (MR == 6) pack_tiles<6>(f, i, tiles);
      else if (MR == 4) pack_tiles<4>(f, i, tiles);
      else pack_tiles<2>(f, i, tiles);
      int fetched = 0;
      FOR_PANELS(a.width, c, w) {
        const int end = (int)((int64_t)f.m * (c + w) / a.width);
        if (f.fetch && next < i1) {
          const int columns = least(PACK_COLUMNS, i1 - next);
          for (int b = fetched; b < end; b++)
            for (int k = 0; k < columns; k += LINE_FLOATS) prefetch(f.x[b] + next + k);
        }
        fetched = end;
        if (w == vectors * VL) gradient_panel<RULE>(a, f, i, next, c, vectors, f.pack_rows, 0, (size_t)f.m * MR, u);
        else gradient_panel<RULE>(a, f, i, next, c, w / VL, f.x, i, 0, u);
      }
      i = next;
    }
  }
  if (i < i1) FOR_PANELS(a.width, c, w) gradient_panel<RULE>(a, f, i, i1, c, w / VL, f.x, i, 0, u);
}
