// How often each of some numbers came, handed out in ascending order without a sort.
#ifndef ANN_LEXICON_TALLY_H
#define ANN_LEXICON_TALLY_H

#include "decimal_digits.h"
#include "words.h"

namespace lexicon {

class Tally {
 public:
  // Numbers below n may be added; false: no memory.
  bool make_room(int64_t n) { return widen(counts, n) && widen(marks, n / 64 + 1) && widen(marked, n / 4096 + 1); }

  void add(int32_t number) {
    if (counts.items[number]++) return;
    marks.items[number / 64] |= 1ull << number % 64;
    marked.items[number / 4096] |= 1ull << number / 64 % 64;
  }

  // Calls take(number, count) for each number that came, and forgets it.
  template <class Take> void take_all(Take &&take) {
    for (int64_t k = 0; k < marked.n; k++) {
      for (; marked.items[k]; marked.items[k] &= marked.items[k] - 1) {
        const int64_t group = 64 * k + decimal::trailing_zeros(marked.items[k]);
        for (; marks.items[group]; marks.items[group] &= marks.items[group] - 1) {
          const int64_t number = 64 * group + decimal::trailing_zeros(marks.items[group]);
          take((int32_t)number, counts.items[number]);
          counts.items[number] = 0;
        }
      }
    }
  }

 private:
  words::List<int32_t> counts;
  words::List<uint64_t> marks, marked;  // a bit for each number that came; one for each item of these that is not 0

  template <class T> static bool widen(words::List<T> &list, int64_t n) {
    if (!list.reserve(n)) return false;
    while (list.n < n) list.items[list.n++] = 0;
    return true;
  }
};

}  // namespace lexicon

#endif
