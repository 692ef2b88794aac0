// What a step reads of its inputs, and the way back for their slopes: bordered rows and windows of convolutions, pools,
// reductions, windows of rows, communicating rows. Formulas: the files of network/layers.

// The inputs of one sample, without padding and with zeros around them. to: its bordered rows.
static void border_rows(const Node &node, const Node &below, const float *from, int width, float *to) {
  const int C = below.form.columns, wide = border_width(node, width) * C, left = node.s.before_x * C;
  const int top = node.s.before_y, height = below.form.height;
  const bool bare = !(top || node.s.after_y || left || node.s.after_x);
  if (!bare) memset(to, 0, sizeof(float) * wide * border_height(node, below));
  for (int y = 0; y < height; y++, from += (size_t)width * below.stride) {
    float *row = to + (size_t)(top + y) * wide + left;
    if (below.stride == C) memcpy(row, from, sizeof(float) * width * C);
    else if (bare && C <= VL && wide >= VL && y + 1 < height)  // a whole vector each, whose rest the next one overwrites
      for (int x = 0; x < width; x++) stu(row + (size_t)x * C, ld(from + (size_t)x * below.stride));
    else
      for (int x = 0; x < width; x++) memcpy(row + (size_t)x * C, from + (size_t)x * below.stride, sizeof(float) * C);
  }
}

// Goes through the windows of samples s..end, some at a time.
struct Windows {
  const Node &node, &below;
  const Place &p, &q;
  int s, end, row;

  // Points `to` at the next ones, at most `most`; returns how many.
  int next(const float **to, int most) {
    const int C = below.form.columns;
    int m = 0;
    while (s < end && m < most) {
      const int rows = p.start(s + 1) - p.start(s), columns = node.form.rows() ? node.form.width : rows;
      const int pitch = border_width(node, below.form.rows() ? below.form.width : q.start(s + 1) - q.start(s)) * C;
      const float *base = borders_of(node, below, p, q, s);
      const int step = node.s.stride_x * C;
      int y = columns ? row / columns : 0, x = columns ? row % columns : 0;
      for (; row < rows && m < most; y++, x = 0) {
        const float *from = base + (size_t)y * node.s.stride_y * pitch + (size_t)x * step;
        for (; x < columns && m < most; x++, row++, from += step) to[m++] = from;
      }
      if (row == rows) {
        s++;
        row = 0;
      }
    }
    return m;
  }
};

// Adds the slopes of m windows, [m][segments][wide_run], to the bordered slopes of their sample. first: number of the first one.
static void scatter_windows(const Node &node, const Node &below, int columns, int width, const float *slopes, int first, int m, float *to) {
  const int C = below.form.columns, pitch = border_width(node, width) * C, wide = node.segments * node.wide_run;
  for (int r = first; r < first + m; r++, slopes += wide) {
    float *at = to + (size_t)(r / columns) * node.s.stride_y * pitch + (size_t)(r % columns) * node.s.stride_x * C;
    for (int i = 0; i < node.segments; i++, at += pitch)
      for (int v = 0; v < node.run; v += VL) stu(at + v, ldu(at + v) + ld(slopes + (size_t)i * node.wide_run + v));
  }
}

// The slopes of the inputs of one sample from the bordered ones; padding becomes 0.
static void unborder_rows(const Node &node, const Node &below, const float *from, int width, float *to) {
  const int C = below.form.columns, wide = border_width(node, width) * C;
  from += (size_t)node.s.before_y * wide + (size_t)node.s.before_x * C;
  for (int y = 0; y < below.form.height; y++, from += wide)
    for (int x = 0; x < width; x++, to += below.stride)
      for (int v = 0; v < below.stride; v += VL) st(to + v, keep_first(ldu(from + (size_t)x * C + v), C - v));
}

