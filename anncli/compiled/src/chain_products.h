// Products of vectors of N components: component k of (w o x) is the sum over i and j of B[k][i][j] w_i x_j. The weights of a
// bilinear step become the matrix of a dense one, M[(p, j)][(q, k)] = sum over i of B[k][i][j] * raw[p][(q, i)], and the gradient of
// the matrix becomes theirs.

struct Term {
  int k, i;
  float value;
};

// The numbers of B that are not 0, by j. is_shuffle: for each j every k has at most one i and every i at most one k, as in all
// products of the usual algebras: then the components of up to 8 change places in one instruction.
struct Product {
  int n;
  bool is_shuffle;
  int starts[MOST_COMPONENTS + 1];
  int from[8][8], back[8][8];           // [j][k] -> i, and [j][i] -> k
  float signs[8][8], back_signs[8][8];  // 0 where there is none
  Term terms[1];                        // as many as there are
};

// B in the order [k][i][j]; null where there is no memory.
static Product *make_product(const float *B, int n) {
  size_t count = 0;
  for (size_t t = 0; t < (size_t)n * n * n; t++) count += B[t] != 0;
  Product *p = (Product *)calloc(1, sizeof(Product) + sizeof(Term) * count);
  if (!p) return NULL;
  p->n = n;
  p->is_shuffle = VL >= 8 && n <= 8;
  int at = 0;
  for (int j = 0; j < n; j++) {
    p->starts[j] = at;
    for (int k = 0; k < n; k++)
      for (int i = 0; i < n; i++) {
        const float value = B[((size_t)k * n + i) * n + j];
        if (value == 0) continue;
        p->terms[at++] = {k, i, value};
        if (!p->is_shuffle) continue;
        if (p->signs[j][k] != 0 || p->back_signs[j][i] != 0) p->is_shuffle = false;
        p->from[j][k] = i;
        p->back[j][i] = k;
        p->signs[j][k] = p->back_signs[j][i] = value;
      }
  }
  p->starts[n] = at;
  return p;
}

// to[q][k] = signs[k] * from[q][order[k]] for `units` vectors of n components, `apart` floats from each other in `to`; or
// added to what is there. Both have 8 floats of memory behind them.
INL void shuffle_vectors(const float *from, const int *order, const float *signs, int units, int n, float *to, int apart, bool adds) {
#if VL >= 8
  const __m256i places = _mm256_loadu_si256((const __m256i *)order);
  const __m256 factors = _mm256_loadu_ps(signs);
  for (int q = 0; q < units; q++, from += n, to += apart) {
    // A vector of more than n floats is written: the next one comes after it.
    const __m256 part = _mm256_mul_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(from), places), factors);
    _mm256_storeu_ps(to, adds ? _mm256_add_ps(_mm256_loadu_ps(to), part) : part);
  }
#endif
}

enum { COLUMN_FLOATS = MOST_COMPONENTS };  // of a row of the matrix at a time

// Columns c0..c0 + n of a row between panels and one piece of memory; `to_panels` says which way.
INL void move_columns(const Layer &a, float *matrix, int row, int c0, int n, float *piece, bool to_panels) {
  for (int c = c0; c < c0 + n;) {
    const int start = c / PANEL_FLOATS * PANEL_FLOATS, w = panel_vectors(a.width - start) * VL, end = least(start + w, c0 + n);
    float *at = matrix + (size_t)start * a.rows + (size_t)row * w + (c - start), *from = piece + (c - c0);
    if (end - c == w) {
      for (int v = 0; v < w; v += VL)
        if (to_panels) st(at + v, ldu(from + v));
        else stu(from + v, ld(at + v));
    } else {
      memcpy(to_panels ? at : from, to_panels ? from : at, sizeof(float) * (end - c));
    }
    c = end;
  }
}

// The rows of the matrix of neurons p0..p1 below, from the weights; the way back is contract_rows.
static void expand_rows(const Node &node, int p0, int p1) {
  const Layer &a = node.a;
  const Product &product = *node.product;
  const int N = product.n, step = COLUMN_FLOATS / N;
  float piece[COLUMN_FLOATS + 16];
  for (int p = p0; p < p1; p++)
    for (int q = 0; q < node.s.units; q += step) {
      const int units = least(step, node.s.units - q);
      const float *raw = node.raw + (size_t)p * a.n_out + (size_t)q * N;
      for (int j = 0; j < N; j++) {
        if (product.is_shuffle) shuffle_vectors(raw, product.from[j], product.signs[j], units, N, piece, N, false);
        else {
          memset(piece, 0, sizeof(float) * units * N);
          for (int t = product.starts[j]; t < product.starts[j + 1]; t++) {
            const Term &term = product.terms[t];
            for (int u = 0; u < units; u++) piece[u * N + term.k] += term.value * raw[u * N + term.i];
          }
        }
        move_columns(a, a.weights, p * N + j, q * N, units * N, piece, true);
      }
    }
}

static void contract_rows(const Node &node, int p0, int p1) {
  const Layer &a = node.a;
  const Product &product = *node.product;
  // Vectors of 8 are added up with a vector for each: reading what was written as part of another one would take long.
  const int N = product.n, step = COLUMN_FLOATS / (N < 8 ? 8 : N), apart = product.is_shuffle ? 8 : N;
  float piece[COLUMN_FLOATS + 16], sums[COLUMN_FLOATS + 16];
  for (int p = p0; p < p1; p++)
    for (int q = 0; q < node.s.units; q += step) {
      const int units = least(step, node.s.units - q);
      memset(sums, 0, sizeof(float) * units * apart);
      for (int j = 0; j < N; j++) {
        move_columns(a, a.sums, p * N + j, q * N, units * N, piece, false);
        if (product.is_shuffle) shuffle_vectors(piece, product.back[j], product.back_signs[j], units, N, sums, 8, true);
        else
          for (int t = product.starts[j]; t < product.starts[j + 1]; t++) {
            const Term &term = product.terms[t];
            for (int u = 0; u < units; u++) sums[u * N + term.i] += term.value * piece[u * N + term.k];
          }
      }
      float *to = node.raw_sums + (size_t)p * a.n_out + (size_t)q * N;
      for (int u = 0; u < units; u++) memcpy(to + (size_t)u * N, sums + (size_t)u * apart, sizeof(float) * N);
    }
}
