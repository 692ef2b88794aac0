// One step: the loss of a window and its slope, at the values before the step, however often a row stands in the window.
//
//   s = logistic(row . v)   loss = -label log s - (1 - label) log(1 - s)   row -= rate (s - label) v   v -= rate sum (s - label) row
//
// where v is the row of the word in the middle, or the mean of the rows around it, each of which then gets its part of the slope.
struct WordStep {
  enum { GROUP = 4 };
  const AnnWords &w;
  int whole, tail;  // full vectors of a row, and the numbers behind them
  float *v, *slope, *scores;
  void *memory;

  WordStep(const AnnWords &call) : w(call), whole(call.width / VL), tail(call.width % VL), memory(NULL) {}
  ~WordStep() { free(memory); }
  WordStep(const WordStep &) = delete;

  bool reserve(int most) {
    const size_t padded = (size_t)pad(w.width);
    memory = calloc(2 * padded + (size_t)pad(most) + VL + LINE_FLOATS, sizeof(float));
    // No vector of these crosses a line of the cache.
    v = (float *)(((uintptr_t)memory + 4 * LINE_FLOATS - 1) / (4 * LINE_FLOATS) * (4 * LINE_FLOATS));
    slope = v + padded;
    scores = slope + padded;
    return memory != NULL;
  }

  const float *out(int32_t row) const { return w.out + (size_t)row * (size_t)w.width; }

  // The losses of a window whose rows are fetched.
  double run(WordWindow &window, float rate) {
    read_input(window);
    // The last group is filled with rows that count nothing.
    for (int k = window.n; k % GROUP; k++) window.rows[k] = window.rows[0];
    for (int k = 0; k < window.n; k += GROUP) dot(window.rows + k, scores + k);
    const double loss = compare(window);
    for (int at = 0; at < whole; at += GROUP) sum_slopes(window, at, whole - at < GROUP ? whole - at : (int)GROUP);
    if (tail) sum_tail(window);
    const vf back = set1(-rate);
    for (int k = 0; k < window.n; k++) add(w.out_to + (size_t)window.rows[k] * (size_t)w.width, v, set1(scores[k]) * back);
    if (!w.mean) {
      add(w.in_to + (size_t)window.middle * (size_t)w.width, slope, back);
    } else {
      const vf part = back * set1(1.0f / (float)window.n_around);
      for (int k = 0; k < window.n_around; k++) add(w.in_to + (size_t)window.around[k] * (size_t)w.width, slope, part);
    }
    return loss;
  }

 private:
  void read_input(const WordWindow &window) {
    const int padded = whole * VL + (tail ? VL : 0);
    if (!w.mean) {
      const float *row = w.in + (size_t)window.middle * (size_t)w.width;
      for (int j = 0; j < padded; j += VL) stu(v + j, load_first(row + j, w.width - j));
      return;
    }
    const vf part = set1(1.0f / (float)window.n_around);
    for (int j = 0; j < padded; j += VL) {
      vf sum = set1(0.0f);
      for (int k = 0; k < window.n_around; k++)
        sum = sum + load_first(w.in + (size_t)window.around[k] * (size_t)w.width + j, w.width - j);
      stu(v + j, sum * part);
    }
  }

  inline void dot(const int32_t *rows, float *to) const {
    const float *a = out(rows[0]), *b = out(rows[1]), *c = out(rows[2]), *d = out(rows[3]);
    vf p = set1(0.0f), q = p, r = p, s = p;
    const int full = whole * VL;
    for (int j = 0; j < full; j += VL) {
      const vf x = ldu(v + j);
      p = vfma(x, ldu(a + j), p);
      q = vfma(x, ldu(b + j), q);
      r = vfma(x, ldu(c + j), r);
      s = vfma(x, ldu(d + j), s);
    }
    if (tail) {
      const vf x = ldu(v + full);
      p = vfma(x, load_first(a + full, tail), p);
      q = vfma(x, load_first(b + full, tail), q);
      r = vfma(x, load_first(c + full, tail), r);
      s = vfma(x, load_first(d + full, tail), s);
    }
    to[0] = vsum(p), to[1] = vsum(q), to[2] = vsum(r), to[3] = vsum(s);
  }

