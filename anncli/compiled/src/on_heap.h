// Objects that `new` makes with malloc: null where there is no memory.
//
// The module so needs nothing of the C++ runtime library, whose version would decide on which systems a wheel can be loaded.
#ifndef ANN_ON_HEAP_H
#define ANN_ON_HEAP_H

#include <stddef.h>
#include <stdlib.h>

struct OnHeap {
  static void *operator new(size_t size) noexcept { return malloc(size); }
  static void operator delete(void *memory) noexcept { free(memory); }
};

#endif
