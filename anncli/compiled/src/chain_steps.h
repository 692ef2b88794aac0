// Steps: a chain of layers as the compiled code knows it, and the shape of what flows between two of them.
//
// A sample is a number of rows of some columns. A picture is height * width rows of its channels; a vector is one row. Where
// samples differ in their number of rows, height is 1 and width is 0. Form 0 is what the first step is given.
#ifndef ANN_CHAIN_STEPS_H
#define ANN_CHAIN_STEPS_H

#include <limits.h>

#include "codes.h"

enum { MOST_COMPONENTS = 1024 };  // of a bilinear neuron

// units: columns of its outputs, of a bilinear step neurons; size, stride: of a window over rows (x alone) or over a picture;
// before, after: rows of zeros around the edges, of a pad 1 on the side where zeros stand; skip: the form whose rows stand beside the inputs, 0 for none; components: of
// a bilinear neuron; directions: of a recurrent step, 2 if it reads the rows backward too; position: the number of its first output among all units for dropout, from 1; 0: its outputs are those of
// the step before in another form; frozen: its gradient is 0, and no rule changes its weights, which an embedding may be. Python hands over an array with a column for each field.
#define ANN_STEP_FIELDS(X) \
  X(kind) X(activation) X(units) X(size_y) X(size_x) X(stride_y) X(stride_x) X(before_y) X(before_x) X(after_y) X(after_x) \
  X(skip) X(components) X(directions) X(position) X(frozen)

struct AnnStep {
#define ANN_FIELD(NAME) int32_t NAME;
  ANN_STEP_FIELDS(ANN_FIELD)
#undef ANN_FIELD
};

struct AnnForm {
  int32_t height, width, columns;
  int32_t counting;  // forms of one number of rows in every sample have the same
  bool tokens;

  int rows() const { return height * width; }  // 0: any number
};

// A chain, complete: n steps, n + 1 forms, the length of each step's block (0 for none), the products of bilinear steps one
// after another, components^3 numbers each.
struct AnnChain {
  int n;
  const AnnStep *steps;
  const AnnForm *forms;
  const int *fan_in;          // rows of the block below its biases
  const float *products;      // of all bilinear steps
  int64_t n_units;            // inputs and hidden units together; dropout counts by it from sample to sample
  const float *loss_numbers;  // one for each output, or null
};

inline bool is_recurrent(int kind) { return kind == ANN_RECURRENT || kind == ANN_LSTM || kind == ANN_GRU; }

inline bool has_block(int kind) {
  return kind == ANN_DENSE || kind == ANN_CONVOLUTION || kind == ANN_COMMUNICATE || kind == ANN_BILINEAR || kind == ANN_EMBEDDING ||
         kind == ANN_SPARSE || is_recurrent(kind);
}

// Whether a step treats each row by itself, or the rows of a sample one after another with a state.
inline bool streams(const AnnStep &s) {
  return s.kind == ANN_DENSE || s.kind == ANN_BILINEAR || s.kind == ANN_EMBEDDING || (is_recurrent(s.kind) && s.directions == 1);
}

inline bool takes_windows(int kind) {
  return kind == ANN_CONVOLUTION || kind == ANN_MEAN_POOL || kind == ANN_MAX_POOL || kind == ANN_WINDOW;
}

// The gates of a recurrent step: the columns of its blocks for each unit.
inline int gates_of(int kind) { return kind == ANN_LSTM ? 4 : kind == ANN_GRU ? 3 : 1; }

// The floats of the state of a sample after a step: hidden values, and the cells of an lstm, each in whole lines.
inline int state_floats(const AnnStep &s) {
  if (!is_recurrent(s.kind) || s.directions > 1) return 0;
  return (s.units + 15) / 16 * 16 * (s.kind == ANN_LSTM ? 2 : 1);
}

// The numbers of a step's block in the parameter vector.
inline int64_t block_size(const AnnStep &s, const AnnForm &to, int fan_in) {
  if (s.kind == ANN_EMBEDDING) return (int64_t)fan_in * to.columns;
  if (s.kind == ANN_BILINEAR) return ((int64_t)fan_in / s.components + 1) * to.columns;
  if (is_recurrent(s.kind)) {
    const int64_t each = (1 + (int64_t)fan_in + s.units) * gates_of(s.kind) + (s.kind == ANN_GRU);
    return each * s.units * s.directions;
  }
  return has_block(s.kind) ? ((int64_t)fan_in + 1) * to.columns : 0;
}

