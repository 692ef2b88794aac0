// Parts: the weights of a recurrent step, cut by what they are multiplied with: its inputs, or its hidden values of the row before.
//
// The columns of a part are not those of its block: VL units of each gate stand side by side, so that one place of memory has all
// that the units need. Unit u of gate g is column (u / VL * gates + g) * VL + u % VL; units are padded to whole vectors.

enum { MOST_PARTS = 8 };

// Which of the places of a step (Cells in chain_places.h) has the deltas of a part.
enum PartDelta { OF_GATES, OF_CANDIDATE, OF_INNER };

struct Part {
  Layer a;  // offset: where its biases or, without any, its weights start in the parameter vector
  bool of_hidden, has_biases;
  int gates, units, direction;
  PartDelta delta;
  size_t weights_at;  // where its weights start in the parameter vector
};

static Part make_part(int n_in, int gates, int units, int direction, bool of_hidden, bool panels) {
  Part part;
  memset(&part, 0, sizeof part);
  part.of_hidden = of_hidden;
  part.gates = gates;
  part.units = units;
  part.direction = direction;
  Layer &a = part.a;
  a.n_in = a.rows = n_in;
  a.p_in = pad(n_in);
  a.n_out = a.p_out = a.width = a.stride = gates * pad(units);
  a.activation = LINEAR;
  a.panels = panels;
  return part;
}

// Places a part at `block`, a block of parameters, whose row 0 are the biases; its own weights start with row `row`.
static void place_part(Part &part, size_t block, int row, bool has_biases) {
  const size_t columns = (size_t)part.gates * part.units;
  part.has_biases = has_biases;
  part.a.offset = block;
  part.weights_at = block + columns * (size_t)row;
}

// The parts of one direction of a step whose inputs have D columns, from parameter `offset` on; returns how many.
static int make_parts(int kind, int D, int units, int direction, bool tokens, size_t offset, Part *parts) {
  const int gates = kind == ANN_GRU ? 2 : gates_of(kind);
  parts[0] = make_part(D, gates, units, direction, false, !tokens);
  parts[1] = make_part(units, gates, units, direction, true, true);
  place_part(parts[0], offset, 1, true);
  place_part(parts[1], offset, 1 + D, false);
  if (kind != ANN_GRU) return 2;
  offset += (size_t)(1 + D + units) * 2 * units;
  parts[2] = make_part(D, 1, units, direction, false, !tokens);
  parts[3] = make_part(units, 1, units, direction, true, true);
  place_part(parts[2], offset, 1, true);
  place_part(parts[3], offset + (size_t)(1 + D) * units, 1, true);
  parts[2].delta = OF_CANDIDATE;
  parts[3].delta = OF_INNER;
  return 4;
}

// Vector v of row i of a matrix in the layout of a part.
INL float *part_vector(const Layer &a, float *matrix, int i, int v) {
  if (!a.panels) return matrix + (size_t)i * a.width + (size_t)v * VL;
  const int c = v * VL / PANEL_FLOATS * PANEL_FLOATS, w = panel_vectors(a.width - c) * VL;
  return matrix + (size_t)c * a.rows + (size_t)i * w + (v * VL - c);
}

// Copies a row of a block, whose columns are the units gate by gate, into the layout of a part, or the other way.
static void copy_gates(const Part &part, float *block_row, float *matrix, int i, bool to_matrix) {
  const Layer &a = part.a;
  for (int v = 0; v < a.width / VL; v++) {
    const int gate = v % part.gates, unit = v / part.gates * VL, n = least(VL, part.units - unit);
    float *inside = part_vector(a, matrix, i, v), *outside = block_row + (size_t)gate * part.units + unit;
    memcpy(to_matrix ? inside : outside, to_matrix ? outside : inside, sizeof(float) * n);
    for (int j = n; to_matrix && j < VL; j++) inside[j] = 0;
  }
}

// Between a vector of the caller and the weights and biases of a part.
static void copy_part(const Part &part, float *vector, float *weights, float *biases, bool to_part) {
  const size_t columns = (size_t)part.gates * part.units;
  for (int i = 0; i < part.a.n_in; i++) copy_gates(part, vector + part.weights_at + columns * i, weights, i, to_part);
  if (!part.has_biases) return;
  Part row = part;
  row.a.panels = false;
  copy_gates(row, vector + part.a.offset, biases, 0, to_part);
}
