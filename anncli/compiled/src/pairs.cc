// Texts of numbers as float64: rows of index:value pairs (libsvm), and streams of numbers between blanks.
#include "calls.h"
#include "decimal64.h"

namespace {

// A C-contiguous array of Python's, writable, of items of `size` bytes.
struct Room {
  Py_buffer view;
  bool held;
  Room() : held(false) {}
  ~Room() {
    if (held) PyBuffer_Release(&view);
  }
  Room(const Room &) = delete;

  bool take(PyObject *object, Py_ssize_t size) {
    if (PyObject_GetBuffer(object, &view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE)) return false;
    held = true;
    if (view.itemsize == size) return true;
    PyErr_SetString(PyExc_ValueError, "an array has items of the wrong size");
    return false;
  }
  Py_ssize_t items() const { return view.len / view.itemsize; }
};

bool take_text(PyObject *text, PyObject *start, Place *c, const char **beginning) {
  char *bytes;
  Py_ssize_t size;
  if (PyBytes_AsStringAndSize(text, &bytes, &size)) return false;
  const Py_ssize_t at = PyLong_AsSsize_t(start);
  if (at == -1 && PyErr_Occurred()) return false;
  if (at < 0 || at > size) {
    PyErr_SetString(PyExc_ValueError, "start is out of range");
    return false;
  }
  *beginning = bytes;
  c->at = bytes + at;
  c->end = bytes + size;
  return true;
}

inline void skip_row_blanks(Place &c) {
  while (is_row_blank(*c.at)) c.at++;
}
inline bool at_row_end(const Place &c) { return *c.at == '\n' || *c.at == '#' || c.at >= c.end; }

struct Pairs {
  double *labels;     // (rows,), NaN where the label is no number
  int64_t *words;     // (2 * rows,): first and last place of labels that are no numbers
  int64_t *queries;   // (rows,), -1 where there is none
  int64_t *ends;      // (rows,): pairs up to the end of the row
  int32_t *lines;     // (rows,): line ends before the row
  int32_t *indices;   // (pairs,)
  double *values;     // (pairs,)
  Py_ssize_t most_rows, most_pairs, rows, pairs, n_words;
};

// Digits up to a colon; false for other text and for numbers of more than 9 digits.
inline bool read_index(Place &c, int32_t *index) {
  const char *p = c.at;
  int32_t found = 0;
  while (decimal::is_digit(*p) && p - c.at < 9) found = found * 10 + (*p++ - '0');
  if (p == c.at || *p != ':') return false;
  *index = found;
  c.at = p + 1;
  return true;
}

inline bool read_value(Place &c, double *value) {
  if (!read_decimal(c, value)) {
    const char *p = c.at;
    if ((p[0] | 32) != 'n' || (p[1] | 32) != 'a' || (p[2] | 32) != 'n') return false;
    *value = NAN;
    c.at += 3;
  }
  return is_row_blank(*c.at) || at_row_end(c);
}

bool read_label(Place &c, Pairs &t, const char *beginning) {
  const char *const token = c.at;
  double *label = t.labels + t.rows;
  if (read_decimal(c, label) && (is_row_blank(*c.at) || at_row_end(c))) return true;
  c.at = token;
  while (c.at < c.end && !is_row_blank(*c.at) && !at_row_end(c))
    if (*c.at++ == ':') return false;
  *label = NAN;
  t.words[2 * t.n_words] = token - beginning;
  t.words[2 * t.n_words++ + 1] = c.at - beginning;
  return true;
}

// Reads a row at c.at, up to its line end or comment; false for the first fault in it.
bool read_row(Place &c, Pairs &t, const char *beginning) {
  if (!read_label(c, t, beginning)) return false;
  t.queries[t.rows] = -1;
  skip_row_blanks(c);
  if (!strncmp(c.at, "qid:", 4)) {
    c.at += 4;
    int64_t query = 0;
    const char *p = c.at;
    while (decimal::is_digit(*p) && p - c.at < 15) query = query * 10 + (*p++ - '0');
    if (p == c.at || !(is_row_blank(*p) || *p == '\n' || *p == '#' || p >= c.end)) return false;
    t.queries[t.rows] = query;
    c.at = p;
    skip_row_blanks(c);
  }
  int32_t last = -1;
  for (Py_ssize_t n = t.pairs;; n++) {
    if (at_row_end(c)) {
      t.ends[t.rows++] = t.pairs = n;
      return true;
    }
    if (n == t.most_pairs || !read_index(c, t.indices + n) || t.indices[n] <= last || !read_value(c, t.values + n))
      return false;
    last = t.indices[n];
    skip_row_blanks(c);
  }
}

// Reads rows until the text ends, the room is full, or a row is at fault, which c.at then points to.
void read_rows(Place &c, Pairs &t, const char *beginning) {
  for (int32_t line = 0;; line++) {
    const char *const start = c.at;
    skip_row_blanks(c);
    if (!at_row_end(c)) {
      const Py_ssize_t n_words = t.n_words;
      if (t.rows < t.most_rows) t.lines[t.rows] = line;
      if (t.rows == t.most_rows || !read_row(c, t, beginning)) {
        t.n_words = n_words;
        c.at = start;
        return;
      }
    }
    while (c.at < c.end && *c.at != '\n') c.at++;
    if (c.at >= c.end) return;
    c.at++;
  }
}

}  // namespace

