// Updates of a batch: gradients of all layers and what the update rule does with them, divided among threads by rows of weights.

// The gradient of the biases, summed over m rows and, where it continues, over those of the blocks before; handed to the rule.
template <int RULE> static void update_biases(const Layer &a, int m, bool continues, const Update &u) {
  float *first = RULE >= ADD ? a.sum_biases : a.first_biases;
  if (a.stride == 1) {  // one delta per row: eight partial sums, always added in the same order
    float sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    if (continues) memcpy(sums, a.sum_biases, sizeof sums);
    int b = 0;
    for (; b + 8 <= m; b += 8)
      for (int k = 0; k < 8; k++) sums[k] += a.delta[b + k];
    for (; b < m; b++) sums[b % 8] += a.delta[b];
    if (RULE == KEEP) {
      memcpy(a.sum_biases, sums, sizeof sums);
      return;
    }
    float g = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    apply<RULE>(a.biases, first, a.second_biases, keep_first(set1(g), 1), u, 0.0f, 1.0f);
    return;
  }
  for (int v = 0; v < a.p_out; v += VL) {
    vf g = continues ? ld(a.sum_biases + v) : set1(0.0f), h = continues ? ld(a.odd_biases + v) : set1(0.0f);
    const float *d = a.delta + v;
    int b = 0;
    for (; b + 2 <= m; b += 2, d += 2 * a.stride) {
      g += ld(d);
      h += ld(d + a.stride);
    }
    if (b < m) g += ld(d);
    if (RULE == KEEP) {  // a block with another after it has an even number of rows
      st(a.sum_biases + v, g);
      st(a.odd_biases + v, h);
      continue;
    }
    apply<RULE>(a.biases + v, first + v, a.second_biases + v, g + h, u, 0.0f, 1.0f);
  }
}

// The range i0..i1 of n things that one member of a team works on, in units of `grain`.
INL void member_range(int n, int grain, int members, int member, int &i0, int &i1) {
  const int units = (n + grain - 1) / grain;
  i0 = (int)((int64_t)units * member / members) * grain;
  i1 = (int)((int64_t)units * (member + 1) / members) * grain;
  if (i0 > n) i0 = n;
  if (i1 > n) i1 = n;
}

// The rows of a layer's weights that one member updates; the few of a layer by output are not divided.
static void weight_rows(const Layer &a, int number, int members, int member, int &i0, int &i1) {
  if (!a.by_output) {
    member_range(a.n_in, ANN_WIDE_TILES ? ROWS4 : ROWS2, members, member, i0, i1);
    return;
  }
  i0 = 0;
  i1 = (number + 1) % members == member ? a.n_out : 0;
}

// The gradient of the m rows of a block, and of the blocks before where it continues, handed to the rule.
template <int RULE>
static void update_weights(Call &call, int m, bool continues, const Update &u, int members, int member) {
  Plan *p = call.plan;
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    if (l % members == member) update_biases<RULE>(a, m, continues, u);
    int i0, i1;
    weight_rows(a, l, members, member, i0, i1);
    if (i0 == i1) continue;
    Factors f = {l ? p->batch[l - 1].value_rows : p->input_rows, m, a.delta, a.p_out, l == 0, false, continues, NULL, NULL, NULL, NULL};
    if (a.by_output) {  // then rows of the weights belong to the deltas
      f.x = a.delta_rows;
      f.D = p->batch[l - 1].values;
      f.stride = p->batch[l - 1].p_out;
    } else if (packs_deltas(a, m)) {
      f.D = a.packed;
      f.packed = true;
    }
    if (f.packed) {
      f.pack = p->packs + (size_t)member * PACK_FLOATS;
      f.pack_rows = p->pack_rows + (size_t)member * p->capacity;
    }
    gradient<RULE>(a, f, i0, i1, u);
    if (RULE < ADD && a.transposed) transpose_rows(a, i0, i1);
  }
}

// The update from a collected gradient, which is then cleared.
template <int RULE> static void update_from_sums(Call &call, const Update &u, int members, int member) {
  Plan *p = call.plan;
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    if (l % members == member)
      for (int v = 0; v < a.p_out; v += VL) {
        apply<RULE>(a.biases + v, a.first_biases + v, a.second_biases + v, ld(a.sum_biases + v), u, 0.0f, 1.0f);
        st(a.sum_biases + v, set1(0.0f));
      }
    int i0, i1;
    weight_rows(a, l, members, member, i0, i1);
    FOR_PANELS(a.width, c, w) {
      const size_t top = (size_t)c * a.rows;
      for (size_t o = top + (size_t)i0 * w; o < top + (size_t)i1 * w; o += VL) {
        apply<RULE>(a.weights + o, a.first + o, a.second + o, ld(a.sums + o), u, u.l2, u.keep);
        st(a.sums + o, set1(0.0f));
      }
    }
    if (a.transposed && i0 < i1) transpose_rows(a, i0, i1);
  }
}

// From the collected gradient, or from the m rows of a block and, where it continues, those of the blocks before.
static void update(Call &call, int64_t step, int m, bool continues, int members, int member) {
  const Update u = constants(*call.rule, step);
#define CALL(RULE) \
  { \
    if (call.collect) update_from_sums<RULE>(call, u, members, member); \
    else update_weights<RULE>(call, m, continues, u, members, member); \
  }
  switch (call.rule->code) {
    case ANN_SGD: CALL(SGD) break;
    case ANN_NESTEROV: CALL(NESTEROV) break;
    default:
      if (u.l2 != 0 || u.keep != 1) CALL(DECAYING_ADAM)
      else CALL(ADAM)
  }
#undef CALL
}
