// The windows of a piece of text: which words stay, which stand around the one in the middle, and what is predicted of them.
//
// All draws are made of a counter: splitmix64 of the epoch's key and the place of a word in the text, of which the low half says
// whether the word stays and the high half how far the window reaches, and of that number and the counter of a noise word.
// Source: Mikolov et al. 2013, Distributed representations of words and phrases and their compositionality.

// What one window asks: `rows` of `out` with the labels they should have, and the rows of `in` that predict them.
struct WordWindow {
  int32_t *rows, *around;
  float *labels;
  int n, n_around;
  int32_t middle;
  int64_t place;
  int predicted;
};

struct WordDraws {
  enum { PIECE = 4096 };
  const AnnWords &w;
  int most;  // rows of a window
  int32_t *words;
  uint64_t *bits;
  int64_t *places;
  int n, begin, end;  // the words that stay around a piece, and which of them are in it
  bool is_wrong;      // a token is no word
  WordWindow windows[2];
  void *memory;

  explicit WordDraws(const AnnWords &call) : w(call), most(0), n(0), begin(0), end(0), is_wrong(false), memory(NULL) {}
  ~WordDraws() { free(memory); }
  WordDraws(const WordDraws &) = delete;

  bool reserve() {
    int longest = 1 + w.negative;
    if (w.path_starts)
      for (int k = 0; k < w.n_words; k++) {
        const int length = (int)(w.path_starts[k + 1] - w.path_starts[k]);
        longest = length > longest ? length : longest;
      }
    // Rows are read in groups of up to 16, so that there is room for as many more.
    most = (w.mean ? longest : 2 * w.window * longest) + 16;
    const size_t kept = PIECE + 2 * (size_t)w.window + 1, own = (size_t)most * 2 + 2 * (size_t)w.window;
    memory = calloc(kept * (sizeof(uint64_t) + sizeof(int64_t) + sizeof(int32_t)) + 2 * own * 4, 1);
    if (!memory) return false;
    bits = (uint64_t *)memory;
    places = (int64_t *)(bits + kept);
    words = (int32_t *)(places + kept);
    int32_t *rest = words + kept;
    for (WordWindow &window : windows) {
      window.rows = rest;
      window.labels = (float *)(rest + most);
      window.around = rest + 2 * most;
      rest += own;
    }
    return true;
  }

  bool stays(int64_t place, uint64_t *drawn) {
    *drawn = splitmix64(w.key, (uint64_t)place);
    const uint32_t word = (uint32_t)w.tokens[place];
    // Checked where it is read: to look at all tokens before each piece of a long text would take as long as the piece.
    if (word >= (uint32_t)w.n_words) {
      is_wrong = true;
      return false;
    }
    return (uint32_t)*drawn <= w.keep[word];
  }

  void add(int64_t place, uint64_t drawn) {
    words[n] = w.tokens[place];
    bits[n] = drawn;
    places[n++] = place;
  }

  // The words that stay at the places from..to of a sentence, and those around them that their windows may reach.
  void take(int64_t sentence, int64_t sentence_end, int64_t from, int64_t to) {
    uint64_t drawn;
    n = 0;
    for (int64_t p = from - 1; p >= sentence && n < w.window; p--)
      if (stays(p, &drawn)) add(p, drawn);
    for (int i = 0, j = n - 1; i < j; i++, j--) {
      const int32_t word = words[i];
      words[i] = words[j], words[j] = word;
    }
    begin = n;
    for (int64_t p = from; p < to; p++)
      if (stays(p, &drawn)) add(p, drawn);
    end = n;
    for (int64_t p = to; p < sentence_end && n < end + w.window; p++)
      if (stays(p, &drawn)) add(p, drawn);
  }

  // Lists what the window of kept word `i` asks, and fetches the rows.
  void list(int i, WordWindow &to) {
    const int reach = 1 + (int)(((bits[i] >> 32) * (uint64_t)w.window) >> 32);
    const int low = i - reach > 0 ? i - reach : 0, high = i + reach < n - 1 ? i + reach : n - 1;
    to.n = to.n_around = to.predicted = 0;
    to.middle = words[i];
    to.place = places[i];
    for (int k = low; k <= high; k++)
      if (k != i) to.around[to.n_around++] = words[k];
    uint64_t noise = 0;
    if (!w.mean) {
      for (int k = 0; k < to.n_around; k++) predict(to, to.around[k], bits[i], noise);
      fetch(w.in, to.middle);
    } else if (to.n_around) {
      predict(to, to.middle, bits[i], noise);
      for (int k = 0; k < to.n_around; k++) fetch(w.in, to.around[k]);
    }
  }

 private:
  void predict(WordWindow &to, int32_t word, uint64_t drawn, uint64_t &noise) {
    to.predicted++;
    if (w.path_starts) {
      for (int64_t k = w.path_starts[word]; k < w.path_starts[word + 1]; k++) ask(to, w.path[k] >> 1, (float)(w.path[k] & 1));
      return;
    }
    ask(to, word, 1.0f);
    for (int k = 0; k < w.negative; k++) {
      const uint64_t z = splitmix64(drawn, noise++);
      const int32_t column = (int32_t)(((z >> 32) * (uint64_t)w.n_words) >> 32);
      ask(to, (uint32_t)z <= w.noise_limit[column] ? column : w.noise_other[column], 0.0f);
    }
  }

  void ask(WordWindow &to, int32_t row, float label) {
    to.rows[to.n] = row;
    to.labels[to.n++] = label;
    fetch(w.out, row);
  }

  void fetch(const float *rows, int32_t row) const {
    const float *p = rows + (size_t)row * (size_t)w.width;
    for (int k = 0; k < w.width; k += LINE_FLOATS) prefetch(p + k);
  }
};
