// The words of a lexicon, and its sequences of words: each a node, found by its bytes, or by the nodes that it is made of.
#ifndef ANN_LEXICON_TABLE_H
#define ANN_LEXICON_TABLE_H

#include "words.h"

namespace lexicon {

enum { NONE = -1, NO_MEMORY = -2 };

const uint64_t FACTOR = 0x9E3779B97F4A7C15ull;

// Eight bytes may be read behind each word. Those of up to eight bytes have a hash of their own each: the factor is odd.
inline uint64_t hash_of_word(const char *text, uint32_t size) {
  uint64_t part;
  memcpy(&part, text, 8);
  if (size <= 8) return (part << (64 - 8 * size)) * FACTOR;
  uint64_t found = size;
  for (uint32_t k = 0; k + 8 < size; k += 8) {
    memcpy(&part, text + k, 8);
    found = (found ^ part) * FACTOR;
    found ^= found >> 32;
  }
  memcpy(&part, text + size - 8, 8);
  return (found ^ part) * FACTOR;
}

inline void fetch_early(const void *p) {
#if defined(__GNUC__) || defined(__clang__)
  __builtin_prefetch(p);
#else
  (void)p;
#endif
}

// Slots of a hash table with open addressing, at most half of them taken.
template <class Slot> struct Slots {
  Slot *items = NULL;
  int64_t n = 0, n_taken = 0;
  int shift = 64;

  Slots() {}
  ~Slots() { free(items); }
  Slots(const Slots &) = delete;

  // The upper bits of a hash, which all bits of what was hashed change.
  Slot *first(uint64_t hash) const { return items + (hash >> shift); }
  Slot *next(Slot *slot) const { return slot + 1 == items + n ? items : slot + 1; }
  // Room for one more; false: no memory.
  bool make_room() {
    if (2 * (n_taken + 1) <= n) return true;
    const int64_t more = n ? 4 * n : 64;
    Slot *const old = items, *const wide = (Slot *)malloc((size_t)more * sizeof(Slot));
    if (!wide) return false;
    for (int64_t k = 0; k < more; k++) wide[k].node = NONE;
    const int64_t n_old = n;
    items = wide;
    n = more;
    shift -= n_old ? 2 : 6;
    for (int64_t k = 0; k < n_old; k++)
      if (old[k].node != NONE) *free_slot(old[k].hash()) = old[k];
    free(old);
    return true;
  }
  void add(const Slot &slot) {
    *free_slot(slot.hash()) = slot;
    n_taken++;
  }

 private:
  Slot *free_slot(uint64_t hash) const {
    Slot *slot = first(hash);
    while (slot->node != NONE) slot = next(slot);
    return slot;
  }
};

// A word, or a sequence: the node of all but its last word, and the node of that.
struct Node {
  const char *text;  // NULL: a sequence
  uint32_t size;     // of the text
  int32_t before, last;
  int32_t number;  // NONE: a part of sequences alone
};

// The nodes of words and sequences.
class Table {
 public:
  words::List<Node> nodes;

  Table() {}
  Table(const Table &) = delete;

  // Words of up to so many bytes are compared by their hash alone.
  enum { SHORT = 8 };

  // The node of a word, NONE where there is none.
  int32_t find(const char *text, uint32_t size, uint64_t hash) const {
    if (!word_slots.n) return NONE;
    for (WordSlot *slot = word_slots.first(hash); slot->node != NONE; slot = word_slots.next(slot))
      if (slot->hashed == hash && slot->size == size && (size <= SHORT || !memcmp(nodes.items[slot->node].text, text, size))) return slot->node;
    return NONE;
  }
  // The node of a sequence.
  int32_t find(int32_t before, int32_t last) const {
    const uint64_t pair = pair_of(before, last);
    if (!sequence_slots.n) return NONE;
    for (SequenceSlot *slot = sequence_slots.first(pair * FACTOR); slot->node != NONE; slot = sequence_slots.next(slot))
      if (slot->pair == pair) return slot->node;
    return NONE;
  }
  void fetch(int32_t before, int32_t last) const {
    if (sequence_slots.n) fetch_early(sequence_slots.first(pair_of(before, last) * FACTOR));
  }

  // The node of a word or a sequence, a new one where there is none; or NO_MEMORY.
  int32_t take(const char *text, uint32_t size, uint64_t hash) {
    const int32_t found = find(text, size, hash);
    if (found != NONE) return found;
    char *const kept = arena.take((int64_t)size + 1);
    if (!kept || !word_slots.make_room() || nodes.n == INT32_MAX) return NO_MEMORY;
    memcpy(kept, text, size);
    if (!nodes.add({kept, size, NONE, NONE, NONE})) return NO_MEMORY;
    const int32_t node = (int32_t)(nodes.n - 1);
    word_slots.add({hash, node, size});
    return node;
  }
  int32_t take(int32_t before, int32_t last) {
    const int32_t found = find(before, last);
    if (found != NONE) return found;
    if (!sequence_slots.make_room() || nodes.n == INT32_MAX || !nodes.add({NULL, 0, before, last, NONE})) return NO_MEMORY;
    const int32_t node = (int32_t)(nodes.n - 1);
    sequence_slots.add({pair_of(before, last), node});
    return node;
  }

  // Adds the text of a node, the words of a sequence with a blank between them; false: no memory.
  bool spell(int32_t node, words::List<char> &to) const {
    const Node &known = nodes.items[node];
    if (!known.text) return spell(known.before, to) && to.add(' ') && spell(known.last, to);
    if (!to.reserve(to.n + known.size + 1)) return false;  // never no memory at all, which memcpy() must not get
    memcpy(to.items + to.n, known.text, known.size);
    to.n += known.size;
    return true;
  }

 private:
  struct WordSlot {
    uint64_t hashed;
    int32_t node;
    uint32_t size;
    uint64_t hash() const { return hashed; }
  };
  struct SequenceSlot {
    uint64_t pair;
    int32_t node;
    uint64_t hash() const { return pair * FACTOR; }
  };

  words::Arena arena;
  Slots<WordSlot> word_slots;
  Slots<SequenceSlot> sequence_slots;

  static uint64_t pair_of(int32_t before, int32_t last) { return (uint64_t)(uint32_t)before << 32 | (uint32_t)last; }
};

}  // namespace lexicon

#endif
