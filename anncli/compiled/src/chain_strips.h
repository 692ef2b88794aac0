// Strips: samples that go through their rows together, the longest first, one step of time after another.
//
// Rows of a strip lie in the order of time where its samples' rows lie one sample after another: step t has one row of each sample
// that is longer than t. Strips do not depend on the number of members, so that sums over rows in this order do not either.

// Where strip i of a block of n samples starts.
INL int strip_start(const Chain *c, int n, int i) {
  const int strips = (n + c->strip - 1) / c->strip;
  return i >= strips ? n : (int)((int64_t)n * i / strips);
}

// Goes through the time of samples a..b: step t has rows at .. at + m, of samples a .. a + m.
struct Steps {
  const Place &p;
  int a, b, t, m;
  size_t at;

  int rows(int s) const { return p.start(s + 1) - p.start(s); }

  void next() {
    at += (size_t)m;
    t++;
    while (m > 0 && rows(a + m - 1) <= t) m--;
  }

  // To the step before; from behind the last one on.
  void back() {
    t--;
    while (a + m < b && rows(a + m) > t) m++;
    at -= (size_t)m;
  }
};

INL Steps first_step(const Place &p, int a, int b) {
  Steps steps = {p, a, b, -1, b - a, (size_t)p.start(a)};
  steps.at -= (size_t)steps.m;
  steps.next();
  return steps;
}

INL Steps behind_steps(const Place &p, int a, int b) { return {p, a, b, b > a ? p.start(a + 1) - p.start(a) : 0, 0, (size_t)p.start(b)}; }

// The row of sample s, among those of its block, that a direction reads at time t.
INL size_t row_at(const Place &p, int s, int t, int direction) { return (size_t)(direction ? p.start(s + 1) - 1 - t : p.start(s) + t); }

// The hidden values before the first row, and what follows them: of sample s, or zeros.
INL const float *state_before(const Piece &piece, const Node &node, int s) {
  const Bench &bench = piece.bench;
  if (!bench.states || node.s.directions > 1) return NULL;
  return bench.states + (size_t)(piece.number(s) - bench.batch) * piece.call.chain->state_floats + node.state_at;
}
