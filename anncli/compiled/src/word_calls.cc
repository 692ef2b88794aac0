// The call on words of a text: everything is checked before it runs, but the text itself, which is checked where it is read.
#include "word_calls.h"

#include "take.h"
#include "variants.h"

static bool wrong_words(const char *message) {
  PyErr_SetString(PyExc_ValueError, message);
  return false;
}

// The arrays of a call, held until it ends.
struct WordArrays {
  BufferView parameters, to, tokens, starts, keep, noise_limit, noise_other, path_starts, path;

  bool take(PyObject *const *a, AnnWords &w) {
    if (!keep.take_row_numbers(a[4], "keep") || !noise_limit.take_row_numbers(a[5], "noise_limit") ||
        !noise_other.take_row_numbers(a[6], "noise_other") || !tokens.take_row_numbers(a[2], "tokens") ||
        !starts.take_numbers(a[3], "starts", BufferView::ANY))
      return false;
    const Py_ssize_t n = keep.rows;
    if (!keep.held || !tokens.held || !starts.held || n < 2 || n > (1 << 30) || starts.rows < 1)
      return wrong_words("tokens, starts and two words or more are needed");
    w.n_words = (int)n;
    return take_tree(a + 7, w) && take_texts(w) && take_noise(w) && take_parameters(a, w);
  }

 private:
  bool take_tree(PyObject *const *a, AnnWords &w) {
    if (!path_starts.take_numbers(a[0], "path_starts", w.n_words + 1) || !path.take_row_numbers(a[1], "path")) return false;
    w.n_out = w.n_words;
    w.path_starts = (const int64_t *)path_starts.data;
    w.path = (const int32_t *)path.data;
    if (!path_starts.held) return true;
    w.n_out = w.n_words - 1;
    if (!path.held || !rises(w.path_starts, w.n_words, path.rows)) return wrong_words("path_starts do not fit the path");
    for (int k = 0; k < w.n_words; k++)
      if (w.path_starts[k + 1] - w.path_starts[k] > MOST_STEPS) return wrong_words("a path is too long");
    return check_row_numbers(path, 2 * (Py_ssize_t)w.n_out);
  }

  bool take_texts(AnnWords &w) {
    w.tokens = (const int32_t *)tokens.data;
    w.starts = (const int64_t *)starts.data;
    w.n_tokens = tokens.rows;
    w.n_sentences = starts.rows - 1;
    if (w.first < 0 || w.last > w.n_tokens) return wrong_words("the piece is not within the text");
    return true;
  }

  bool take_noise(AnnWords &w) {
    w.keep = (const uint32_t *)keep.data;
    w.noise_limit = (const uint32_t *)noise_limit.data;
    w.noise_other = (const int32_t *)noise_other.data;
    if (w.path_starts) return true;
    if (noise_limit.rows != w.n_words || noise_other.rows != w.n_words) return wrong_words("the noise words do not fit the words");
    return check_row_numbers(noise_other, w.n_words);
  }

  bool take_parameters(PyObject *const *a, AnnWords &w) {
    const Py_ssize_t n_in = (Py_ssize_t)w.n_words * w.width, size = n_in + (Py_ssize_t)w.n_out * w.width;
    if (!parameters.take_vector(a[0], "parameters", size, a[1] == Py_None ? BufferView::WRITE : BufferView::READ) ||
        !to.take_vector(a[1], "to", size, BufferView::WRITE, BufferView::OPTIONAL))
      return false;
    w.in = parameters.floats();
    w.in_to = to.held ? to.writable_floats() : parameters.writable_floats();
    w.out = w.in + n_in;
    w.out_to = w.in_to + n_in;
    return true;
  }

  enum { MOST_STEPS = 1 << 10 };

  static bool rises(const int64_t *starts, int64_t n, int64_t end) {
    for (int64_t k = 0; k < n; k++)
      if (starts[k] > starts[k + 1]) return false;
    return starts[0] == 0 && starts[n] == end;
  }
};

PyObject *learn_words(PyObject *, PyObject *const *a, Py_ssize_t n) {
  enum { MOST_WINDOW = 1 << 10, MOST_NOISE = 1 << 10, MOST_WIDTH = 1 << 20 };
  if (!expect_arguments(n, 13)) return NULL;
  AnnWords w = {};
  int mean;
  long long key, first, last;
  const char *name = NULL;
  if (a[0] != Py_None && !(name = PyUnicode_AsUTF8AndSize(a[0], NULL))) return NULL;
  if (!PyArg_ParseTuple(a[1], "iiipL", &w.width, &w.window, &w.negative, &mean, &key) || !PyArg_ParseTuple(a[2], "LL", &first, &last) ||
      !PyArg_ParseTuple(a[3], "ddd", &w.rate, &w.slope, &w.floor))
    return NULL;
  w.mean = mean != 0;
  w.key = (uint64_t)key;
  w.first = first, w.last = last;
  if (w.width < 1 || w.width > MOST_WIDTH || w.window < 1 || w.window > MOST_WINDOW || w.negative < 0 || w.negative > MOST_NOISE)
    return wrong_words("width, window or negative is out of range"), nullptr;
  WordArrays arrays;
  if (!arrays.take(a + 4, w)) return NULL;
  const AnnKernel *kernel = choose_word_variant(name);
  if (!kernel) return wrong_words("this machine has no such variant"), nullptr;
  PyThreadState *thread = PyEval_SaveThread();
  const int status = kernel->learn_words(&w);
  PyEval_RestoreThread(thread);
  if (!check_status(status)) return NULL;
  if (w.is_wrong) return wrong_words("the tokens and starts are not those of a text of these words"), nullptr;
  return Py_BuildValue("dL", w.loss, (long long)w.predicted);
}
