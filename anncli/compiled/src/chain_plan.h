// A chain in memory: what a variant keeps for one chain of steps, and where the values of a block of samples lie.

// The gradient of a convolution with few weights is added up for each quarter of the samples of a block, by the member whose samples
// they are: what one processor wrote takes long to reach another one.
enum { QUARTERS = 4, MOST_QUARTER_FLOATS = 65536 };
enum { BLOCK_SAMPLES = 480, MOST_POINTERS = 480, MOST_WINDOWS = 240 };  // rows at a time, and windows of a convolution

struct Product;  // chain_products.h
static Product *make_product(const float *numbers, int n);

// One step with its weights. Node 0 stands for the inputs and has none.
struct Node {
  AnnStep s;
  AnnForm form;   // of its outputs
  Layer a;        // of the steps with a block; the matrix of a bilinear step is made from its block
  bool has_block, wants, is_skipped;  // wants: the slope of its inputs is needed
  int stride;     // floats from row to row of its values
  int own_stride;                    // communicate: of the rows that stand before the product
  int run, segments, wide_run;       // windows: inputs that lie side by side, how many such runs, their length in whole vectors
  int *at;                           // windows: where the inputs of a row lie, from its first one
  float *raw, *raw_first, *raw_second, *raw_sums;  // bilinear: the weights of the block, [neurons below][n_out]
  size_t raw_size;
  Product *product;
  Part *parts;      // recurrent: n_parts
  bool gives_last;  // recurrent: only the last row of each sample is read, by the next step
  int n_parts, cell;  // cell: the activation of a recurrent step, whose own one is linear: what its outputs become
  int state_at;     // recurrent: where its state lies among those of a sample
  float *quarter_sums, *quarter_biases;  // [QUARTERS][rows][width] and [QUARTERS][p_out], or null
};

// Numbers that a rule changes, with its vectors and their gradient.
struct Store {
  float *weights, *first, *second, *sums;
  size_t n;
  bool penalised, by_row;  // by_row: weights that tokens read
};

struct Chain {
  int n, first_block, first_vector;  // first_vector: from this node on each sample has one row, or n + 1
  Node *nodes;                       // n + 1
  Store *stores;
  int n_stores;
  size_t n_parameters;
  uint64_t n_units;
  float *loss_numbers;
  int *tables;
  Arena weights_arena, block_arena;
  Lazy lazy;
  bool ready, has_quarters, recurs, streams;
  int state_floats;  // of a sample
  int strip;         // recurs: samples that go through the rows together
  float *zeros;      // recurs: as many as the largest step has units
  int most_units;
};

INL int border_height(const Node &node, const Node &below) { return below.form.height + node.s.before_y + node.s.after_y; }
INL int border_width(const Node &node, int width) { return width + node.s.before_x + node.s.after_x; }

static void chain_destroy_all(Chain *c) {
  if (!c) return;
  free(c->weights_arena.memory);
  free(c->block_arena.memory);
  free(c->lazy.arena.memory);
  for (int k = 0; k <= c->n && c->nodes; k++) {
    free(c->nodes[k].product);
    free(c->nodes[k].parts);
  }
  free(c->nodes);
  free(c->stores);
  free(c->loss_numbers);
  free(c->tables);
  free(c);
}

// Where the inputs of a window lie in the bordered rows of its sample.
static void fill_offsets(Node &node, const Node &below) {
  const int C = below.form.columns, width = border_width(node, below.form.width);
  int k = 0;
  for (int y = 0; y < node.s.size_y; y++)
    for (int x = 0; x < node.s.size_x; x++)
      for (int c = 0; c < C; c++) node.at[k++] = (y * width + x) * C + c;
}

static void make_layer(Node &node, int fan_in, size_t offset) {
  Layer &a = node.a;
  a.n_in = fan_in;
  a.n_out = node.form.columns;
  a.p_in = pad(a.n_in);
  a.p_out = a.stride = pad(a.n_out);
  a.activation = node.s.activation;
  a.offset = offset;
  a.rows = a.n_in;
  a.width = a.p_out;
  a.panels = node.s.kind != ANN_EMBEDDING && node.s.kind != ANN_SPARSE;
}

