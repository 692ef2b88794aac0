// A plan: one topology with the memory its calls work in, kept from call to call.
//
// Two layouts, each in its own arena: online (a row at a time) and batch (many rows). Parameters come and go as the one
// vector of network.Topology: per layer a block (n_in + 1, n_out), biases first. Inside, rows are padded to whole vectors;
// padded weights are 0 and stay 0, because their deltas or their inputs are kept at 0.

enum { PACK_FLOATS = 24576 };  // of one member; with a panel of deltas they fit in half an L2 cache

INL int64_t row_of(const AnnData *data, int64_t r) { return data->rows ? data->rows[r] : r; }

struct Layer {
  int n_in, n_out, p_in, p_out, activation;
  size_t offset;  // where its block starts in the parameter vector
  // Weights are [rows][width]: [in][p_out], or [out][p_in] where `by_output`. Those of batches are stored in panels (panel.h).
  bool by_output, panels;
  int rows, width;
  float *weights, *first, *second;                  // first, second: the vectors of the update rule
  float *biases, *first_biases, *second_biases;     // (p_out,)
  float *sums;                                      // batch: a gradient collected over several blocks
  float *sum_biases, *odd_biases;                   // batch: that of the biases; update_biases() keeps two sums of each
  float *transposed;                                // batch: [out][p_in] in panels, the weights of the backward pass
  float *packed;                                    // batch: the deltas of a block in panels of [rows][width of the panel]
  float *values, *slopes, *delta;                   // batch: [capacity][stride]; online: (p_out,)
  int stride;                                       // floats between two rows of values and of delta
  const float **value_rows, **delta_rows;           // batch: where each of these rows starts
  float *is_unit;                                   // online: (p_out,) 1 on units, 0 on padding
};

struct Plan {
  int n_layers;
  Layer *online, *batch;
  Arena online_arena, batch_arena, word_arena;
  bool online_ready, batch_slopes;
  int capacity, members;      // rows of the batch arena, threads that it has packs for
  float *packs;               // [members][PACK_FLOATS], where gradient() packs its inputs
  const float **pack_rows;    // [members][capacity]
  float *masked_inputs;       // [capacity][pad(n_inputs)], for input dropout
  float *row_scales, *row_losses, *row_targets, *row_means;  // (capacity,)
  const float **input_rows;   // (capacity,)
  float *loss_numbers;        // one for each output, padded; zeros for losses without
  size_t n_parameters;
  int n_inputs, n_units;      // n_units: inputs and hidden units together; dropout counts by it from row to row
};

// Whether a layer has so few outputs after a hidden layer that, with weights by input, most of each vector would be padding.
// With weights by output, its sums are dot products.
static bool few_outputs(int number, int n_layers, int n_out) {
  return number == n_layers - 1 && number > 0 && n_out * 4 <= (VL > 4 ? VL : 4);
}

// loss_numbers: one for each output, or null.
static Plan *plan_create(int n_layers, const int *sizes, const int *activations, const float *loss_numbers) {
  Plan *p = (Plan *)calloc(1, sizeof *p);
  Layer *layers = (Layer *)calloc((size_t)n_layers * 2, sizeof(Layer));
  const int n_outputs = sizes[n_layers];
  float *numbers = (float *)calloc((size_t)pad(n_outputs), sizeof(float));
  if (!p || !layers || !numbers) {
    free(p);
    free(layers);
    free(numbers);
    return NULL;
  }
  for (int k = 0; k < n_outputs && loss_numbers; k++) numbers[k] = loss_numbers[k];
  p->loss_numbers = numbers;
  p->n_layers = n_layers;
  p->online = layers;
  p->batch = layers + n_layers;
  p->n_inputs = sizes[0];
  for (int l = 0; l < n_layers; l++) {
    Layer &a = p->online[l];
    a.n_in = sizes[l];
    a.n_out = sizes[l + 1];
    a.p_in = pad(a.n_in);
    a.p_out = pad(a.n_out);
    a.activation = activations[l];
    a.offset = p->n_parameters;
    a.stride = a.p_out;
    p->n_parameters += ((size_t)a.n_in + 1) * a.n_out;
    p->n_units += a.n_in;
    p->batch[l] = a;
    Layer &b = p->batch[l];
    a.by_output = l > 0;
    b.by_output = few_outputs(l, n_layers, a.n_out);
    if (b.by_output && b.n_out == 1) b.stride = 1;
    a.rows = a.by_output ? a.n_out : a.n_in;
    a.width = a.by_output ? a.p_in : a.p_out;
    b.rows = b.by_output ? b.n_out : b.n_in;
    b.width = b.by_output ? b.p_in : b.p_out;
    b.panels = true;
  }
  return p;
}