// parse_pairs(text, start, labels, words, queries, ends, lines, indices, values) -> (rows, pairs, words, at)
//
// text: bytes, whole lines from `start` on; the others: arrays as in struct Pairs, filled from their beginning.
// at: where the first line starts that was not read, len(text) where all were.
PyObject *parse_pairs(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (n != 9) {
    PyErr_Format(PyExc_TypeError, "%zd arguments instead of 9", n);
    return NULL;
  }
  Place c;
  const char *beginning;
  if (!take_text(a[0], a[1], &c, &beginning)) return NULL;
  const Py_ssize_t sizes[] = {8, 8, 8, 8, 4, 4, 8};
  Room rooms[7];
  for (int i = 0; i < 7; i++)
    if (!rooms[i].take(a[2 + i], sizes[i])) return NULL;
  const Py_ssize_t most = rooms[0].items();
  if (rooms[1].items() < 2 * most || rooms[2].items() < most || rooms[3].items() < most || rooms[4].items() < most ||
      rooms[6].items() < rooms[5].items()) {
    PyErr_SetString(PyExc_ValueError, "the arrays differ in length");
    return NULL;
  }
  Pairs t = {(double *)rooms[0].view.buf, (int64_t *)rooms[1].view.buf, (int64_t *)rooms[2].view.buf,
             (int64_t *)rooms[3].view.buf, (int32_t *)rooms[4].view.buf, (int32_t *)rooms[5].view.buf,
             (double *)rooms[6].view.buf, most, rooms[5].items(), 0, 0, 0};
  c.thread = PyEval_SaveThread();
  read_rows(c, t, beginning);
  PyEval_RestoreThread(c.thread);
  return Py_BuildValue("nnnn", t.rows, t.pairs, t.n_words, (Py_ssize_t)(c.at - beginning));
}

// fill_pairs(ends, indices, values, base, width, out)
//
// ends, indices, values: rows of pairs as parse_pairs() gives them; out: a float64 array of a row of `width` for each of the
// rows, in which the value of index i goes to place i - base.
PyObject *fill_pairs(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (n != 6) {
    PyErr_Format(PyExc_TypeError, "%zd arguments instead of 6", n);
    return NULL;
  }
  Room ends, indices, values, out;
  if (!ends.take(a[0], 8) || !indices.take(a[1], 4) || !values.take(a[2], 8) || !out.take(a[5], 8)) return NULL;
  const Py_ssize_t base = PyLong_AsSsize_t(a[3]), width = PyLong_AsSsize_t(a[4]);
  if ((base == -1 || width == -1) && PyErr_Occurred()) return NULL;
  const Py_ssize_t rows = ends.items(), pairs = indices.items();
  if (width < 0 || values.items() != pairs || (width && out.items() / width != rows) || out.items() != rows * width) {
    PyErr_SetString(PyExc_ValueError, "the arrays differ in length");
    return NULL;
  }
  const int64_t *end = (const int64_t *)ends.view.buf;
  const int32_t *index = (const int32_t *)indices.view.buf;
  const double *value = (const double *)values.view.buf;
  double *row = (double *)out.view.buf;
  Py_ssize_t at = 0;
  for (Py_ssize_t r = 0; r < rows; r++, row += width)
    for (; at < end[r]; at++) {
      if (at >= pairs || index[at] < base || index[at] - base >= width) {
        PyErr_SetString(PyExc_ValueError, "an index is out of range");
        return NULL;
      }
      row[index[at] - base] = value[at];
    }
  Py_RETURN_NONE;
}

// parse_numbers(text, start, out) -> (numbers, at)
//
// text: bytes; out: a writable float64 array, filled with the numbers between blanks and line ends until it or the text ends.
// at: the place of the first character that was not read: that of a word that is no number, or len(text).
PyObject *parse_numbers(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (n != 3) {
    PyErr_Format(PyExc_TypeError, "%zd arguments instead of 3", n);
    return NULL;
  }
  Place c;
  const char *beginning;
  Room room;
  if (!take_text(a[0], a[1], &c, &beginning) || !room.take(a[2], 8)) return NULL;
  double *out = (double *)room.view.buf, *const first = out, *const last = out + room.items();
  c.thread = PyEval_SaveThread();
  for (;;) {
    while (is_row_blank(*c.at) || *c.at == '\n') c.at++;
    const char *const token = c.at;
    if (c.at >= c.end || out == last || !read_decimal(c, out)) break;
    if (c.at < c.end && !is_row_blank(*c.at) && *c.at != '\n') {
      c.at = token;
      break;
    }
    out++;
  }
  PyEval_RestoreThread(c.thread);
  return Py_BuildValue("nn", (Py_ssize_t)(out - first), (Py_ssize_t)(c.at - beginning));
}
