// Cells: what a recurrent step does at each point of a row, forward and backward. Formulas: the files of network/layers.
//
// Deltas take the place of what they are the deltas of.

// One row of an lstm. z: the sums of the gates, which become gates; before: the cells of the row before, or null for zeros.
INL void lstm_row(float *z, const float *before, float *cell, float *hidden, int P) {
  for (int u = 0; u < P; u += VL, z += 4 * VL) {
    const vf i = vlogistic(ld(z)), f = vlogistic(ld(z + VL)), g = vtanh(ld(z + 2 * VL)), o = vlogistic(ld(z + 3 * VL));
    const vf c = before ? vfma(f, ldu(before + u), i * g) : i * g, t = vtanh(c);
    st(z, i);
    st(z + VL, f);
    st(z + 2 * VL, g);
    st(z + 3 * VL, o);
    st(cell + u, c);
    st(hidden + u, o * t);
  }
}

// The tanh of the cells is made again: it would take longer to fetch. slope: of the hidden values; later: of the cells by the row after, which becomes that by this one.
INL void lstm_back(float *z, const float *before, const float *cell, const float *slope, float *later, int P) {
  const vf one = set1(1.0f);
  for (int u = 0; u < P; u += VL, z += 4 * VL) {
    const vf i = ld(z), f = ld(z + VL), g = ld(z + 2 * VL), o = ld(z + 3 * VL), t = vtanh(ld(cell + u)), d = ld(slope + u);
    const vf dc = vfma(d * o, vfnma(t, t, one), ld(later + u));
    const vf c = before ? ldu(before + u) : set1(0.0f);
    st(z, dc * g * vfnma(i, i, i));
    st(z + VL, dc * c * vfnma(f, f, f));
    st(z + 2 * VL, dc * i * vfnma(g, g, one));
    st(z + 3 * VL, d * t * vfnma(o, o, o));
    st(later + u, dc * f);
  }
}

// One row of a gru. z: the sums of reset and update gates; candidate: the sums of its inputs; inner: those of the hidden values.
INL void gru_row(float *z, float *candidate, const float *inner, const float *before, float *hidden, int P) {
  for (int u = 0; u < P; u += VL, z += 2 * VL) {
    const vf r = vlogistic(ld(z)), k = vlogistic(ld(z + VL)), n = vtanh(vfma(r, ld(inner + u), ld(candidate + u)));
    st(z, r);
    st(z + VL, k);
    st(candidate + u, n);
    st(hidden + u, before ? vfma(k, ldu(before + u) - n, n) : vfnma(k, n, n));
  }
}

// slope: of the hidden values; becomes the part of that of the row before that goes past the gates.
INL void gru_back(float *z, float *candidate, float *inner, const float *before, float *slope, int P) {
  const vf one = set1(1.0f);
  for (int u = 0; u < P; u += VL, z += 2 * VL) {
    const vf r = ld(z), k = ld(z + VL), n = ld(candidate + u), d = ld(slope + u), h = before ? ldu(before + u) : set1(0.0f);
    const vf dn = d * (one - k) * vfnma(n, n, one);
    st(z, dn * ld(inner + u) * vfnma(r, r, r));
    st(z + VL, d * (h - n) * vfnma(k, k, k));
    st(candidate + u, dn);
    st(inner + u, dn * r);
    st(slope + u, d * k);
  }
}
