// The weights of a chain in the forms that its products read, and the copies between them and the one parameter vector.

// The weights of inputs i0..i1 of a convolution into the panels of the way back, [n_out][segments][wide_run].
static void transpose_windows(const Node &node, int i0, int i1) {
  const Layer &a = node.a;
  const int wide = node.segments * node.wide_run;
  for (int i = i0; i < i1; i++) {
    const int column = i / node.run * node.wide_run + i % node.run;
    int to_c = 0, to_w = 0;
    FOR_PANELS(wide, c, w) {
      to_c = c;
      to_w = w;
      if (column < c + w) break;
    }
    float *to = a.transposed + (size_t)to_c * a.n_out + (column - to_c);
    FOR_PANELS(a.width, c, w) {
      const float *from = a.weights + (size_t)c * a.rows + (size_t)i * w;
      for (int j = 0; j < used(a.n_out, c, w); j++) to[(size_t)(c + j) * to_w] = from[j];
    }
  }
}

// is_clear: the sums of its weights are 0 already.
static void clear_sums(const Layer &a, bool is_clear, int i0, int i1) {
  if (is_clear) {
  } else if (!a.panels) memset(a.sums + (size_t)i0 * a.width, 0, sizeof(float) * (size_t)(i1 - i0) * a.width);
  else FOR_PANELS(a.width, c, w) memset(a.sums + (size_t)c * a.rows + (size_t)i0 * w, 0, sizeof(float) * (size_t)(i1 - i0) * w);
  if (i0 == 0 && a.sum_biases) memset(a.sum_biases, 0, sizeof(float) * a.p_out);
}

// Copies the blocks of one vector of the caller to where `weights` and `biases` of each node say, and back.
enum Vector { WEIGHTS, FIRST, SECOND, SUMS };

INL float *weights_of(const Node &node, Vector which) {
  if (which == WEIGHTS) return node.raw;
  return which == FIRST ? node.raw_first : which == SECOND ? node.raw_second : node.raw_sums;
}

INL float *biases_of(const Layer &a, Vector which) {
  if (which == WEIGHTS) return a.biases;
  return which == FIRST ? a.first_biases : which == SECOND ? a.second_biases : a.sum_biases;
}

// The parts of a recurrent node.
static void copy_parts(const Node &node, float *vector, Vector which, bool to_parts) {
  for (int i = 0; i < node.n_parts; i++) {
    const Layer &a = node.parts[i].a;
    float *weights = which == WEIGHTS ? a.weights : which == FIRST ? a.first : which == SECOND ? a.second : a.sums;
    copy_part(node.parts[i], vector, weights, biases_of(a, which), to_parts);
  }
}

static void load_node(const Node &node, const float *vector, Vector which) {
  if (node.n_parts) return copy_parts(node, const_cast<float *>(vector), which, true);
  const Layer &a = node.a;
  const float *block = vector + a.offset;
  float *to = weights_of(node, which);
  if (node.s.kind == ANN_EMBEDDING) return copy_rows(to, a.width, block, a.n_out, a.n_in, a.n_out);
  copy_rows(biases_of(a, which), a.p_out, block, 0, 1, a.n_out);
  if (node.s.kind == ANN_BILINEAR) memcpy(to, block + a.n_out, sizeof(float) * node.raw_size);
  else load_weights(a, block + a.n_out, to);
}

static void store_node(const Node &node, float *vector, Vector which) {
  if (node.n_parts) return copy_parts(node, vector, which, false);
  const Layer &a = node.a;
  float *block = vector + a.offset;
  const float *from = weights_of(node, which);
  if (node.s.kind == ANN_EMBEDDING) {
    for (int i = 0; i < a.n_in; i++) memcpy(block + (size_t)i * a.n_out, from + (size_t)i * a.width, sizeof(float) * a.n_out);
    return;
  }
  memcpy(block, biases_of(a, which), sizeof(float) * a.n_out);
  if (node.s.kind == ANN_BILINEAR) memcpy(block + a.n_out, from, sizeof(float) * node.raw_size);
  else store_weights(a, block + a.n_out, from);
}