// One sample of a pool. width: of its inputs; columns: of its outputs. index: null for the mean.
static void pool_rows(const Node &node, const float *from, int width, int rows, int columns, float *to, float *index) {
  const int P = node.stride, size_x = node.s.size_x, size_y = node.s.size_y;
  const vf share = set1(1.0f / ((float)size_x * size_y));
  for (int r = 0; r < rows; r++) {
    const float *corner = from + ((size_t)(r / columns) * node.s.stride_y * width + (size_t)(r % columns) * node.s.stride_x) * P;
    for (int v = 0; v < P; v += VL) {
      vf best = ld(corner + v), which = set1(0.0f);
      for (int y = 0, k = 0; y < size_y; y++)
        for (int x = 0; x < size_x; x++, k++) {
          const vf a = ld(corner + ((size_t)y * width + x) * P + v);
          if (!k) continue;
          if (index) which = where_less(best, a, set1((float)k), which);
          best = index ? where_less(best, a, a, best) : best + a;
        }
      if (index) st(index + (size_t)r * P + v, which);
      st(to + (size_t)r * P + v, index ? best : best * share);
    }
  }
}

// The way back: adds to the slopes of its inputs, which are 0.
static void pool_back(const Node &node, const float *delta, const float *index, int width, int rows, int columns, float *to) {
  const int P = node.stride, size_x = node.s.size_x, size_y = node.s.size_y;
  const vf share = set1(1.0f / ((float)size_x * size_y)), half = set1(0.5f), none = set1(0.0f);
  for (int r = 0; r < rows; r++) {
    float *corner = to + ((size_t)(r / columns) * node.s.stride_y * width + (size_t)(r % columns) * node.s.stride_x) * P;
    for (int v = 0; v < P; v += VL) {
      const vf d = ld(delta + (size_t)r * P + v), which = index ? ld(index + (size_t)r * P + v) : none;
      for (int y = 0, k = 0; y < size_y; y++)
        for (int x = 0; x < size_x; x++, k++) {
          float *at = corner + ((size_t)y * width + x) * P + v;
          const vf part = index ? where_less(vabs(which - set1((float)k)), half, d, none) : d * share;
          st(at, ld(at) + part);
        }
    }
  }
}

// One row of the `rows` of a sample: the last, their mean or their largest. P: floats of a row.
static void reduce_rows(int kind, const float *from, int rows, int P, float *to, float *index) {
  for (int v = 0; v < P; v += VL) {
    vf sum = ld(from + v), which = set1(0.0f);
    if (kind == ANN_LAST) sum = ld(from + (size_t)(rows - 1) * P + v);
    else
      for (int r = 1; r < rows; r++) {
        const vf a = ld(from + (size_t)r * P + v);
        if (kind == ANN_MAX) {
          which = where_less(sum, a, set1((float)r), which);
          sum = where_less(sum, a, a, sum);
        } else sum += a;
      }
    if (kind == ANN_MEAN) sum = sum / set1((float)rows);
    if (kind == ANN_MAX) st(index + v, which);
    st(to + v, sum);
  }
}

static void reduce_back(int kind, const float *delta, const float *index, int rows, int P, float *to) {
  const vf none = set1(0.0f), n = set1((float)rows), half = set1(0.5f);
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < P; v += VL) {
      const vf d = ld(delta + v);
      vf part = d;
      if (kind == ANN_MEAN) part = d / n;
      if (kind == ANN_LAST && r + 1 < rows) part = none;
      if (kind == ANN_MAX) part = where_less(vabs(ld(index + v) - set1((float)r)), half, d, none);
      st(to + (size_t)r * P + v, part);
    }
}

// The rows of a sample that a pad lays side by side, the last ones or the first ones, and the place of the first of them.
struct PaddedRows {
  int n, from, at;

  PaddedRows(const Node &node, int rows) : n(least(node.s.size_x, rows)), from(node.s.before_x ? rows - n : 0), at(node.s.before_x ? node.s.size_x - n : 0) {}
};

static void pad_rows(const Node &node, const Node &below, const float *from, int rows, float *to) {
  const int C = below.form.columns;
  const PaddedRows taken(node, rows);
  memset(to, 0, sizeof(float) * node.stride);
  copy_rows(to + (size_t)taken.at * C, C, from + (size_t)taken.from * below.stride, below.stride, taken.n, C);
}