  // Scores become slopes, s - label.
  double compare(const WordWindow &window) {
    vf total = set1(0.0f);
    const vf zero = total, one = set1(1.0f);
    for (int k = 0; k < window.n; k += VL) {
      const vf z = load_first(scores + k, window.n - k), label = load_first(window.labels + k, window.n - k);
      // -log of the probability of the label: log(1 + exp(-m)), m the score for it.
      const vf m = z * (label + label - one), far = vexp(-vabs(m));
      vf loss = vlog1p(far) + at_least(-m, zero);
      if (window.n - k < VL) {
        float lanes[VL];
        stu(lanes, loss);
        loss = load_first(lanes, window.n - k);
      }
      total = total + loss;
      stu(scores + k, vlogistic(z) - label);
    }
    return vsum(total);
  }

  // Up to GROUP vectors of the slope of v, over all rows.
  inline void sum_slopes(const WordWindow &window, int at, int vectors) {
    if (vectors == GROUP)
      sum_some<GROUP>(window, at * VL);
    else if (vectors == 3)
      sum_some<3>(window, at * VL);
    else if (vectors == 2)
      sum_some<2>(window, at * VL);
    else
      sum_some<1>(window, at * VL);
  }

  template <int N> inline void sum_some(const WordWindow &window, int at) {
    vf sums[N];
    UNROLL for (int i = 0; i < N; i++) sums[i] = set1(0.0f);
    for (int k = 0; k < window.n; k++) {
      const float *row = out(window.rows[k]) + at;
      const vf e = set1(scores[k]);
      UNROLL for (int i = 0; i < N; i++) sums[i] = vfma(e, ldu(row + i * VL), sums[i]);
    }
    UNROLL for (int i = 0; i < N; i++) stu(slope + at + i * VL, sums[i]);
  }

  void sum_tail(const WordWindow &window) {
    vf sum = set1(0.0f);
    const int at = whole * VL;
    for (int k = 0; k < window.n; k++) sum = vfma(set1(scores[k]), load_first(out(window.rows[k]) + at, tail), sum);
    stu(slope + at, sum);
  }

  // row += factor * x
  inline void add(float *row, const float *x, vf factor) const {
    const int full = whole * VL;
    for (int j = 0; j < full; j += VL) stu(row + j, vfma(factor, ldu(x + j), ldu(row + j)));
    if (tail) {
      const vf sum = vfma(factor, ldu(x + full), load_first(row + full, tail));
      store_first(row + full, sum, tail);
    }
  }
};

// All windows whose middle is in a piece of the text, up to what `is_wrong` tells of. False without memory.
static bool learn_piece(AnnWords &w) {
  WordDraws draws(w);
  WordStep step(w);
  if (!draws.reserve() || !step.reserve(draws.most)) return false;
  // The first sentence that ends after the first place.
  int64_t sentence = 0, beyond = w.n_sentences;
  while (sentence < beyond) {
    const int64_t half = sentence + (beyond - sentence) / 2;
    if (w.starts[half + 1] <= w.first)
      sentence = half + 1;
    else
      beyond = half;
  }
  for (; sentence < w.n_sentences && w.starts[sentence] < w.last; sentence++) {
    const int64_t begin = w.starts[sentence], end = w.starts[sentence + 1], to = end < w.last ? end : w.last;
    if ((w.is_wrong = begin < 0 || end < begin || end > w.n_tokens)) return true;
    for (int64_t from = begin > w.first ? begin : w.first; from < to; from += WordDraws::PIECE) {
      const int64_t piece_end = to - from < WordDraws::PIECE ? to : from + WordDraws::PIECE;
      draws.take(begin, end, from, piece_end);
      if ((w.is_wrong = draws.is_wrong)) return true;
      if (draws.begin < draws.end) draws.list(draws.begin, draws.windows[0]);
      for (int i = draws.begin, side = 0; i < draws.end; i++, side ^= 1) {
        // The rows of the next window are on their way while this one is computed.
        if (i + 1 < draws.end) draws.list(i + 1, draws.windows[side ^ 1]);
        WordWindow &window = draws.windows[side];
        if (!window.predicted) continue;
        const double rate = w.rate - w.slope * (double)window.place;
        w.loss += step.run(window, (float)(rate > w.floor ? rate : w.floor));
        w.predicted += window.predicted;
      }
    }
  }
  return true;
}
