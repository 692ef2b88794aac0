// Pieces: samples of many rows are presented some rows at a time; recurrent steps carry their state from piece to piece.

enum { FORWARD_ROWS = 512 };  // where only outputs or losses are wanted: any number gives the same

INL int64_t piece_of(const Chain *c, const AnnChainCall &request) {
  const bool forward = request.aim == ANN_OUTPUTS || request.aim == ANN_LOSS;
  if (forward && request.first_row < 0) return c->streams && c->recurs ? (int64_t)FORWARD_ROWS : 0;
  return request.truncate;
}

// Samples between two updates. Without updates, as many as carry their states together.
INL int64_t batch_of(const ChainCall &call) {
  if (call.request.aim == ANN_EPOCH) return call.request.batch_size;
  if (call.request.first_row >= 0) return call.data->n;
  return call.piece && call.data->n > BLOCK_SAMPLES ? (int64_t)BLOCK_SAMPLES : call.data->n;
}

// How many pieces the longest of the samples start..start + m has; of a call for one piece, up to that.
static int64_t pieces_of(const ChainCall &call, int64_t start, int64_t m) {
  if (!call.piece) return 1;
  if (call.request.first_row >= 0) return call.request.first_row / call.piece + 1;
  int64_t most = 1;
  for (int64_t r = start; r < start + m; r++) {
    const int64_t row = sample_of(call, r);
    const int64_t n = (call.data->starts[row + 1] - call.data->starts[row] + call.piece - 1) / call.piece;
    most = n > most ? n : most;
  }
  return most;
}

// The first piece of a batch that is wanted.
INL int64_t first_piece(const ChainCall &call) { return call.request.first_row >= 0 ? call.request.first_row / call.piece : 0; }

// Sets a bench to piece i of a batch from sample `start` on.
static void begin_piece(const ChainCall &call, Bench &bench, int64_t start, int64_t i, int64_t pieces) {
  bench.batch = start;
  bench.from = i * call.piece;
  if (call.request.first_row >= 0) {
    bench.states = call.request.states;
    bench.next_states = bench.states ? call.request.states + (size_t)call.data->n * call.chain->state_floats : NULL;
    return;
  }
  bench.states = i ? call.states[(i - 1) % 2] : NULL;
  bench.next_states = i + 1 < pieces ? call.states[i % 2] : NULL;
}

// The answers of a batch or of a piece of it: one for each sample, or for each of its rows.
static int64_t answers_of(const ChainCall &call, const Bench &bench, int64_t start, int64_t m) {
  const AnnSamples *data = call.data;
  if (!data->target_starts) return m;
  int64_t n = 0;
  for (int64_t r = start; r < start + m; r++) {
    const int64_t row = sample_of(call, r);
    n += call.piece ? input_rows(call, bench, r) : data->target_starts[row + 1] - data->target_starts[row];
  }
  return n;
}

// The answers of all samples of the call, or of their piece; of outputs, the samples.
static int64_t all_answers(const ChainCall &call) {
  const AnnSamples *data = call.data;
  if (call.request.first_row >= 0) {
    Bench bench = call.benches[0];
    bench.from = call.request.first_row;
    return answers_of(call, bench, 0, data->n);
  }
  if (call.request.aim == ANN_OUTPUTS || !data->target_starts) return data->n;
  int64_t n = 0;
  for (int64_t r = 0; r < data->n; r++) {
    const int64_t row = sample_of(call, r);
    n += data->target_starts[row + 1] - data->target_starts[row];
  }
  return n;
}

// Where the outputs of each sample start, where they do not come one after another. False where there is no memory.
static bool find_outputs(ChainCall &call) {
  const Chain *c = call.chain;
  const AnnSamples *data = call.data;
  if (!(c->recurs || call.piece) || !call.request.outputs || c->nodes[0].form.rows()) return true;
  call.out_starts = (int64_t *)malloc(sizeof(int64_t) * ((size_t)data->n + 1));
  if (!call.out_starts) return false;
  call.out_starts[0] = 0;
  for (int64_t r = 0; r < data->n; r++) {
    const int64_t row = sample_of(call, r);
    int rows = (int)(data->starts[row + 1] - data->starts[row]);
    for (int k = 1; k <= c->n; k++) rows = rows_after(c->nodes[k].s, c->nodes[k - 1].form, c->nodes[k].form, rows);
    call.out_starts[r + 1] = call.out_starts[r] + rows;
  }
  return true;
}
