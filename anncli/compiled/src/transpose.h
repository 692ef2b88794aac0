// Transposes of a matrix, by blocks of 8 x 8 and 4 x 4 floats.

#if VL > 1
typedef float f4 __attribute__((vector_size(16)));
typedef float f4u __attribute__((vector_size(16), aligned(4), may_alias));
typedef int i4 __attribute__((vector_size(16)));
#if defined(__clang__)
#define MIX(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define MIX(a, b, i, j, k, l) __builtin_shuffle(a, b, i4{i, j, k, l})
#endif
#endif

#if VL >= 8
// An 8 x 8 block: first neighbours change places, then pairs, then halves.
INL void transpose8(float *to, size_t to_width, const float *from, size_t from_width) {
  __m256 a[8], b[8];
  UNROLL
  for (int i = 0; i < 8; i++) a[i] = _mm256_loadu_ps(from + i * from_width);
  UNROLL
  for (int i = 0; i < 8; i += 2) {
    b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
    b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
  }
  UNROLL
  for (int i = 0; i < 8; i += 4) {
    a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
    a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xee);
    a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
    a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xee);
  }
  UNROLL
  for (int i = 0; i < 4; i++) {
    _mm256_storeu_ps(to + i * to_width, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * to_width, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
  }
}
#endif

// to[c][r] = from[r][c] for r < rows, c < columns
static void transpose(float *to, size_t to_width, const float *from, size_t from_width, int rows, int columns) {
  int r = 0;
#if VL >= 8
  for (; r + 8 <= rows; r += 8) {
    int c = 0;
    for (; c + 8 <= columns; c += 8) transpose8(to + c * to_width + r, to_width, from + r * from_width + c, from_width);
    for (; c < columns; c++)
      for (int i = 0; i < 8; i++) to[c * to_width + r + i] = from[(r + i) * from_width + c];
  }
#endif
#if VL > 1
  for (; r + 4 <= rows; r += 4) {
    const float *f = from + r * from_width;
    float *t = to + r;
    int c = 0;
    for (; c + 4 <= columns; c += 4, f += 4, t += 4 * to_width) {
      f4 a = *(const f4u *)f, b = *(const f4u *)(f + from_width);
      f4 d = *(const f4u *)(f + 2 * from_width), e = *(const f4u *)(f + 3 * from_width);
      f4 ab0 = MIX(a, b, 0, 4, 1, 5), ab1 = MIX(a, b, 2, 6, 3, 7);
      f4 de0 = MIX(d, e, 0, 4, 1, 5), de1 = MIX(d, e, 2, 6, 3, 7);
      *(f4u *)t = MIX(ab0, de0, 0, 1, 4, 5);
      *(f4u *)(t + to_width) = MIX(ab0, de0, 2, 3, 6, 7);
      *(f4u *)(t + 2 * to_width) = MIX(ab1, de1, 0, 1, 4, 5);
      *(f4u *)(t + 3 * to_width) = MIX(ab1, de1, 2, 3, 6, 7);
    }
    for (; c < columns; c++)
      for (int i = 0; i < 4; i++) to[c * to_width + r + i] = from[(r + i) * from_width + c];
  }
#endif
  for (; r < rows; r++)
    for (int c = 0; c < columns; c++) to[c * to_width + r] = from[r * from_width + c];
}
