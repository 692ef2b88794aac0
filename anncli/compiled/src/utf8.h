// Which text is UTF-8.
#ifndef ANN_UTF8_H
#define ANN_UTF8_H

#include <stdint.h>
#include <string.h>

// The bytes of the character at p, 0 where it is none, or is cut by the end.
inline int utf8_size(const unsigned char *p, const unsigned char *end) {
  const unsigned char first = p[0];
  if (first < 0x80) return 1;
  const int size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (!size || end - p < size) return 0;
  for (int k = 1; k < size; k++)
    if ((p[k] & 0xC0) != 0x80) return 0;
  // Characters that fewer bytes could say, halves of UTF-16 and numbers that no character has.
  if (first == 0xE0) return p[1] >= 0xA0 ? 3 : 0;
  if (first == 0xED) return p[1] < 0xA0 ? 3 : 0;
  if (first == 0xF0) return p[1] >= 0x90 ? 4 : 0;
  if (first == 0xF4) return p[1] < 0x90 ? 4 : 0;
  return size;
}

// Where the first character is that is none, or is cut by the end; else `end`.
inline const char *utf8_end(const char *from, const char *end) {
  const unsigned char *p = (const unsigned char *)from, *const last = (const unsigned char *)end;
  while (p < last) {
    uint64_t some[4];
    while (last - p >= 32) {
      memcpy(some, p, 32);
      if ((some[0] | some[1] | some[2] | some[3]) & 0x8080808080808080ull) break;
      p += 32;
    }
    // Characters one by one until the next stretch of ASCII may begin.
    for (const unsigned char *const near = last - p < 32 ? last : p + 32; p < near;) {
      const int size = utf8_size(p, last);
      if (!size) return (const char *)p;
      p += size;
    }
  }
  return end;
}

#endif