// The way back: writes the slopes of its inputs, which are 0.
static void pad_back(const Node &node, const Node &below, const float *delta, int rows, float *to) {
  const int C = below.form.columns;
  const PaddedRows taken(node, rows);
  copy_rows(to + (size_t)taken.from * below.stride, below.stride, delta + (size_t)taken.at * C, C, taken.n, C);
}

// Each row beside those around it, with zeros beyond the ends of the sample.
static void window_rows(const Node &node, const Node &below, const float *from, int width, int rows, float *to) {
  const int C = below.form.columns;
  for (int r = 0; r < rows; r++, to += node.stride) {
    for (int i = 0; i < node.s.size_x; i++) {
      const int at = r * node.s.stride_x - node.s.before_x + i;
      if (at < 0 || at >= width) memset(to + (size_t)i * C, 0, sizeof(float) * C);
      else memcpy(to + (size_t)i * C, from + (size_t)at * below.stride, sizeof(float) * C);
    }
    for (int j = node.form.columns; j < node.stride; j++) to[j] = 0;
  }
}

static void window_back(const Node &node, const Node &below, const float *delta, int width, int rows, float *to) {
  const int C = below.form.columns;
  for (int r = 0; r < rows; r++, delta += node.stride)
    for (int i = 0; i < node.s.size_x; i++) {
      const int at = r * node.s.stride_x - node.s.before_x + i;
      if (at < 0 || at >= width) continue;
      float *slope = to + (size_t)at * below.stride;
      for (int j = 0; j < C; j++) slope[j] += delta[(size_t)i * C + j];
    }
}

// The mean of the other rows of a group, for n of the columns of each row; 0 for a row alone. By sums in double precision it does not
// depend on the order of the rows. from, to: the first row of each.
static void mean_of_others(const float *from, int stride, int rows, int n, float *to, int to_stride, bool adds) {
  enum { COLUMNS = 64 };
  const double share = rows > 1 ? 1.0 / (rows - 1) : 0.0;
  for (int c = 0; c < n; c += COLUMNS) {
    const int m = least(COLUMNS, n - c);
    double sums[COLUMNS] = {0};
    for (int r = 0; r < rows; r++) {
      const float *row = from + (size_t)r * stride + c;
      for (int j = 0; j < m; j++) sums[j] += row[j];
    }
    for (int r = 0; r < rows; r++) {
      const float *row = from + (size_t)r * stride + c;
      float *at = to + (size_t)r * to_stride + c;
      if (adds)
        for (int j = 0; j < m; j++) at[j] += (float)((sums[j] - row[j]) * share);
      else
        for (int j = 0; j < m; j++) at[j] = (float)((sums[j] - row[j]) * share);
    }
  }
}

// The rows [h | mean of the others | h of the skipped layer] of a group.
static void gather_group(const Node &node, const Node &below, const float *h, const Node *skipped, const float *h0, int rows, float *to) {
  const int d = below.form.columns, d0 = skipped ? skipped->form.columns : 0;
  for (int r = 0; r < rows; r++) {
    float *row = to + (size_t)r * node.own_stride;
    memcpy(row, h + (size_t)r * below.stride, sizeof(float) * d);
    if (skipped) memcpy(row + 2 * d, h0 + (size_t)r * skipped->stride, sizeof(float) * d0);
    for (int j = 2 * d + d0; j < node.own_stride; j++) row[j] = 0;
  }
  mean_of_others(h, below.stride, rows, d, to + d, node.own_stride, false);
}

static void group_back(const Node &node, const Node &below, const float *slopes, int rows, float *to, const Node *skipped, float *extra) {
  const int d = below.form.columns;
  for (int r = 0; r < rows; r++) {
    const float *from = slopes + (size_t)r * node.own_stride;
    float *row = to + (size_t)r * below.stride;
    memcpy(row, from, sizeof(float) * d);
    for (int j = d; j < below.stride; j++) row[j] = 0;
    if (extra)
      for (int j = 0; j < skipped->form.columns; j++) extra[(size_t)r * skipped->stride + j] += from[2 * d + j];
  }
  mean_of_others(slopes + d, node.own_stride, rows, d, to, below.stride, true);
}
