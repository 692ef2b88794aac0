// Places: where the rows of a block of samples lie. Every member of a team works them out for itself, and finds the same.

// What one direction of a recurrent step keeps, row by row in the order of time (chain_strips.h). On the way back the deltas take
// the place of the gates, of the candidate and of the inner sums.
struct Cells {
  float *gates;      // [rows][gates of the first part]
  float *hidden;     // [rows][pad(units)], and so are the others
  float *cell;       // lstm: the cells; gru: the candidate
  float *inner;      // gru: what the reset gate multiplies; recurrent: slopes, or null
};

struct Place {
  int each;           // rows of a sample, where all have the same number
  const int *starts;  // (samples + 1), where they do not
  float *values, *slopes, *delta;    // [rows][stride]
  float *extra;                      // [rows][stride]: the slopes that a skip hands back
  float *own, *own_delta;            // what a step keeps of its inputs: bordered rows, or rows side by side
  float *index;                      // [rows][stride]: which row was the largest
  Cells cells[2];

  int start(int s) const { return starts ? starts[s] : s * each; }
};

// What a member of the team works in.
struct Bench {
  Place *places;           // n + 1
  int *starts;             // [n + 1][BLOCK_SAMPLES + 1]
  float *scratch;
  const float **pointers;  // MOST_POINTERS
  int *order;              // [BLOCK_SAMPLES]: the samples of the block in the order in which they lie there; null for their own order
  int64_t from, batch;     // the first row of the piece, in samples that go in pieces; the first sample of the batch
  const float *states;     // [samples of the batch][state_floats] before the piece, or null for zeros
  float *next_states;      // after it, or null where nobody asks
};

struct ChainCall {
  Chain *chain;
  AnnChainCall &request;
  const AnnSamples *data;
  const AnnRule *rule;
  Bench *benches;
  float *row_losses;
  size_t scratch;  // floats of a bench
  int64_t piece;        // rows that samples have at a time; 0: all
  int64_t *out_starts;  // (samples of the call + 1): where their outputs start among those of the call, or null: one after another
  float *states[2];     // of a batch, before and after a piece

  bool trains() const { return request.aim == ANN_GRADIENT || request.aim == ANN_EPOCH; }
  bool drops_units() const { return trains() && rule && rule->dropout > 0; }
  bool drops_inputs() const { return trains() && rule && rule->input_dropout > 0; }
};

INL bool stores_slopes(const ChainCall &call, int k) {
  return call.trains() && k > 0 && k < call.chain->n && (call.drops_units() || !slope_from_value(call.chain->nodes[k].s.activation));
}

INL bool keeps_index(const Node &node) { return node.s.kind == ANN_MAX_POOL || node.s.kind == ANN_MAX; }

// The rows of sample r of the call that a piece has, before the first step.
INL int input_rows(const ChainCall &call, const Bench &bench, int64_t r) {
  const Node &inputs = call.chain->nodes[0];
  if (inputs.form.rows()) return inputs.form.rows();
  const int64_t row = call.data->rows ? call.data->rows[r] : r, rows = call.data->starts[row + 1] - call.data->starts[row];
  if (!call.piece) return (int)rows;
  const int64_t left = rows - bench.from;
  return (int)(left < 0 ? 0 : left < call.piece ? left : call.piece);
}

// The bordered rows of a convolution below whose inputs are `rows` rows of one sample, in floats.
INL size_t bordered(const Node &node, const Node &below, int rows) {
  const size_t width = (size_t)border_width(node, below.form.rows() ? below.form.width : rows);
  return width * border_height(node, below) * below.form.columns;
}

INL float *take_floats(float *&memory, size_t n) {
  float *found = memory;
  memory += (n + 15) / 16 * 16 + 32;
  return found;
}

