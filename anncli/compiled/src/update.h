// Update rules on vectors: what a gradient does to weights; formulas in backends/rules.py.

// What happens to a gradient. ADD and those after it leave the weights alone: ADD adds it to `first`, STORE stores it there,
// KEEP stores the sums so far, to which the next block of rows is added, and WORDS adds it to whole numbers (tiles only).
enum { SGD, NESTEROV, ADAM, DECAYING_ADAM, ADD, STORE, KEEP, WORDS };  // ADAM: without l2 and weight decay

struct Update {
  float rate, momentum, l2, new1, new2, epsilon, keep;  // new: 1 - beta; keep: 1 - learning_rate * weight_decay
};

// One vector of weights w, its gradient g and the two vectors of the rule.
template <int RULE> INL void apply(float *w, float *first, float *second, vf g, const Update &u, float l2, float keep) {
  if (RULE >= ADD) {
    st(first, RULE == ADD ? ld(first) + g : g);
    return;
  }
  vf x = ld(w);
  if (RULE != ADAM) g = vfma(set1(l2), x, g);
  if (RULE == ADAM || RULE == DECAYING_ADAM) {
    if (RULE == DECAYING_ADAM) x *= set1(keep);
    vf m = ld(first), s = ld(second);
    m = vfma(set1(u.new1), g - m, m);
    s = vfma(set1(u.new2), vfma(g, g, -s), s);
    st(first, m);
    st(second, s);
    st(w, vfnma(set1(u.rate) * m, reciprocal_root(s, set1(u.epsilon)), x));
    return;
  }
  g *= set1(u.rate);
  vf v = set1(u.momentum) * ld(first) - g;
  st(first, v);
  if (RULE == SGD) st(w, x + v);
  else st(w, vfma(set1(u.momentum), v, x) - g);
}

// The constants of the update that makes step number `step` (from 1).
static Update constants(const AnnRule &rule, int64_t step) {
  Update u;
  u.rate = (float)rule.learning_rate;
  u.momentum = (float)rule.momentum;
  u.l2 = (float)rule.l2;
  u.new1 = (float)(1 - rule.beta1);
  u.new2 = (float)(1 - rule.beta2);
  u.epsilon = (float)rule.epsilon;
  u.keep = 1;
  if (rule.code == ANN_ADAM || rule.code == ANN_ADAMW) {
    // The two bias corrections go into the rate and epsilon, and so does the factor 2 of reciprocal_root.
    const double root = sqrt(1 - pow(rule.beta2, (double)step));
    u.rate = (float)(2 * rule.learning_rate * root / (1 - pow(rule.beta1, (double)step)));
    u.epsilon = (float)(2 * rule.epsilon * root);
    if (rule.code == ANN_ADAMW) u.keep = (float)(1 - rule.learning_rate * rule.weight_decay);
  }
  return u;
}
