// Lazy updates: of the weights that tokens read, an epoch touches only the rows of the tokens of each batch. What a row has missed,
// updates with a gradient of 0, is made up when it is read next, and of all rows at the end of the call: the rule is the one that
// changes every row at every update (backends/rules.py), and nothing reads a row that waits.
//
// The numbers of a row depend on nothing but its own ones, whichever member of the team works on it.

enum { LEAST_LAZY_ROWS = 256, MOST_TABLES = 4, OWNED_ROWS = 64, SETTLING_STEPS = 16, MOST_MEMBERS = 64, POWERS = 4, AHEAD = 8 };

// had: the updates of this call that a row has had; read: the number of the last piece that read it.
struct LazyRow {
  int32_t had, read;
};

struct Lazy {
  bool on;
  int n_rows, n_tables;
  const Layer *tables[MOST_TABLES];  // of one set of tokens; a recurrent step has several
  LazyRow *rows;
  int *lists;                        // [members][room_of()]: which rows of a piece a member works on
  int counts[MOST_MEMBERS];
  bool settles;                      // adam: without a gradient each step is smaller than the one before
  float *rates, *epsilons;           // adam: of each update of the call
  float *powers;                     // [updates + 1][POWERS]: what several updates without a gradient come to
  Arena arena;
};

// A row belongs to a member with those beside it, so that one may have a group more than another.
INL int row_groups(const Lazy &lazy) { return (lazy.n_rows + OWNED_ROWS - 1) / OWNED_ROWS; }
INL size_t room_of(const Lazy &lazy, int members) { return (size_t)(row_groups(lazy) / members + 1) * OWNED_ROWS; }

// sgd, nesterov: after n of them w is a w + b v, and v is c w + d v. Row n of `powers` has a, b, c, d.
static void fill_motions(const AnnRule &rule, int64_t n, float *powers) {
  const bool ahead = rule.code == ANN_NESTEROV;
  const double pull = rule.learning_rate * rule.l2, factor = ahead ? rule.momentum : 1, own = ahead ? pull : 0;
  double a = 1, b = 0, c = 0, d = 1;
  for (int64_t k = 0; k <= n; k++, powers += POWERS) {
    powers[0] = (float)a;
    powers[1] = (float)b;
    powers[2] = (float)c;
    powers[3] = (float)d;
    const double v_w = rule.momentum * c - pull * a, v_v = rule.momentum * d - pull * b;
    a = (1 - own) * a + factor * v_w;
    b = (1 - own) * b + factor * v_v;
    c = v_w;
    d = v_v;
  }
}

// adam, adamw: the factors of m, s and w, once m moves w no more.
static void fill_decays(const Update &u, int64_t n, float *powers) {
  double m = 1, s = 1, w = 1;
  for (int64_t k = 0; k <= n; k++, powers += POWERS) {
    powers[0] = (float)m;
    powers[1] = (float)s;
    powers[2] = (float)w;
    m *= 1 - (double)u.new1;
    s *= 1 - (double)u.new2;
    w *= (double)u.keep;
  }
}

// Updates from..to of a vector of weights by adam, with a gradient of 0.
template <int RULE> INL void pass_adam(const Lazy &lazy, const Update &u, float *weights, float *first, float *second, int from, int to) {
  vf x = ld(weights), m = ld(first), s = ld(second);
  for (bool moves = true; from < to && moves;) {
    if (lazy.settles && equal(m, set1(0.0f))) break;
    const int end = least(to, from + SETTLING_STEPS);
    vf before = x;
    for (; from < end; from++) {
      before = RULE == DECAYING_ADAM ? x * set1(u.keep) : x;
      m = vfma(set1(u.new1), -m, m);
      s = vfma(set1(u.new2), -s, s);
      x = vfnma(set1(lazy.rates[from]) * m, reciprocal_root(s, set1(lazy.epsilons[from])), before);
    }
    // A smaller step than one that leaves a weight as it is leaves it so too.
    moves = !lazy.settles || !equal(x, before);
  }
  const float *decay = lazy.powers + (size_t)(to - from) * POWERS;
  st(first, m * set1(decay[0]));
  st(second, s * set1(decay[1]));
  st(weights, RULE == DECAYING_ADAM ? x * set1(decay[2]) : x);
}

// The same of one row of all tables.
template <int RULE> static void pass_updates(const Lazy &lazy, const Update &u, int row, int from, int to) {
  for (int k = 0; k < lazy.n_tables; k++) {
    const Layer &a = *lazy.tables[k];
    const size_t start = (size_t)row * a.width;
    for (size_t i = start; i < start + a.width; i += VL) {
      if (RULE == ADAM || RULE == DECAYING_ADAM) {
        pass_adam<RULE>(lazy, u, a.weights + i, a.first + i, a.second + i, from, to);
        continue;
      }
      const float *p = lazy.powers + (size_t)(to - from) * POWERS;
      const vf w = ld(a.weights + i), v = ld(a.first + i);
      st(a.weights + i, vfma(set1(p[0]), w, set1(p[1]) * v));
      st(a.first + i, vfma(set1(p[2]), w, set1(p[3]) * v));
    }
  }
}

INL bool decays(const Update &u) { return u.l2 != 0 || u.keep != 1; }

// CALL(RULE) for the rule of this code.
#define WITH_RULE(code, u, CALL) \
  switch (code) { \
    case ANN_SGD: CALL(SGD); break; \
    case ANN_NESTEROV: CALL(NESTEROV); break; \
    default: \
      if (decays(u)) { CALL(DECAYING_ADAM); } else { CALL(ADAM); } \
  }

// Asks for a row that is needed soon: rows lie anywhere.
INL void fetch_row(const Lazy &lazy, int row) {
  prefetch((const float *)(lazy.rows + row));
  for (int k = 0; k < lazy.n_tables; k++) {
    const Layer &a = *lazy.tables[k];
    const size_t start = (size_t)row * a.width;
    for (size_t i = start; i < start + a.width; i += LINE_FLOATS) {
      prefetch(a.weights + i);
      prefetch(a.first + i);
      prefetch(a.second + i);
      prefetch(a.sums + i);
    }
  }
}

// Brings rows up to `done` updates; clears: and sets their gradient to 0.
static void bring_up(Lazy &lazy, const AnnRule &rule, const Update &u, const int *list, int n, int done, bool clears) {
  for (int i = 0; i < n; i++) {
    const int row = list[i];
    if (i + AHEAD < n) fetch_row(lazy, list[i + AHEAD]);
    const int from = lazy.rows[row].had;
    lazy.rows[row].had = done;
#define CALL(RULE) pass_updates<RULE>(lazy, u, row, from, done)
    if (from < done) WITH_RULE(rule.code, u, CALL)
#undef CALL
    for (int k = 0; clears && k < lazy.n_tables; k++)
      memset(lazy.tables[k]->sums + (size_t)row * lazy.tables[k]->width, 0, sizeof(float) * lazy.tables[k]->width);
  }
}