// Orders the n samples from number `first` of the call on: the longest first, and those of one length as they come.
static void order_samples(const ChainCall &call, const Bench &bench, int64_t first, int n) {
  int *starts = bench.starts;  // of the inputs, which are found later: until then they hold the lengths
  for (int s = 0; s < n; s++) {
    const int rows = input_rows(call, bench, first + s);
    int at = s;
    for (; at > 0 && starts[at - 1] < rows; at--) {
      starts[at] = starts[at - 1];
      bench.order[at] = bench.order[at - 1];
    }
    starts[at] = rows;
    bench.order[at] = s;
  }
}

// What the directions of a recurrent step keep of `rows` rows.
static void lay_out_cells(const ChainCall &call, const Node &node, size_t rows, Place &p, float *&at) {
  for (int d = 0; d < node.s.directions; d++) {
    Cells &cells = p.cells[d];
    const size_t size = rows * pad(node.s.units);
    cells.gates = take_floats(at, rows * node.parts[0].a.p_out);
    cells.hidden = take_floats(at, size);
    if (node.s.kind != ANN_RECURRENT) cells.cell = take_floats(at, size);
    if (node.s.kind == ANN_GRU || (node.s.kind == ANN_RECURRENT && call.trains() && !slope_from_value(node.cell))) cells.inner = take_floats(at, size);
  }
}

// Lays out the samples first..first + n of the call from `memory` on; returns the end. Only sizes count where places is null.
static size_t lay_out(const ChainCall &call, int64_t first, int n, float *memory, const Bench *bench) {
  const Chain *c = call.chain;
  const bool trains = call.trains();
  float *at = memory;
  if (bench->order) order_samples(call, *bench, first, n);
  for (int k = 0; k <= c->n; k++) {
    const Node &node = c->nodes[k];
    Place &p = bench->places[k];
    memset(&p, 0, sizeof p);
    p.each = node.form.rows();
    if (!p.each) {
      int *starts = bench->starts + (size_t)k * (BLOCK_SAMPLES + 1);
      starts[0] = 0;
      for (int s = 0; s < n; s++) {
        const int rows = k == 0 ? input_rows(call, *bench, first + (bench->order ? bench->order[s] : s))
                                : rows_after(node.s, c->nodes[k - 1].form, node.form, bench->places[k - 1].start(s + 1) - bench->places[k - 1].start(s));
        starts[s + 1] = starts[s] + rows;
      }
      p.starts = starts;
    }
    const size_t rows = (size_t)p.start(n), size = rows * node.stride;
    if (!node.form.tokens) p.values = take_floats(at, size);
    if (k == 0) continue;
    if (trains && k >= c->first_block) p.delta = take_floats(at, size);
    if (stores_slopes(call, k)) p.slopes = take_floats(at, size);
    if (trains && node.is_skipped && k >= c->first_block) p.extra = take_floats(at, size);
    if (node.n_parts) lay_out_cells(call, node, rows, p, at);
    if (keeps_index(node)) p.index = take_floats(at, size);
    if (node.s.kind == ANN_CONVOLUTION) {
      const Place &q = bench->places[k - 1];
      const Node &below = c->nodes[k - 1];
      const size_t borders = below.form.rows() ? n * bordered(node, below, 0)
                                               : ((size_t)q.start(n) + (size_t)n * (node.s.before_x + node.s.after_x)) * below.form.columns;
      p.own = take_floats(at, borders);
    }
    if (node.s.kind == ANN_COMMUNICATE) {
      p.own = take_floats(at, rows * node.own_stride);
      if (trains && node.wants) p.own_delta = take_floats(at, rows * node.own_stride);
    }
  }
  return (size_t)(at - memory);
}

// Where the bordered rows of sample s start.
INL float *borders_of(const Node &node, const Node &below, const Place &p, const Place &q, int s) {
  if (below.form.rows()) return p.own + (size_t)s * bordered(node, below, 0);
  return p.own + ((size_t)q.start(s) + (size_t)s * (node.s.before_x + node.s.after_x)) * below.form.columns;
}
