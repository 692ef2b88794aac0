// An arena: one piece of memory for many arrays, each aligned to 64 bytes.
//
// It is filled in two passes over the same take() calls: the first counts the sizes, the second hands out the memory.

enum { LARGE_BYTES = 4 << 20 };

struct Arena {
  char *memory, *start;
  size_t used, size;
  float *take(size_t n) {  // null while sizes are being counted
    size_t at = used;
    used += (n * sizeof(float) + 63) / 64 * 64 + 64;
    return start ? (float *)(start + at) : NULL;
  }
  // Memory that starts half a page after the last `n` floats taken. The processor compares only the low bits of addresses:
  // without the distance, loads from one array would wait for stores to the other where both are walked together.
  float *take_apart(size_t n) {
    const size_t last = (n * sizeof(float) + 63) / 64 * 64 + 64;
    used += (2048 + 4096 - last % 4096) % 4096;
    return take(n);
  }
  void reset() { used = 0; start = NULL; }
  bool allocate() {
    if (used > size) {
      free(memory);
      memory = (char *)malloc(used + 64);
#ifdef MADV_HUGEPAGE
      // Rows of large tables are read in any order, and small pages have too few entries for them.
      if (memory && used > LARGE_BYTES) madvise((void *)(((uintptr_t)memory + 4095) / 4096 * 4096), used & ~(size_t)4095, MADV_HUGEPAGE);
#endif
      size = memory ? used : 0;
      if (!memory) return false;
    }
    start = memory + (64 - (uintptr_t)memory % 64) % 64;
    used = 0;
    return true;
  }
};
