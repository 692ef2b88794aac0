// Dropout: random numbers by counter, so that a unit's fate depends on the row and not on threads or batches.

// Source: Steele, Lea & Flood 2014, Fast splittable pseudorandom number generators.
INL uint64_t splitmix64(uint64_t seed, uint64_t counter) {
  uint64_t z = seed + (counter + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// Multiplies unit j by 0 when the top 24 bits of random value `first + j` are below the limit, else by `factor`; its slope
// likewise, where there are slopes.
static void drop(float *a, float *slopes, int n, uint64_t seed, uint64_t first, uint32_t limit, float factor) {
  for (int j = 0; j < n; j++) {
    float mask = (uint32_t)(splitmix64(seed, first + j) >> 40) >= limit ? factor : 0.0f;
    a[j] *= mask;
    if (slopes) slopes[j] *= mask;
  }
}
