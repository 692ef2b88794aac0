// Spikes of one sample, and memory that grows with them.
#ifndef ANN_EVENTS_SPIKES_H
#define ANN_EVENTS_SPIKES_H

#include <stdint.h>
#include <stdlib.h>

namespace ann_events {

// The spikes that a layer is given, sorted by time.
struct Train {
  const double *times;
  const int32_t *sources;
  int64_t n;
};

// A spike of a unit; current: of the unit at this time.
struct Spike {
  double time, current;
  int32_t unit;

  bool operator<(const Spike &other) const { return time != other.time ? time < other.time : unit < other.unit; }
};

// An array that keeps its memory from sample to sample.
template <class T> struct Room {
  T *data;
  size_t n, size;

  Room() : data(NULL), n(0), size(0) {}
  ~Room() { free(data); }
  Room(const Room &) = delete;

  T &operator[](size_t k) { return data[k]; }
  const T &operator[](size_t k) const { return data[k]; }

  // Of that length; its values are undefined. False without memory.
  bool resize(size_t length) {
    if (length > size) {
      const size_t wanted = length + size / 2;
      T *larger = (T *)realloc((void *)data, wanted * sizeof(T));
      if (!larger) return false;
      data = larger;
      size = wanted;
    }
    n = length;
    return true;
  }
  bool fill(size_t length, T value) {
    if (!resize(length)) return false;
    for (size_t k = 0; k < length; k++) data[k] = value;
    return true;
  }
  bool push(const T &value) {
    const T kept = value;
    if (!resize(n + 1)) return false;
    data[n - 1] = kept;
    return true;
  }
};

}  // namespace ann_events
#endif
