// The different words of a column, each with a code in order of first appearance. A number among words is a word of its own.
#ifndef ANN_WORDS_H
#define ANN_WORDS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "on_heap.h"

namespace words {

// A growing array of plain items.
template <class T> struct List {
  T *items = NULL;
  int64_t n = 0, room = 0;

  ~List() { free(items); }
  List() {}
  List(const List &) = delete;
  bool add(const T &item) {
    if (n == room && !reserve(n + 1)) return false;
    items[n++] = item;
    return true;
  }
  // Room for `wanted` items in all.
  bool reserve(int64_t wanted) {
    if (wanted <= room) return true;
    int64_t more = room ? 2 * room : 64;
    if (more < wanted) more = wanted;
    T *grown = (T *)realloc(items, (size_t)more * sizeof(T));
    if (!grown) return false;
    items = grown;
    room = more;
    return true;
  }
};

// text: of a word, or NULL for a number.
struct Word {
  const char *text;
  int64_t size;
  double number;
};

// What a cell is written as, or NULL for a number; the bits of that, or of a short text; and the code of its word.
struct Key {
  uint64_t hash;
  const char *text;
  int64_t size;
  uint64_t bits;
  int32_t code;
};

inline uint64_t mixed(uint64_t a) {
  a ^= a >> 32;
  a *= 0xD6E8FEB86659FD93ull;
  a ^= a >> 32;
  a *= 0xD6E8FEB86659FD93ull;
  return a ^ a >> 32;
}

// All of a text of at most 8 bytes; no branch but one for each of three sizes.
inline uint64_t bits_of(const char *text, int64_t size) {
  if (size >= 4) {
    uint32_t first, last;
    memcpy(&first, text, 4);
    memcpy(&last, text + size - 4, 4);
    return first | (uint64_t)last << 32;
  }
  if (!size) return 0;
  const unsigned char *const bytes = (const unsigned char *)text;
  return bytes[0] | (uint64_t)bytes[size / 2] << 8 | (uint64_t)bytes[size - 1] << 16;
}

inline uint64_t hash_of(const char *text, int64_t size) {
  uint64_t found = (uint64_t)size * 0x9E3779B97F4A7C15ull, part;
  if (size <= 8) return mixed(found ^ bits_of(text, size));
  const char *const last = text + size - 8;
  for (; text < last; text += 8) {
    memcpy(&part, text, 8);
    found = (found ^ part) * 0xD6E8FEB86659FD93ull;
    found ^= found >> 32;
  }
  memcpy(&part, last, 8);
  return mixed(found ^ part);
}

const int32_t NO_MEMORY = -2;

class Words : public OnHeap {
 public:
  List<Word> list;

  Words() {}
  ~Words() { free(slots); }
  Words(const Words &) = delete;

  // The place of the code of a cell, NULL where it has not been seen; `hash` is for add().
  const int32_t *find(const char *text, int64_t size, uint64_t *hash) const {
    *hash = hash_of(text, size);
    if (!n_slots) return NULL;
    const bool is_short = size <= 8;
    const uint64_t bits = is_short ? bits_of(text, size) : 0;
    for (int64_t k = (int64_t)*hash & (n_slots - 1); slots[k]; k = (k + 1) & (n_slots - 1)) {
      const Key &key = keys.items[slots[k] - 1];
      if (key.hash != *hash || key.bits != bits || !key.text || key.size != size) continue;
      if (is_short || !memcmp(key.text, text, (size_t)size)) return &key.code;
    }
    return NULL;
  }

  // Remembers the code of a cell that find() has not found.
  bool add(const char *text, int64_t size, uint64_t hash, int32_t code) {
    return insert({hash, text, size, size <= 8 ? bits_of(text, size) : 0, code});
  }

  // The code of a new word, or NO_MEMORY.
  int32_t new_word(const char *text, int64_t size) { return list.add({text, size, 0}) ? (int32_t)(list.n - 1) : NO_MEMORY; }

  // Gives every word of `other` a code here, in their order; false: no memory.
  bool take(const Words &other, List<int32_t> &codes) {
    codes.n = 0;
    for (int64_t k = 0; k < other.list.n; k++) {
      const Word &word = other.list.items[k];
      const int32_t code = word.text ? code_of(word.text, word.size) : code_of(word.number);
      if (code == NO_MEMORY || !codes.add(code)) return false;
    }
    return true;
  }

  // The code of a word that is no number, or NO_MEMORY.
  int32_t code_of(const char *text, int64_t size) {
    uint64_t hash;
    if (const int32_t *seen = find(text, size, &hash)) return *seen;
    const int32_t code = new_word(text, size);
    return code != NO_MEMORY && add(text, size, hash, code) ? code : NO_MEMORY;
  }

  // The code of a number, or NO_MEMORY.
  int32_t code_of(double number) {
    number = number == 0 ? 0.0 : number;
    uint64_t bits;
    memcpy(&bits, &number, 8);
    const uint64_t hash = mixed(bits + 0x9E3779B97F4A7C15ull);
    if (n_slots) {
      for (int64_t k = (int64_t)hash & (n_slots - 1); slots[k]; k = (k + 1) & (n_slots - 1)) {
        const Key &key = keys.items[slots[k] - 1];
        if (!key.text && key.bits == bits) return key.code;
      }
    }
    if (!list.add({NULL, 0, number})) return NO_MEMORY;
    const int32_t code = (int32_t)(list.n - 1);
    return insert({hash, NULL, 0, bits, code}) ? code : NO_MEMORY;
  }

 private:
  List<Key> keys;
  int32_t *slots = NULL;  // the number of a key from 1, 0 where free
  int64_t n_slots = 0;    // a power of 2, more than twice the keys

  bool insert(const Key &key) {
    if (2 * (keys.n + 1) > n_slots && !grow()) return false;
    if (!keys.add(key)) return false;
    place((int32_t)keys.n);
    return true;
  }

  void place(int32_t number) {
    int64_t k = (int64_t)keys.items[number - 1].hash & (n_slots - 1);
    while (slots[k]) k = (k + 1) & (n_slots - 1);
    slots[k] = number;
  }

  bool grow() {
    const int64_t more = n_slots ? 4 * n_slots : 64;
    int32_t *wide = (int32_t *)calloc((size_t)more, sizeof(int32_t));
    if (!wide) return false;
    free(slots);
    slots = wide;
    n_slots = more;
    for (int64_t k = 1; k <= keys.n; k++) place((int32_t)k);
    return true;
  }
};

// Text that cells point to because it does not stand in the file as it is: pieces that stay where they are.
class Arena {
 public:
  Arena() {}
  ~Arena() {
    for (int64_t k = 0; k < pieces.n; k++) free(pieces.items[k]);
  }
  Arena(const Arena &) = delete;

  char *take(int64_t size) {
    if (left < size) {
      const int64_t room = size > 65536 ? size : 65536;
      char *piece = (char *)malloc((size_t)room);
      if (!piece || !pieces.add(piece)) {
        free(piece);
        return NULL;
      }
      next = piece;
      left = room;
    }
    char *taken = next;
    next += size;
    left -= size;
    return taken;
  }

 private:
  List<char *> pieces;
  char *next = NULL;
  int64_t left = 0;
};

}  // namespace words

#endif
