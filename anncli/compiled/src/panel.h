// Panels: how a batch stores its weights, and the copies between them and the one parameter vector.
//
// A matrix [rows][width] is cut into vertical strips as wide as a tile of registers, each stored without gaps. A tile reads a
// strip from the top to the bottom: in one piece, so that the processor fetches ahead, and never with a distance between rows
// that puts all of them into the same few places of the L1 cache.

// The height of a tile of 4, 3, 2 and 1 vectors: as many sums as there are registers, but no more rows than there are registers
// for row pointers. Tiles of 4 and 3 vectors need 32 registers.
#undef ANN_WIDE_TILES
#if VL == 16 || (VL == 4 && defined(__aarch64__))
#define ANN_WIDE_TILES 1
enum { ROWS4 = 6, ROWS3 = 8, ROWS2 = 8, ROWS1 = 8 };
#else
#define ANN_WIDE_TILES 0
enum { ROWS4 = 0, ROWS3 = 0, ROWS2 = VL == 1 ? 2 : 6, ROWS1 = VL == 1 ? 4 : 8 };
#endif

enum { MOST_VECTORS = ANN_WIDE_TILES ? 4 : 2, PANEL_FLOATS = MOST_VECTORS * VL };

// How many vectors wide the panel is that starts where `left` floats of the width are left.
INL int panel_vectors(int left) {
  const int vectors = left / VL;
  return vectors < MOST_VECTORS ? vectors : MOST_VECTORS;
}

// Runs through the panels of a width: c is the first column of a panel, w its width.
#define FOR_PANELS(width, c, w) for (int c = 0, w; c < (width) && (w = panel_vectors((width) - c) * VL); c += w)

// to[r][width] = from[r][n], with zeros after them
static void copy_rows(float *to, int width, const float *from, size_t from_width, int rows, int n) {
  for (int r = 0; r < rows; r++, to += width, from += from_width) {
    memcpy(to, from, sizeof(float) * n);
    for (int i = n; i < width; i++) to[i] = 0;
  }
}

INL int least(int a, int b) { return a < b ? a : b; }

// The columns of a panel that are not padding, of n in all.
INL int used(int n, int c, int w) { return n > c ? least(n - c, w) : 0; }

static void load_weights(const Layer &a, const float *block, float *weights) {
  if (a.by_output) {
    if (!a.panels) {
      transpose(weights, a.width, block, a.n_out, a.n_in, a.n_out);
      for (int j = 0; j < a.n_out; j++)
        for (int i = a.n_in; i < a.width; i++) weights[(size_t)j * a.width + i] = 0;
      return;
    }
    memset(weights, 0, sizeof(float) * a.rows * a.width);
    FOR_PANELS(a.width, c, w)
      transpose(weights + (size_t)c * a.rows, w, block + (size_t)c * a.n_out, a.n_out, used(a.n_in, c, w), a.n_out);
  } else if (!a.panels) {
    copy_rows(weights, a.width, block, a.n_out, a.n_in, a.n_out);
  } else {
    FOR_PANELS(a.width, c, w)
      copy_rows(weights + (size_t)c * a.rows, w, block + c, a.n_out, a.n_in, used(a.n_out, c, w));
  }
}

static void store_weights(const Layer &a, float *block, const float *weights) {
  const int columns = a.by_output ? a.n_in : a.n_out;
#define STORE(c, w) \
  { \
    const float *from = weights + (size_t)(c) * a.rows; \
    const int n = used(columns, c, w); \
    if (a.by_output) transpose(block + (size_t)(c) * a.n_out, a.n_out, from, w, a.n_out, n); \
    else \
      for (int i = 0; i < a.n_in; i++) memcpy(block + (size_t)i * a.n_out + (c), from + (size_t)i * (w), sizeof(float) * n); \
  }
  if (!a.panels) STORE(0, a.width)
  else FOR_PANELS(a.width, c, w) STORE(c, w)
#undef STORE
}

// Copies one vector of the caller into the layout of a layer and clears the padding; a null vector counts as zeros.
static void load_layer(const Layer &a, const float *vector, float *weights, float *biases) {
  if (!vector) {
    memset(weights, 0, sizeof(float) * a.rows * a.width);
    memset(biases, 0, sizeof(float) * a.p_out);
    return;
  }
  const float *block = vector + a.offset;
  copy_rows(biases, a.p_out, block, 0, 1, a.n_out);
  load_weights(a, block + a.n_out, weights);
}

static void store_layer(const Layer &a, float *vector, const float *weights, const float *biases) {
  float *block = vector + a.offset;
  memcpy(block, biases, sizeof(float) * a.n_out);
  store_weights(a, block + a.n_out, weights);
}

// The weights of inputs i0..i1 into the panels of the backward pass.
static void transpose_rows(const Layer &a, int i0, int i1) {
  FOR_PANELS(a.p_in, to_c, to_w) {
    const int first = i0 > to_c ? i0 : to_c, n = least(i1, to_c + to_w) - first;
    if (n <= 0) continue;
    float *to = a.transposed + (size_t)to_c * a.n_out + (first - to_c);
    FOR_PANELS(a.width, c, w) {
      const float *from = a.weights + (size_t)c * a.rows + (size_t)first * w;
      transpose(to + (size_t)c * to_w, to_w, from, w, n, used(a.n_out, c, w));
    }
  }
}

// packed: rows b0..b1 of the deltas, in panels of [rows][width of the panel], for a block of m rows.
static void pack_deltas(const Layer &a, int b0, int b1, int m) {
  FOR_PANELS(a.p_out, c, w) {
    float *to = a.packed + (size_t)c * m;
    for (int b = b0; b < b1; b++)
      for (int v = 0; v < w; v += VL) st(to + (size_t)b * w + v, ld(a.delta + (size_t)b * a.stride + c + v));
  }
}
