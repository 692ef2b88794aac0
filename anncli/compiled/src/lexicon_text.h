// A text in which words stand out: lower-cased where case does not count, and every character beyond ASCII a part of a word.
//
// Characters beyond ASCII that are no part of a word become blanks. What is left is decided byte by byte, 64 at a time.
#ifndef ANN_LEXICON_TEXT_H
#define ANN_LEXICON_TEXT_H

#include "decimal_digits.h"
#include "words.h"

namespace lexicon {

// How a text is split: at all but letters, digits and underscores, or at white space.
enum Split { AT_OTHERS, AT_SPACES };

// What Python knows about 256 characters: a bit for each class.
enum { LETTER = 1, SPACE = 2, BLOCK = 256, N_BLOCKS = 0x110000 / BLOCK };

// Bytes behind a text that may be read, and are no part of a word.
enum { PADDING = 64 };

inline bool is_capital(unsigned char c) { return (unsigned char)(c - 'A') < 26; }

// Whether a byte is part of a word; all those beyond ASCII are.
inline bool is_word_byte(unsigned char c, Split split) {
  if (c >= 0x80) return true;
  if (split == AT_SPACES) return !(c == ' ' || (unsigned char)(c - 9) < 5 || (unsigned char)(c - 0x1c) < 4);
  return (unsigned char)((c | 0x20) - 'a') < 26 || (unsigned char)(c - '0') < 10 || c == '_';
}

#if defined(__SSE2__)
// The bytes of v from `low` on, `n` of them: 0xff in their places.
ANN_INLINE __m128i in_range(__m128i v, char low, char n) {
  const __m128i above = _mm_sub_epi8(v, _mm_set1_epi8(low));
  return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8((char)(n - 1))), above);
}

ANN_INLINE uint64_t word_bits_of_16(const char *p, Split split) {
  const __m128i v = _mm_loadu_si128((const __m128i *)p);
  if (split == AT_SPACES) {
    const __m128i blank = _mm_cmpeq_epi8(v, _mm_set1_epi8(' '));
    const __m128i space = _mm_or_si128(blank, _mm_or_si128(in_range(v, 9, 5), in_range(v, 0x1c, 4)));
    return (uint64_t)(~_mm_movemask_epi8(space) & 0xffff);
  }
  const __m128i letter = in_range(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 26);
  const __m128i other = _mm_or_si128(in_range(v, '0', 10), _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
  return (uint64_t)_mm_movemask_epi8(_mm_or_si128(v, _mm_or_si128(letter, other)));
}

// Which of 64 bytes are part of a word: bit k for byte k.
ANN_INLINE uint64_t word_bits(const char *p, Split split) {
  return word_bits_of_16(p, split) | word_bits_of_16(p + 16, split) << 16 | word_bits_of_16(p + 32, split) << 32 |
         word_bits_of_16(p + 48, split) << 48;
}
#else
inline uint64_t word_bits(const char *p, Split split) {
  uint64_t found = 0;
  for (int k = 0; k < 64; k++) found |= (uint64_t)is_word_byte((unsigned char)p[k], split) << k;
  return found;
}
#endif

// A text that is ready for the search, and memory for the next one.
class Text {
 public:
  const char *bytes() const { return room.items; }
  int64_t size() const { return room.n; }
  bool is_ascii = true;

  // Takes a text of ASCII; false: no memory.
  bool take_ascii(const char *from, int64_t n, bool fold) {
    if (!room.reserve(n + PADDING)) return false;
    char *const to = room.items;
    if (fold)
      for (int64_t k = 0; k < n; k++) to[k] = (char)(from[k] + (is_capital((unsigned char)from[k]) ? 0x20 : 0));
    else
      memcpy(to, from, (size_t)n);
    is_ascii = true;
    close(to + n);
    return true;
  }

  // Takes a text of UTF-8, halves of UTF-16 among it, as it is; block_of(k) tells the classes of 256 characters, NULL: an error.
  template <class Blocks> bool take_utf8(const char *from, int64_t n, Split split, Blocks &&block_of) {
    if (!room.reserve(n + PADDING)) return false;
    char *to = room.items;
    for (const char *const end = from + n; from < end;) {
      uint64_t some;
      if (end - from >= 8 && (memcpy(&some, from, 8), !(some & 0x8080808080808080ull))) {
        memcpy(to, from, 8);
        from += 8;
        to += 8;
        continue;
      }
      const int length = size_of(*from);
      const uint32_t code = code_of(from, length);
      if (length > 1) {
        const unsigned char *const block = block_of((int)(code / BLOCK));
        if (!block) return false;
        const int classes = block[code % BLOCK];
        if (split == AT_SPACES ? classes & SPACE : !(classes & LETTER)) {
          *to++ = ' ';
          from += length;
          continue;
        }
      }
      for (int k = 0; k < length; k++) *to++ = *from++;
    }
    is_ascii = false;
    close(to);
    return true;
  }

 private:
  words::List<char> room;

  void close(char *end) {
    memset(end, ' ', PADDING);
    room.n = end - room.items;
  }
  // The bytes of a character by its first one; of correct UTF-8.
  static int size_of(char first) {
    const unsigned char c = (unsigned char)first;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  }
  static uint32_t code_of(const char *p, int length) {
    uint32_t code = (unsigned char)p[0];
    if (length > 1) code &= 0x7fu >> length;
    for (int k = 1; k < length; k++) code = code << 6 | ((unsigned char)p[k] & 0x3f);
    return code;
  }
};

// Hands the words of a text to take(places, n), some hundred at a time, each as where it begins and where it ends; false as soon as
// take() says so.
template <class Take> bool each_word(const Text &text, Split split, Take &&take) {
  enum { SECTION = 4096 };
  // Where a word begins or ends; the first one may be left over from the section before.
  uint32_t places[SECTION + 1];
  int n = 0;
  uint64_t was_word = 0;
  for (int64_t at = 0; at <= text.size();) {
    const int64_t last = text.size() - at >= SECTION ? at + SECTION - 1 : text.size();
    for (; at <= last; at += 64) {
      const uint64_t is_word = word_bits(text.bytes() + at, split);
      for (uint64_t turned = is_word ^ (is_word << 1 | was_word); turned; turned &= turned - 1)
        places[n++] = (uint32_t)at + (uint32_t)decimal::trailing_zeros(turned);
      was_word = is_word >> 63;
    }
    if (!take((const uint32_t *)places, n / 2)) return false;
    if (n % 2) places[0] = places[n - 1];
    n %= 2;
  }
  return true;
}

}  // namespace lexicon

#endif
