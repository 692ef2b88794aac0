"""C functions of layers that are not dense, by their names; each one stands behind those that it calls."""

from __future__ import annotations

# Those that call the function of one dense layer.
OF_PRODUCTS = ("dense_rows", "convolution", "communicate")

TEXTS: dict[str, str] = {
    "dense_rows": """\
/* A dense layer on each of n rows. */
$static const float *$n_dense_rows(const float *w, int n, int n_in, int n_out, const float *in, float *out)
{
  const float *end = w;
  int i;
  for (i = 0; i < n; ++i)
    end = $n_dense(w, n_in, n_out, in + n_in * i, out + n_out * i);
  return end;
}
""",
    "convolution": """\
/* A dense layer on each window, which is gathered in patch; beyond the edges there are zeros. */
$static const float *$n_convolution(const float *w, int height, int width, int channels, int rows, int columns, int down,
                                    int right, int top, int left, int n_y, int n_x, int units, const float *in,
                                    float *patch, float *out)
{
  const float *end = w;
  int y, x, i, j, k;
  for (y = 0; y < n_y; ++y)
    for (x = 0; x < n_x; ++x, out += units) {
      float *to = patch;
      for (i = 0; i < rows; ++i)
        for (j = 0; j < columns; ++j, to += channels) {
          const int from_y = y * down + i - top, from_x = x * right + j - left;
          const int inside = from_y >= 0 && from_y < height && from_x >= 0 && from_x < width;
          const float *from = inside ? in + (from_y * width + from_x) * channels : in;
          for (k = 0; k < channels; ++k)
            to[k] = inside ? from[k] : 0.0f;
        }
      end = $n_dense(w, rows * columns * channels, units, patch, out);
    }
  return end;
}
""",
    "pool": """\
/* The mean of each window, or its largest value. */
$static void $n_pool(int width, int channels, int rows, int columns, int down, int right, int n_y, int n_x, int is_max,
                     const float *in, float *out)
{
  int y, x, i, j, k;
  for (y = 0; y < n_y; ++y)
    for (x = 0; x < n_x; ++x, out += channels)
      for (k = 0; k < channels; ++k) {
        const float *first = in + (y * down * width + x * right) * channels + k;
        float found = first[0];
        for (i = 0; i < rows; ++i)
          for (j = i ? 0 : 1; j < columns; ++j) {
            const float value = first[(i * width + j) * channels];
            if (is_max)
              found = value > found ? value : found;
            else
              found += value;
          }
        out[k] = is_max ? found : found / (float)(rows * columns);
      }
}
""",
    "last": """\
$static void $n_last(int n, int columns, const float *in, float *out)
{
  int j;
  for (j = 0; j < columns; ++j)
    out[j] = in[(n - 1) * columns + j];
}
""",
    "mean": """\
$static void $n_mean(int n, int columns, const float *in, float *out)
{
  int i, j;
  for (j = 0; j < columns; ++j) {
    float sum = 0;
    for (i = 0; i < n; ++i)
      sum += in[i * columns + j];
    out[j] = sum / (float)n;
  }
}
""",
    "largest": """\
$static void $n_largest(int n, int columns, const float *in, float *out)
{
  int i, j;
  for (j = 0; j < columns; ++j) {
    out[j] = in[j];
    for (i = 1; i < n; ++i)
      out[j] = in[i * columns + j] > out[j] ? in[i * columns + j] : out[j];
  }
}
""",
    "window": """\
/* Each row with the rows around it; beyond the ends there are zeros. */
$static void $n_window(int n, int columns, int around, const float *in, float *out)
{
  int i, j, k;
  for (i = 0; i < n; ++i)
    for (j = i - around; j <= i + around; ++j, out += columns)
      for (k = 0; k < columns; ++k)
        out[k] = j >= 0 && j < n ? in[j * columns + k] : 0.0f;
}
""",
    "pad": """\
/* The last rows of n side by side with zeros before them, or the first rows with zeros behind. */
$static void $n_pad(int n, int columns, int rows, int is_left, const float *in, float *out)
{
  const int shift = is_left ? n - rows : 0;
  int i, k;
  for (i = 0; i < rows; ++i, out += columns)
    for (k = 0; k < columns; ++k)
      out[k] = i + shift >= 0 && i + shift < n ? in[(i + shift) * columns + k] : 0.0f;
}
""",
    "communicate": """\
/* A dense layer on each row, the mean of the other rows, and what stands beside it. */
$static const float *$n_communicate(const float *w, int n, int n_own, int n_beside, int units, const float *in,
                                    const float *beside, float *patch, float *out)
{
  float *total = patch + 2 * n_own + n_beside;
  const float *end = w;
  int i, j;
  for (j = 0; j < n_own; ++j) {
    total[j] = 0;
    for (i = 0; i < n; ++i)
      total[j] += in[i * n_own + j];
  }
  for (i = 0; i < n; ++i) {
    for (j = 0; j < n_own; ++j) {
      patch[j] = in[i * n_own + j];
      patch[n_own + j] = n > 1 ? (total[j] - patch[j]) / (float)(n - 1) : 0.0f;
    }
    for (j = 0; j < n_beside; ++j)
      patch[2 * n_own + j] = beside[i * n_beside + j];
    end = $n_dense(w, 2 * n_own + n_beside, units, patch, out + units * i);
  }
  return end;
}
""",
    "embedding": """\
/* For each of n tokens its value times the weights of its index. */
$static const float *$n_embedding(const float *w, int width, int units, const int *indices, const float *values, int n,
                                  float *out)
{
  int i, j;
  for (i = 0; i < n; ++i)
    for (j = 0; j < units; ++j)
      out[i * units + j] = values[i] * w[indices[i] * units + j];
  return w + width * units;
}
""",
    "sums_of_tokens": """\
/* The sum over n tokens of value times the weights of the index; the weights are those of $n_dense(). */
$static const float *$n_sums_of_tokens(const float *w, int width, int units, const int *indices, const float *values, int n,
                                       float *out)
{
  const float *bias = w + width * units;
  const int full = units - units % $BLOCK;
  int i, j;
  for (j = 0; j < units; ++j)
    out[j] = bias[j];
  for (i = 0; i < n; ++i)
    for (j = 0; j < units; ++j) {
      const int at = j < full ? (j - j % $BLOCK) * width + indices[i] * $BLOCK + j % $BLOCK : j * width + indices[i];
      out[j] += values[i] * w[at];
    }
  return bias + units;
}
""",
}
