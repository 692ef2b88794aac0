// A lexicon: the numbers of words and of sequences of words, and how often each came.
#ifndef ANN_LEXICON_H
#define ANN_LEXICON_H

#include "lexicon_table.h"
#include "lexicon_tally.h"
#include "lexicon_text.h"

namespace lexicon {

// See WordRule in compiled/lexicon_python.py.
struct Rule {
  Split split;
  bool fold;
  int64_t least;
  int ngrams;
};

// How often a word came, in how many texts, and in which one last.
struct Entry {
  int64_t count;
  int32_t documents, last_text, node;
};

class Lexicon : public OnHeap {
 public:
  const Rule rule;
  words::List<Entry> entries;

  explicit Lexicon(const Rule &rule) : rule(rule) {}
  Lexicon(const Lexicon &) = delete;

  // Gives the next number to a word, which no word so far has; false: no memory. Each blank in it separates two words of a sequence, if
  // there are sequences: one of more words than the rule has, or with an empty word, is never found.
  bool add(const char *text, int64_t size) {
    const char *const end = text + size;
    int32_t node = NONE;
    for (bool more = true; more;) {
      const char *const blank = rule.ngrams > 1 ? (const char *)memchr(text, ' ', (size_t)(end - text)) : NULL;
      const int64_t length = (blank ? blank : end) - text;
      if (!word.take_ascii(text, length, false)) return false;
      // A word of no bytes has a hash that is not asked for: none of a text is empty.
      const int32_t last = table.take(word.bytes(), (uint32_t)length, length ? hash_of_word(word.bytes(), (uint32_t)length) : 0);
      if (last == NO_MEMORY || (node = node == NONE ? last : table.take(node, last)) == NO_MEMORY) return false;
      more = blank != NULL;
      text += length + 1;
    }
    return number(node);
  }

  // Adds the numbers of a text to `to`; the number of entries for a word without one. false: no memory.
  bool find(const Text &text, words::List<int32_t> &to) { return look_up<false>(text) && write<false>(to); }

  // As find(), but a new word gets the next number.
  bool grow(const Text &text, words::List<int32_t> &to) {
    n_texts++;
    return look_up<true>(text) && write<true>(to);
  }

  // Adds each known word of a text once, ascending, and how often it comes there.
  bool counted(const Text &text, words::List<int32_t> &to, words::List<int32_t> &counts) {
    const int64_t from = to.n;
    if (!seen.make_room(entries.n) || !look_up<false>(text) || !write<false>(to) || !counts.reserve(to.n)) return false;
    for (int64_t k = from; k < to.n; k++)
      if (to.items[k] < (int32_t)entries.n) seen.add(to.items[k]);
    to.n = from;
    seen.take_all([&](int32_t number, int32_t count) {
      to.items[to.n++] = number;
      counts.items[counts.n++] = count;
    });
    return true;
  }

  bool spell(int64_t number, words::List<char> &to) const { return table.spell(entries.items[number].node, to); }

 private:
  Table table;
  Text word;                          // of the lexicon, while it is taken
  words::List<int32_t> found, before; // the nodes of a text's words, and of the sequences that begin with each
  Tally seen;                         // the numbers of the text at hand, none between texts
  int32_t n_texts = 0;

  bool number(int32_t node) {
    if (entries.n == INT32_MAX || !entries.add({0, 0, 0, node})) return false;
    table.nodes.items[node].number = (int32_t)(entries.n - 1);
    return true;
  }

  bool is_long_enough(const Text &text, const char *bytes, uint32_t size) const {
    if (text.is_ascii || size < rule.least) return size >= rule.least;
    int64_t n = 0;
    for (uint32_t k = 0; k < size; k++) n += ((unsigned char)bytes[k] & 0xc0) != 0x80;
    return n >= rule.least;
  }

  // Sets `found` to the nodes of the words of a text.
  template <bool GROWS> bool look_up(const Text &text) {
    found.n = 0;
    return each_word(text, rule.split, [&](const uint32_t *places, int n) {
      if (!found.reserve(found.n + n)) return false;
      for (int k = 0; k < n; k++) {
        const char *const bytes = text.bytes() + places[2 * k];
        const uint32_t size = places[2 * k + 1] - places[2 * k];
        if (!is_long_enough(text, bytes, size)) continue;
        const uint64_t hash = hash_of_word(bytes, size);
        const int32_t node = GROWS ? table.take(bytes, size, hash) : table.find(bytes, size, hash);
        if (node == NO_MEMORY) return false;
        found.items[found.n++] = node;
      }
      return true;
    });
  }

  // Adds the numbers of all nodes: those of words, then those of sequences of two words, then those of three.
  template <bool GROWS> bool write(words::List<int32_t> &to) {
    if (!write_nodes<GROWS>(found.items, found.n, to)) return false;
    if (rule.ngrams > 1 && !before.reserve(found.n)) return false;
    for (int length = 2; length <= rule.ngrams && length <= found.n; length++) {
      const int32_t *const first = length == 2 ? found.items : before.items, *const last = found.items + length - 1;
      const int64_t n = found.n - length + 1;
      for (int64_t k = 0; k < n; k++) {
        enum { AHEAD = 12 };
        if (k + AHEAD < n) table.fetch(first[k + AHEAD], last[k + AHEAD]);
        int32_t node = NONE;
        if (GROWS)
          node = table.take(first[k], last[k]);
        else if (first[k] != NONE && last[k] != NONE)
          node = table.find(first[k], last[k]);
        if (node == NO_MEMORY) return false;
        before.items[k] = node;
      }
      if (!write_nodes<GROWS>(before.items, n, to)) return false;
    }
    return true;
  }

  template <bool GROWS> bool write_nodes(const int32_t *nodes, int64_t n, words::List<int32_t> &to) {
    if (!to.reserve(to.n + n)) return false;
    int32_t *const numbers = to.items + to.n;
    to.n += n;
    for (int64_t k = 0; k < n; k++) {
      int32_t found_number = nodes[k] == NONE ? NONE : table.nodes.items[nodes[k]].number;
      if (GROWS) {
        if (found_number == NONE) {
          if (!number(nodes[k])) return false;
          found_number = (int32_t)(entries.n - 1);
        }
        Entry &entry = entries.items[found_number];
        entry.count++;
        entry.documents += entry.last_text != n_texts;
        entry.last_text = n_texts;
      }
      numbers[k] = found_number == NONE ? (int32_t)entries.n : found_number;
    }
    return true;
  }
};

}  // namespace lexicon

#endif
