// Updates of a batch: gradients of all layers and what the update rule does with them, divided among threads by rows of weights.

// The gradient of the biases, summed over m rows, handed to the rule.
template <int RULE> static void update_biases(const Layer &a, int m, const Update &u) {
  float *first = RULE == ADD ? a.sum_biases : a.first_biases;
  if (a.stride == 1) {  // one delta per row: eight partial sums, always added in the same order
    float sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    int b = 0;
    for (; b + 8 <= m; b += 8)
      for (int k = 0; k < 8; k++) sums[k] += a.delta[b + k];
    for (; b < m; b++) sums[b % 8] += a.delta[b];
    float g = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    apply<RULE>(a.biases, first, a.second_biases, keep_first(set1(g), 1), u, 0.0f, 1.0f);
    return;
  }
  for (int v = 0; v < a.p_out; v += VL) {
    vf g = set1(0.0f), h = set1(0.0f);
    const float *d = a.delta + v;
    int b = 0;
    for (; b + 2 <= m; b += 2, d += 2 * a.stride) {
      g += ld(d);
      h += ld(d + a.stride);
    }
    if (b < m) g += ld(d);
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
    member_range(a.n_in, ROWS4, members, member, i0, i1);
    return;
  }
  i0 = 0;
  i1 = (number + 1) % members == member ? a.n_out : 0;
}

static void transpose_rows(const Layer &a, int i0, int i1) {
  transpose(a.transposed + i0, a.p_in, a.weights + (size_t)i0 * a.width, a.width, i1 - i0, a.n_out);
}

// The gradient of m rows, handed to the rule.
template <int RULE> static void update_weights(Call &call, int m, const Update &u, int members, int member) {
  Plan *p = call.plan;
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    if (l % members == member) update_biases<RULE>(a, m, u);
    int i0, i1;
    weight_rows(a, l, members, member, i0, i1);
    if (i0 == i1) continue;
    if (l == 0) {
      gradient<RULE>(a, i0, i1, p->input_rows, m, a.delta, a.p_out, u);
      continue;
    }
    // Rows of the weights belong to the values below, or to the deltas where weights are by output.
    const Layer &below = p->batch[l - 1];
    if (a.by_output) gradient<RULE>(a, i0, i1, a.delta_rows, m, below.values, below.p_out, u);
    else gradient<RULE>(a, i0, i1, below.value_rows, m, a.delta, a.p_out, u);
    if (RULE != ADD && a.transposed) transpose_rows(a, i0, i1);
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
    for (size_t o = (size_t)i0 * a.width; o < (size_t)i1 * a.width; o += VL) {
      apply<RULE>(a.weights + o, a.first + o, a.second + o, ld(a.sums + o), u, u.l2, u.keep);
      st(a.sums + o, set1(0.0f));
    }
    if (a.transposed && i0 < i1) transpose_rows(a, i0, i1);
  }
}

// collected: from the gradient of several blocks; else from the m rows of this one.
static void update(Call &call, int64_t step, int m, bool collected, int members, int member) {
  const Update u = constants(*call.rule, step);
#define CALL(RULE) \
  { \
    if (collected) update_from_sums<RULE>(call, u, members, member); \
    else update_weights<RULE>(call, m, u, members, member); \
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