static void plan_destroy(Plan *p) {
  free(p->online_arena.memory);
  free(p->batch_arena.memory);
  free(p->word_arena.memory);
  free(p->online);
  free(p->loss_numbers);
  free(p);
}

static bool prepare_online(Plan *p) {
  if (p->online_ready) return true;
  for (int pass = 0; pass < 2; pass++) {
    Arena &arena = p->online_arena;
    if (pass == 0) arena.reset();
    else if (!arena.allocate()) return false;
    for (int l = 0; l < p->n_layers; l++) {
      Layer &a = p->online[l];
      size_t n = (size_t)a.rows * a.width;
      a.weights = arena.take(n);
      a.first = arena.take_apart(n);
      a.biases = arena.take(a.p_out);
      a.first_biases = arena.take(a.p_out);
      a.values = arena.take(a.p_out);
      a.slopes = arena.take(a.p_out);
      a.delta = arena.take(a.p_out);
      a.is_unit = arena.take(a.p_out);
    }
  }
  for (int l = 0; l < p->n_layers; l++)
    for (int i = 0; i < p->online[l].p_out; i++) p->online[l].is_unit[i] = i < p->online[l].n_out ? 1.0f : 0.0f;
  return p->online_ready = true;
}

static const float **take_rows(Arena &arena, size_t rows) {
  return (const float **)arena.take(rows * sizeof(float *) / sizeof(float));
}

// Memory for `capacity` rows at a time and a team of `members`. slopes: every hidden layer stores its slopes, as dropout needs.
static bool prepare_batch(Plan *p, int capacity, int members, bool slopes) {
  if (p->capacity >= capacity && p->members >= members && (p->batch_slopes || !slopes)) return true;
  capacity = capacity > p->capacity ? capacity : p->capacity;
  members = members > p->members ? members : p->members;
  slopes = slopes || p->batch_slopes;
  p->capacity = 0;
  size_t rows = (size_t)(capacity + 15) / 16 * 16;
  for (int pass = 0; pass < 2; pass++) {
    Arena &arena = p->batch_arena;
    if (pass == 0) arena.reset();
    else if (!arena.allocate()) return false;
    for (int l = 0; l < p->n_layers; l++) {
      Layer &a = p->batch[l];
      size_t n = (size_t)a.rows * a.width;
      bool last = l == p->n_layers - 1;
      a.weights = arena.take(n);
      a.first = arena.take(n);
      a.second = arena.take(n);
      a.biases = arena.take(a.p_out);
      a.first_biases = arena.take(a.p_out);
      a.second_biases = arena.take(a.p_out);
      a.transposed = l > 0 && !a.by_output ? arena.take((size_t)a.n_out * a.p_in) : NULL;
      a.values = arena.take(rows * a.stride);
      a.delta = arena.take(rows * a.stride);
      a.sums = arena.take(n);
      a.sum_biases = arena.take(a.p_out + 8);
      a.odd_biases = arena.take(a.p_out);
      a.packed = arena.take(rows * a.p_out);
      a.value_rows = take_rows(arena, rows);
      a.delta_rows = take_rows(arena, rows);
      a.slopes = !last && (slopes || !slope_from_value(a.activation)) ? arena.take(rows * a.p_out) : NULL;
    }
    p->masked_inputs = slopes ? arena.take(rows * p->batch[0].p_in) : NULL;
    p->row_scales = arena.take(rows);
    p->row_losses = arena.take(rows);
    p->row_targets = arena.take(rows);
    p->row_means = arena.take(rows);
    p->input_rows = take_rows(arena, rows);
    p->packs = arena.take((size_t)members * PACK_FLOATS);
    p->pack_rows = take_rows(arena, (size_t)members * rows);
  }
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    for (size_t b = 0; b < rows; b++) {
      a.value_rows[b] = a.values + b * a.stride;
      a.delta_rows[b] = a.delta + b * a.stride;
    }
  }
  p->capacity = (int)rows;
  p->members = members;
  p->batch_slopes = slopes;
  return true;
}

static double squared_weights(const Plan *p, const float *parameters) {
  double total = 0;
  for (int l = 0; l < p->n_layers; l++) {
    const Layer &a = p->batch[l];
    const float *w = parameters + a.offset + a.n_out, *end = w + (size_t)a.n_in * a.n_out;
    for (; w < end; w++) total += (double)(*w * *w);
  }
  return total;
}
