"""C functions of recurrent layers, by their names; each one stands behind those that it calls.

The formulas are those of network/layers. A layer goes over n rows or tokens from a state, which it leaves as it is after the last one.
"""

from __future__ import annotations

from anncli.formats.exports.c.text import filled

_RECURRENT = """\
/* A layer that reads $WHAT and its own outputs for the one before; state: the last outputs [units]; back: from the last
   to the first; width: of a row of out. */
$static const float *$n_recurrent$OF(const float *w, int n, int n_in, int units, int back, int width, $GIVEN,
    float *state, $WORK_OF_ROWSvoid (*activate)(float *, int), float *out)
{
  const float *end = w;
  int i, j;
  for (i = 0; i < n; ++i) {
    const int row = back ? n - 1 - i : i;
    float *own = out + width * row;
    end = $n_sums_of_$ONE(w, n_in, units, units, $AT, own);
    if (activate)
      activate(own, units);
    for (j = 0; j < units; ++j)
      state[j] = own[j];
  }
  return end;
}
"""

_LSTM = """\
/* Long short-term memory on $WHATS; state: the last outputs [units] and cells [units]; back: from the last to the first;
   width: of a row of out. */
$static const float *$n_lstm$OF(const float *w, int n, int n_in, int units, int back, int width, $GIVEN,
    float *state, float *work, float *out)
{
  float *z = work$AFTER;
  const float *end = w;
  int i, j;
  for (i = 0; i < n; ++i) {
    const int row = back ? n - 1 - i : i;
    end = $n_sums_of_$ONE(w, n_in, units, 4 * units, $AT, z);
    $n_lstm_units(units, z, state, state + units);
    for (j = 0; j < units; ++j)
      out[width * row + j] = state[j];
  }
  return end;
}
"""

_GRU = """\
/* Gated recurrent units on $WHATS; state: the last outputs [units]; back: from the last to the first; width: of a row of
   out. */
$static const float *$n_gru$OF(const float *w, int n, int n_in, int units, int back, int width, $GIVEN,
    float *state, float *work, float *out)
{
  float *z = work$AFTER;
  const float *end = w;
  int i, j;
  for (i = 0; i < n; ++i) {
    const int row = back ? n - 1 - i : i;
    end = $n_sums_of_$ONE(w, n_in, units, 2 * units, $AT, z);
    end = $NEW;
    end = $n_dense(end, units, units, state, z + 3 * units);
    $n_gru_units(units, z, state);
    for (j = 0; j < units; ++j)
      out[width * row + j] = state[j];
  }
  return end;
}
"""

_OF_ROWS = {
    "$OF": "", "$GIVEN": "const float *in", "$ONE": "row", "$AT": "in + n_in * row, state, work",
    "$WHATS": "n rows", "$WHAT": "a row", "$AFTER": " + n_in + units", "$WORK_OF_ROWS": "float *work, ",
    "$NEW": "$n_dense(end, n_in, units, in + n_in * row, z + 2 * units)",
}  # fmt: skip
_OF_TOKENS = {
    "$OF": "_of_tokens", "$GIVEN": "const int *indices, const float *values", "$ONE": "token",
    "$AT": "indices[row], values[row], state", "$WHATS": "n tokens", "$WHAT": "a token", "$AFTER": "", "$WORK_OF_ROWS": "",
    "$NEW": "$n_sums_of_token(end, n_in, 0, units, indices[row], values[row], state, z + 2 * units)",
}  # fmt: skip


TEXTS: dict[str, str] = {
    "start": """\
/* The state before the first row. */
$static void $n_start(float *state, int n)
{
  int j;
  for (j = 0; j < n; ++j)
    state[j] = 0;
}
""",
    "sums_of_row": """\
/* The sums of units that read a row in [n_in] and the last outputs h [units]; work: [n_in + units]. */
$static const float *$n_sums_of_row(const float *w, int n_in, int units, int n_out, const float *in, const float *h,
                                    float *work, float *z)
{
  int j;
  for (j = 0; j < n_in; ++j)
    work[j] = in[j];
  for (j = 0; j < units; ++j)
    work[n_in + j] = h[j];
  return $n_dense(w, n_in + units, n_out, work, z);
}
""",
    "sums_of_token": """\
/* The sums of units that read a token and the last outputs h [units]: the value times the weights of the index, a row of
   the n_in first, and then a dense layer of h. */
$static const float *$n_sums_of_token(const float *w, int n_in, int units, int n_out, int index, float value,
                                      const float *h, float *z)
{
  const float *end = $n_dense(w + n_in * n_out, units, n_out, h, z), *own = w + index * n_out;
  int j;
  for (j = 0; j < n_out; ++j)
    z[j] += value * own[j];
  return end;
}
""",
    "lstm_units": """\
/* New outputs h and cells c from the sums of the gates: input, forget, cell, output. */
$static void $n_lstm_units(int units, const float *z, float *h, float *c)
{
  int j;
  for (j = 0; j < units; ++j) {
    c[j] = $n_logistic(z[units + j]) * c[j] + $n_logistic(z[j]) * tanhf(z[2 * units + j]);
    h[j] = $n_logistic(z[3 * units + j]) * tanhf(c[j]);
  }
}
""",
    "gru_units": """\
/* New outputs h from the sums of the gates: reset, update, and of the new value from the row and from h. */
$static void $n_gru_units(int units, const float *z, float *h)
{
  int j;
  for (j = 0; j < units; ++j) {
    const float kept = $n_logistic(z[units + j]);
    const float made = tanhf(z[2 * units + j] + $n_logistic(z[j]) * z[3 * units + j]);
    h[j] = (1.0f - kept) * made + kept * h[j];
  }
}
""",
    **{
        name + values["$OF"]: filled(text, values)
        for name, text in (("recurrent", _RECURRENT), ("lstm", _LSTM), ("gru", _GRU))
        for values in (_OF_ROWS, _OF_TOKENS)
    },
    "mean_so_far": """\
/* The mean of the rows so far; state: it [columns], and their number, which ends at 2^24: a sum of many rows would lose the next one. */
$static void $n_mean_so_far(int columns, const float *in, float *state, float *out)
{
  int j;
  state[columns] += 1.0f;
  for (j = 0; j < columns; ++j) {
    state[j] += (in[j] - state[j]) / state[columns];
    out[j] = state[j];
  }
}
""",
    "largest_so_far": """\
/* The largest values of the rows so far; state: these [columns], and whether there are any. */
$static void $n_largest_so_far(int columns, const float *in, float *state, float *out)
{
  int j;
  for (j = 0; j < columns; ++j) {
    state[j] = state[columns] > 0 && !(in[j] > state[j]) ? state[j] : in[j];
    out[j] = state[j];
  }
  state[columns] = 1.0f;
}
""",
}