// The parts of a recurrent step, whose state follows those of the steps before. False where there is no memory.
static bool make_recurrent(Chain *c, Node &node, int fan_in, bool tokens) {
  const AnnStep &s = node.s;
  node.parts = (Part *)calloc(MOST_PARTS, sizeof(Part));
  if (!node.parts) return false;
  const size_t each = (size_t)block_size(s, node.form, fan_in) / s.directions;
  for (int d = 0; d < s.directions; d++)
    node.n_parts += make_parts(s.kind, fan_in, s.units, d, tokens, node.a.offset + d * each, node.parts + node.n_parts);
  node.cell = s.activation;
  node.s.activation = LINEAR;
  node.state_at = c->state_floats;
  c->state_floats += state_floats(s);
  c->recurs = true;
  if (s.units > c->most_units) c->most_units = s.units;
  // What many units keep of 32 samples would not fit into the L2 cache.
  const int strip = s.units > 16 ? 16 : 32;
  if (!c->strip || strip < c->strip) c->strip = strip;
  return true;
}

static bool make_node(Chain *c, int k, int fan_in) {
  Node &node = c->nodes[k];
  const Node &below = c->nodes[k - 1];
  node.stride = pad(node.form.columns);
  node.has_block = has_block(node.s.kind);
  node.wants = node.has_block ? c->first_block > 0 : true;
  if (node.has_block) {
    make_layer(node, fan_in, c->n_parameters);
    if (!c->first_block) c->first_block = k;
    c->n_parameters += (size_t)block_size(node.s, node.form, fan_in);
  }
  if (takes_windows(node.s.kind)) {
    node.run = node.s.size_x * below.form.columns;
    node.segments = node.s.size_y;
    // Windows as wide as the bordered picture: their lines follow each other.
    if (node.s.size_y > 1 && node.s.size_x == border_width(node, below.form.width)) {
      node.run *= node.segments;
      node.segments = 1;
    }
    node.wide_run = pad(node.run);
  }
  if (node.s.kind == ANN_COMMUNICATE) {
    node.own_stride = pad(fan_in);
    if (node.s.skip) c->nodes[node.s.skip].is_skipped = true;
  }
  if (node.s.kind == ANN_BILINEAR) node.raw_size = (size_t)fan_in / node.s.components * node.form.columns;
  c->streams = c->streams && streams(node.s);
  return !is_recurrent(node.s.kind) || make_recurrent(c, node, fan_in, below.form.tokens);
}

// The first node from which on every sample has one row.
static int first_vector_of(const Chain *c) {
  int k = c->n + 1;
  while (k > 0 && c->nodes[k - 1].form.rows() == 1) k--;
  return k;
}

static Chain *chain_create_all(const AnnChain *description) {
  Chain *c = (Chain *)calloc(1, sizeof *c);
  if (!c) return NULL;
  const int n = c->n = description->n;
  size_t offsets = 1;
  for (int k = 0; k < n; k++) {
    const AnnStep &s = description->steps[k];
    if (s.kind == ANN_CONVOLUTION) offsets += (size_t)description->fan_in[k];
  }
  const int n_outputs = description->forms[n].columns;
  c->nodes = (Node *)calloc((size_t)n + 1, sizeof(Node));
  c->stores = (Store *)calloc((size_t)n * MOST_PARTS * 2 + 1, sizeof(Store));
  c->tables = (int *)calloc(offsets, sizeof(int));
  c->loss_numbers = (float *)calloc((size_t)pad(n_outputs), sizeof(float));
  if (!c->nodes || !c->stores || !c->tables || !c->loss_numbers) {
    chain_destroy_all(c);
    return NULL;
  }
  for (int k = 0; k < n_outputs && description->loss_numbers; k++) c->loss_numbers[k] = description->loss_numbers[k];
  Node &inputs = c->nodes[0];
  inputs.form = description->forms[0];
  const int next = description->steps[0].kind;
  inputs.stride = next == ANN_CONVOLUTION || next == ANN_FLATTEN ? inputs.form.columns : pad(inputs.form.columns);
  inputs.s.activation = LINEAR;
  int *at = c->tables;
  const float *product = description->products;
  c->streams = inputs.form.rows() == 0;
  for (int k = 1; k <= n; k++) {
    Node &node = c->nodes[k];
    node.s = description->steps[k - 1];
    node.form = description->forms[k];
    if (!make_node(c, k, description->fan_in[k - 1])) {
      chain_destroy_all(c);
      return NULL;
    }
    if (node.s.kind == ANN_CONVOLUTION) {
      node.at = at;
      at += node.a.n_in;
      fill_offsets(node, c->nodes[k - 1]);
    }
    if (node.s.kind == ANN_BILINEAR) {
      node.product = make_product(product, node.s.components);
      if (!node.product) {
        chain_destroy_all(c);
        return NULL;
      }
      product += (size_t)node.s.components * node.s.components * node.s.components;
    }
  }
  for (int k = 1; k <= n; k++) c->nodes[k].wants = k > c->first_block;
  for (int k = 1; k < n; k++) c->nodes[k].gives_last = c->nodes[k].n_parts && c->nodes[k + 1].s.kind == ANN_LAST && !c->nodes[k].is_skipped;
  c->first_vector = first_vector_of(c);
  c->n_units = (uint64_t)description->n_units;
  return c;
}