// How often a window fits into n rows.
inline int windows_in(int n, int before, int after, int size, int stride) {
  const int room = n + before + after - size;
  return room < 0 ? 0 : room / stride + 1;
}

// The rows of a sample after a step, from those before it.
inline int rows_after(const AnnStep &s, const AnnForm &from, const AnnForm &to, int rows) {
  if (to.rows()) return to.rows();
  return takes_windows(s.kind) ? windows_in(from.rows() ? from.width : rows, s.before_x, s.after_x, s.size_x, s.stride_x) : rows;
}

// The form after a step and its fan-in; null, or what is wrong. All numbers of a step are at least 0.
inline const char *trace_step(const AnnStep &s, const AnnForm *forms, int number, AnnForm *to, int *fan_in) {
  const AnnForm &from = forms[number];
  const int most = 1 << 24;
  *to = from;
  to->tokens = false;
  *fan_in = from.columns;
  if (s.kind < 0 || s.kind >= N_STEPS) return "there is no such kind";
  if (!is_recurrent(s.kind) && from.tokens != (s.kind == ANN_EMBEDDING || s.kind == ANN_SPARSE)) return "it cannot follow these inputs";
  if (s.frozen && s.kind != ANN_EMBEDDING) return "it cannot be frozen";
  if (has_block(s.kind)) to->columns = s.units;
  if (s.kind == ANN_SPARSE || (s.kind >= ANN_FLATTEN && s.kind <= ANN_MAX)) to->height = to->width = 1;
  if (s.kind == ANN_FLATTEN) {
    if (!from.rows() || from.columns > most / from.rows()) return "it needs a fixed number of rows";
    to->columns = from.columns * from.rows();
  }
  if (s.kind == ANN_PAD) {
    if (s.size_x < 1 || from.columns > most / s.size_x) return "it is too large";
    to->columns = from.columns * s.size_x;
  }
  if (takes_windows(s.kind)) {
    if (s.size_x < 1 || s.size_y < 1 || s.stride_x < 1 || s.stride_y < 1) return "it has no size";
    if (s.size_x > 65536 || s.size_y > 65536 || s.before_x > 65536 || s.before_y > 65536 || s.after_x > 65536 || s.after_y > 65536)
      return "it is too large";
    if (!from.rows() && (s.size_y > 1 || s.before_y || s.after_y)) return "it is for pictures";
    if ((int64_t)s.size_x * s.size_y * from.columns > most) return "it is too large";
    if (s.kind == ANN_CONVOLUTION || s.kind == ANN_WINDOW) *fan_in = s.size_x * s.size_y * from.columns;
    if (s.kind == ANN_WINDOW) to->columns = *fan_in;
    if (from.rows()) {
      const int64_t height = (int64_t)from.height + s.before_y + s.after_y, width = (int64_t)from.width + s.before_x + s.after_x;
      if (height * width > most / from.columns * 4) return "it is too large";
      to->height = windows_in(from.height, s.before_y, s.after_y, s.size_y, s.stride_y);
      to->width = windows_in(from.width, s.before_x, s.after_x, s.size_x, s.stride_x);
      if (!to->rows()) return "it is larger than what it is given";
    }
  }
  if (s.kind == ANN_COMMUNICATE) {
    if (s.skip > number) return "it skips to a later layer";
    const AnnForm &skipped = forms[s.skip ? s.skip : number];
    if (s.skip && (skipped.counting != from.counting || skipped.tokens)) return "it skips over other rows";
    *fan_in = from.columns * 2 + (s.skip ? skipped.columns : 0);
  }
  if (s.kind == ANN_BILINEAR) {
    if (s.components < 1 || s.components > MOST_COMPONENTS || from.columns % s.components) return "its components do not fit";
    if (s.units > most / s.components) return "it is too large";
    to->columns = s.units * s.components;
  }
  if (is_recurrent(s.kind)) {
    if (from.rows() > 1) return "it reads rows, not pictures";
    if (s.directions < 1 || s.directions > 2 || s.units > most / 8) return "it is too large";
    to->columns = s.units * s.directions;
  }
  if (to->columns < 1 || to->columns > most || *fan_in > most || (int64_t)to->rows() * to->columns > most) return "it is too large";
  const bool keeps_rows = !takes_windows(s.kind) || (s.stride_x == 1 && s.before_x + s.after_x == s.size_x - 1);
  if (to->rows() != from.rows() || (!to->rows() && !keeps_rows) || to->height != from.height) to->counting = number + 1;
  return NULL;
}

#endif
