// Rows of a batch: their forward pass, their deltas and losses, and the deltas of the layers below.
//
// Threads divide the rows of a block among them here, and the rows of the weights in batch_update.h. Nothing is added up across
// threads, so the bits do not depend on how many there are.

enum Aim { OUTPUTS, LOSS, GRADIENT, EPOCH };

struct Call {
  Plan *plan;
  Aim aim;
  int loss, block;  // block: rows at a time
  bool collect;     // the gradient of each block is added to Layer::sums; otherwise sums go on from block to block
  bool mean;        // deltas are those of the mean loss of the batch, not of the sum
  int64_t batch_size;
  const AnnData *data;
  const AnnRule *rule;
  AnnState *state;
  float *outputs;
  const float *means;  // where rows of a block have different means: the factor of each, instead of `mean`

  bool trains() const { return aim == GRADIENT || aim == EPOCH; }
  bool drops_units() const { return trains() && rule && rule->dropout > 0; }
  bool drops_inputs() const { return trains() && rule && rule->input_dropout > 0; }
  // The number by which dropout knows row `start` of the call.
  uint64_t row_number(int64_t start) const { return state ? (uint64_t)state->rows_seen + start : 0; }
};

// Points p->input_rows at rows b0..b1 of a block that starts at row `start` of the call.
static void find_rows(Call &call, int64_t start, int b0, int b1) {
  Plan *p = call.plan;
  const AnnData *data = call.data;
  const int n_in = p->n_inputs;
  for (int b = b0; b < b1; b++) {
    const size_t row = (size_t)row_of(data, start + b);
    p->input_rows[b] = data->inputs + row * n_in;
    // Rows come in random order: fetched now, the targets arrive while the outputs are computed.
    if (call.aim != OUTPUTS) prefetch(data->targets + row * p->batch[p->n_layers - 1].n_out);
  }
  if (!call.drops_inputs()) return;
  const float factor = (float)(1 / (1 - call.rule->input_dropout));
  for (int b = b0; b < b1; b++) {
    float *x = p->masked_inputs + (size_t)b * p->batch[0].p_in;
    memcpy(x, p->input_rows[b], sizeof(float) * n_in);
    drop(x, NULL, n_in, call.rule->seed, (call.row_number(start) + b) * p->n_units, call.rule->input_drop_limit, factor);
    p->input_rows[b] = x;
  }
}

// A few outputs of one row, as dot products.
INL void few_dots(const Layer &a, const float *x, float *z) {
  for (int j = 0; j < a.n_out; j++) {
    vf sum = set1(0.0f);
    if (a.rows == 1) {  // then panels are one after another
      for (int v = 0; v < a.width; v += VL) sum = vfma(ld(x + v), ld(a.weights + v), sum);
      z[j] = vsum(sum) + a.biases[j];
      continue;
    }
    FOR_PANELS(a.width, c, w) {
      const float *weights = a.weights + (size_t)c * a.rows + (size_t)j * w;
      for (int v = 0; v < w; v += VL) sum = vfma(ld(x + c + v), ld(weights + v), sum);
    }
    z[j] = vsum(sum) + a.biases[j];
  }
  if (a.stride > 1)
    for (int j = a.n_out; j < a.p_out; j++) z[j] = 0;
}

// The pre-activations of layer l, for rows b0..b1 of the block.
static void layer_sums(Plan *p, int l, int b0, int b1) {
  const Layer &a = p->batch[l];
  if (!a.by_output) {
    const float *const *from = l == 0 ? p->input_rows : p->batch[l - 1].value_rows;
    product<BIAS>(from + b0, b1 - b0, l == 0 && a.n_in >= 2 * LINE_FLOATS, a.n_in, a.weights, a.p_out, a.biases, a.values + (size_t)b0 * a.stride);
    return;
  }
  for (int b = b0; b < b1; b++)
    few_dots(a, p->batch[l - 1].values + (size_t)b * a.width, a.values + (size_t)b * a.stride);
}