INL void add_store(Chain *c, float *weights, float *first, float *second, float *sums, size_t n, bool penalised, bool by_row = false) {
  c->stores[c->n_stores++] = {weights, first, second, sums, n, penalised, by_row};
}

// The weights of a layer, which may be a table: then tokens read its rows.
static void add_weights(Chain *c, const Layer &a, float *weights, float *sums, size_t n) {
  add_store(c, weights, a.first, a.second, sums, n, true, !a.panels);
  if (a.panels) return;
  c->lazy.tables[c->lazy.n_tables++] = &a;
  c->lazy.n_rows = a.n_in;
}

static void prepare_part(Chain *c, const Node &node, Part &part) {
  Arena &arena = c->weights_arena;
  Layer &a = part.a;
  const size_t n = (size_t)a.rows * a.width;
  a.weights = arena.take(n);
  a.first = arena.take(n);
  a.second = arena.take(n);
  a.sums = arena.take(n);
  a.transposed = part.of_hidden || node.wants ? arena.take((size_t)a.n_out * a.p_in) : NULL;
  add_weights(c, a, a.weights, a.sums, n);
  if (!part.has_biases) return;
  a.biases = arena.take(a.p_out);
  a.first_biases = arena.take(a.p_out);
  a.second_biases = arena.take(a.p_out);
  a.sum_biases = arena.take(a.p_out);
  add_store(c, a.biases, a.first_biases, a.second_biases, a.sum_biases, a.p_out, false);
}

// The weights of all nodes, with the vectors of a rule.
static bool prepare_weights(Chain *c) {
  if (c->ready) return true;
  for (int pass = 0; pass < 2; pass++) {
    Arena &arena = c->weights_arena;
    if (pass == 0) arena.reset();
    else if (!arena.allocate()) return false;
    else memset(arena.start, 0, arena.size);
    c->n_stores = c->lazy.n_tables = 0;
    for (int k = 1; k <= c->n; k++) {
      Node &node = c->nodes[k];
      Layer &a = node.a;
      if (!node.has_block) continue;
      if (node.n_parts) {
        for (int i = 0; i < node.n_parts; i++) prepare_part(c, node, node.parts[i]);
        continue;
      }
      const bool bilinear = node.s.kind == ANN_BILINEAR, table = node.s.kind == ANN_EMBEDDING;
      const size_t n = (size_t)a.rows * a.width, wide = node.s.kind == ANN_CONVOLUTION ? (size_t)node.segments * node.wide_run : (size_t)a.p_in;
      a.weights = arena.take(n);
      a.sums = arena.take(n);
      a.transposed = node.wants ? arena.take(a.n_out * wide) : NULL;
      const size_t raw = pad((int)node.raw_size);
      node.raw = bilinear ? arena.take(raw) : a.weights;
      node.raw_sums = bilinear ? arena.take(raw) : a.sums;
      node.raw_first = a.first = arena.take(bilinear ? raw : n);
      node.raw_second = a.second = arena.take(bilinear ? raw : n);
      if (!node.s.frozen) add_weights(c, a, node.raw, node.raw_sums, bilinear ? raw : n);
      const bool quarters = node.s.kind == ANN_CONVOLUTION && n <= MOST_QUARTER_FLOATS;
      node.quarter_sums = quarters ? arena.take(QUARTERS * n) : NULL;
      node.quarter_biases = quarters ? arena.take(QUARTERS * (size_t)a.p_out) : NULL;
      c->has_quarters = c->has_quarters || quarters;
      a.biases = arena.take(a.p_out);
      a.first_biases = arena.take(a.p_out);
      a.second_biases = arena.take(a.p_out);
      a.sum_biases = arena.take(a.p_out);
      if (!table) add_store(c, a.biases, a.first_biases, a.second_biases, a.sum_biases, a.p_out, false);
    }
    if (c->recurs) c->zeros = arena.take(pad(c->most_units));
  }
  return c->ready = true;
}