// Forward through all layers, except for the activation of the output layer. Inlined, it would take registers from the loops
// around it.
NOINL void forward_rows(Call &call, int64_t start, int b0, int b1) {
  Plan *p = call.plan;
  const bool dropping = call.drops_units();
  const int m = b1 - b0;
  find_rows(call, start, b0, b1);
  uint64_t position = p->n_inputs;  // of the layer's first unit among inputs and hidden units
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    float *values = a.values + (size_t)b0 * a.stride;
    layer_sums(p, l, b0, b1);
    if (l == p->n_layers - 1) break;
    const bool stored = call.trains() && a.slopes && (dropping || !slope_from_value(a.activation));
    float *slopes = stored ? a.slopes + (size_t)b0 * a.p_out : NULL;
    activate(a.activation, values, slopes, (size_t)m * a.p_out);
    if (dropping) {
      const float factor = (float)(1 / (1 - call.rule->dropout));
      for (int b = 0; b < m; b++)
        drop(values + (size_t)b * a.p_out, slopes + (size_t)b * a.p_out, a.n_out, call.rule->seed,
             (call.row_number(start) + b0 + b) * p->n_units + position, call.rule->drop_limit, factor);
    }
    position += a.n_out;
    // Dot products of the next layer run over the padding too.
    if (p->batch[l + 1].by_output && a.n_out < a.p_out && lifts_zero(a.activation))
      for (int b = 0; b < m; b++) {
        float *tail = values + (size_t)b * a.p_out + a.p_out - VL;
        st(tail, keep_first(ld(tail), a.n_out - a.p_out + VL));
      }
  }
}

// Deltas and losses of rows whose single outputs stand side by side.
static void single_output_rows(Call &call, const Layer &a, int64_t start, int b0, int b1, float mean) {
  Plan *p = call.plan;
  const AnnData *data = call.data;
  for (int b = b0; b < b1; b++) {
    const int64_t row = row_of(data, start + b);
    p->row_targets[b] = data->targets[row];
    const float factor = call.means ? call.means[b] : mean;
    p->row_scales[b] = data->weights ? data->weights[row] * factor : factor;
  }
  single_output(a.activation, call.loss, p->loss_numbers[0], a.values + b0, p->row_targets + b0, p->row_scales + b0,
                a.delta + b0, p->row_losses + b0, b1 - b0);
  if (data->weights)
    for (int b = b0; b < b1; b++) p->row_losses[b] *= data->weights[row_of(data, start + b)];
}

// Outputs, losses and deltas of rows b0..b1; m: rows of the batch.
static void output_rows(Call &call, int64_t start, int b0, int b1, int64_t m) {
  Plan *p = call.plan;
  const AnnData *data = call.data;
  const Layer &a = p->batch[p->n_layers - 1];
  const int n_out = a.n_out;
  const float mean = call.mean ? 1.0f / m : 1.0f;
  if (call.aim == OUTPUTS) {
    if (a.activation == SOFTMAX)
      for (int b = b0; b < b1; b++) softmax_row(a.values + (size_t)b * a.stride, n_out);
    else
      activate(a.activation, a.values + (size_t)b0 * a.stride, NULL, ((size_t)(b1 - b0) * a.stride + VL - 1) / VL * VL);
  } else if (a.stride == 1) {
    single_output_rows(call, a, start, b0, b1, mean);
  } else {
    for (int b = b0; b < b1; b++) {
      const int64_t row = row_of(data, start + b);
      const float weight = data->weights ? data->weights[row] : 1.0f;
      p->row_losses[b] = weight * output_row(a.activation, call.loss, a.values + (size_t)b * a.stride,
                                             data->targets + (size_t)row * n_out, p->loss_numbers,
                                             weight * (call.means ? call.means[b] : mean),
                                             a.delta + (size_t)b * a.stride, n_out);
    }
  }
  if (call.outputs)
    for (int b = b0; b < b1; b++)
      memcpy(call.outputs + (size_t)(start + b) * n_out, a.values + (size_t)b * a.stride, sizeof(float) * n_out);
}

// Whether update_weights() packs the inputs of a layer and reads its deltas in panels: where they are read often enough to pay
// for the copies. Tiles of wide vectors read their inputs less often; measured, they gain nothing.
static bool packs_deltas(const Layer &a, int m) {
  return PANEL_FLOATS <= 16 && !a.by_output && a.rows >= 64 && m >= 64 && panel_vectors(a.width) * VL < a.width;
}

// Deltas of rows b0..b1 of a block of `rows`.
static void backward_rows(Call &call, int b0, int b1, int rows) {
  Plan *p = call.plan;
  const bool dropping = call.drops_units();
  const int m = b1 - b0;
  for (int l = p->n_layers - 1; l >= 0; l--) {
    const Layer &a = p->batch[l];
    if (packs_deltas(a, rows)) pack_deltas(a, b0, b1, rows);
    if (l == 0) break;
    const Layer &below = p->batch[l - 1];
    float *down = below.delta + (size_t)b0 * a.p_in;
    product<ZERO>(a.delta_rows + b0, m, false, a.n_out, a.by_output ? a.weights : a.transposed, a.p_in, NULL, down);
    const bool stored = dropping || !slope_from_value(below.activation);
    multiply_slopes(below.activation, down, below.values + (size_t)b0 * a.p_in,
                    stored ? below.slopes + (size_t)b0 * a.p_in : NULL, (size_t)m * a.p_in);
  }
}
