#include "lexicon_calls.h"

#include "arguments.h"
#include "lexicon.h"

static const char *const CAPSULE = "anncli.compiled.lexicon";

// A lexicon, the text at hand, and what is known of characters so far.
struct LexiconHandle : public OnHeap {
  lexicon::Lexicon lexicon;
  lexicon::Text text;
  PyObject *classes;
  unsigned char *blocks[lexicon::N_BLOCKS] = {};

  LexiconHandle(const lexicon::Rule &rule, PyObject *classes) : lexicon(rule), classes(classes) { Py_INCREF(classes); }
  ~LexiconHandle() {
    Py_DECREF(classes);
    for (unsigned char *block : blocks) free(block);
  }
  LexiconHandle(const LexiconHandle &) = delete;

  // The classes of 256 characters, NULL with an error.
  const unsigned char *block(int k) {
    if (blocks[k]) return blocks[k];
    PyObject *const told = PyObject_CallFunction(classes, "i", k);
    char *bytes;
    Py_ssize_t n;
    if (told && !PyBytes_AsStringAndSize(told, &bytes, &n)) {
      if (n != lexicon::BLOCK)
        PyErr_SetString(PyExc_ValueError, "256 classes are needed");
      else if (!(blocks[k] = (unsigned char *)malloc(lexicon::BLOCK)))
        PyErr_NoMemory();
      else
        memcpy(blocks[k], bytes, lexicon::BLOCK);
    }
    Py_XDECREF(told);
    return blocks[k];
  }

  // Takes a text; false with an error.
  bool take(PyObject *given) {
    if (!PyUnicode_Check(given)) return PyErr_SetString(PyExc_TypeError, "a text must be a str"), false;
    // Places are 32-bit numbers, and a character has up to 4 bytes.
    const Py_ssize_t most = (Py_ssize_t)UINT32_MAX / 4 - 2 * lexicon::PADDING;
    if (PyUnicode_GetLength(given) > most) return PyErr_Format(PyExc_ValueError, "a text has more than %zd characters", most), false;
    PyObject *const flag = PyObject_CallMethod(given, "isascii", NULL);
    const int is_ascii = flag ? PyObject_IsTrue(flag) : -1;
    Py_XDECREF(flag);
    if (is_ascii < 0) return false;
    if (is_ascii) {
      Py_ssize_t n;
      const char *const bytes = PyUnicode_AsUTF8AndSize(given, &n);
      return bytes && (text.take_ascii(bytes, n, lexicon.rule.fold) || (PyErr_NoMemory(), false));
    }
    return take_other(given);
  }

 private:
  // A text beyond ASCII is lower-cased by Python: a character may become two, and a sigma another one at the end of a word.
  bool take_other(PyObject *given) {
    PyObject *const folded = lexicon.rule.fold ? PyObject_CallMethod(given, "lower", NULL) : PyObject_Str(given);
    PyObject *const encoded = folded ? PyUnicode_AsEncodedString(folded, "utf-8", "surrogatepass") : NULL;
    Py_XDECREF(folded);
    char *bytes;
    Py_ssize_t n;
    bool taken = encoded && !PyBytes_AsStringAndSize(encoded, &bytes, &n);
    if (taken) {
      taken = text.take_utf8(bytes, n, lexicon.rule.split, [this](int k) { return block(k); });
      if (!taken && !PyErr_Occurred()) PyErr_NoMemory();
    }
    Py_XDECREF(encoded);
    return taken;
  }
};

static void destroy_capsule(PyObject *capsule) { delete (LexiconHandle *)PyCapsule_GetPointer(capsule, CAPSULE); }

static LexiconHandle *handle_of(PyObject *capsule) { return (LexiconHandle *)PyCapsule_GetPointer(capsule, CAPSULE); }

static bool add_words(LexiconHandle *handle, PyObject *words) {
  for (Py_ssize_t k = 0; k < PyList_Size(words); k++) {
    PyObject *const encoded = PyUnicode_AsEncodedString(PyList_GetItem(words, k), "utf-8", "surrogatepass");
    char *bytes;
    Py_ssize_t n;
    bool added = encoded && !PyBytes_AsStringAndSize(encoded, &bytes, &n);
    if (added && n > (Py_ssize_t)INT32_MAX) {
      PyErr_SetString(PyExc_ValueError, "a word is too long");
      added = false;
    }
    if (added && !handle->lexicon.add(bytes, n)) added = (PyErr_NoMemory(), false);
    Py_XDECREF(encoded);
    if (!added) return false;
  }
  return true;
}

PyObject *make_lexicon(PyObject *, PyObject *const *a, Py_ssize_t n) {
  if (!expect_arguments(n, 6)) return NULL;
  int64_t split, least, ngrams;
  const int fold = PyObject_IsTrue(a[1]);
  if (fold < 0 || !as_int64(a[0], &split) || !as_int64(a[2], &least) || !as_int64(a[3], &ngrams)) return NULL;
  if (split < 0 || split > 1 || ngrams < 1 || ngrams > 3 || !PyList_Check(a[4])) {
    PyErr_SetString(PyExc_ValueError, "a rule that cannot be, or words that are no list");
    return NULL;
  }
  LexiconHandle *const handle = new LexiconHandle({(lexicon::Split)split, fold != 0, least, (int)ngrams}, a[5]);
  if (!handle) return PyErr_NoMemory();
  PyObject *const capsule = add_words(handle, a[4]) ? PyCapsule_New(handle, CAPSULE, destroy_capsule) : NULL;
  if (!capsule) delete handle;
  return capsule;
}

template <class T> static PyObject *bytes_of(const words::List<T> &list) {
  return PyByteArray_FromStringAndSize((const char *)list.items, (Py_ssize_t)(list.n * (int64_t)sizeof(T)));
}

// Takes one text after the other and calls read(), which says how many numbers there are now, negative where there is no memory.
template <class Read> static bool read_texts(LexiconHandle *handle, PyObject *texts, words::List<int64_t> &starts, Read &&read) {
  if (!PyList_Check(texts)) return PyErr_SetString(PyExc_TypeError, "texts must be a list"), false;
  int64_t size = 0;
  if (!starts.add(0)) return PyErr_NoMemory(), false;
  for (Py_ssize_t k = 0; k < PyList_Size(texts); k++) {
    if (!handle->take(PyList_GetItem(texts, k))) return false;
    const int64_t n = read();
    if (n < 0 || !starts.add(n)) return PyErr_NoMemory(), false;
    // The user may want to stop what takes long.
    if ((size += handle->text.size()) > 1 << 22) {
      if (PyErr_CheckSignals()) return false;
      size = 0;
    }
  }
  return true;
}

static PyObject *read_numbers(PyObject *const *a, Py_ssize_t n, bool (lexicon::Lexicon::*read)(const lexicon::Text &, words::List<int32_t> &)) {
  LexiconHandle *const handle = expect_arguments(n, 2) ? handle_of(a[0]) : NULL;
  if (!handle) return NULL;
  words::List<int32_t> numbers;
  words::List<int64_t> starts;
  const bool done = read_texts(handle, a[1], starts, [&] { return (handle->lexicon.*read)(handle->text, numbers) ? numbers.n : -1; });
  if (!done) return NULL;
  return Py_BuildValue("NNn", bytes_of(numbers), bytes_of(starts), (Py_ssize_t)handle->lexicon.entries.n);
}

PyObject *grow_lexicon(PyObject *, PyObject *const *a, Py_ssize_t n) { return read_numbers(a, n, &lexicon::Lexicon::grow); }

PyObject *find_words(PyObject *, PyObject *const *a, Py_ssize_t n) { return read_numbers(a, n, &lexicon::Lexicon::find); }

PyObject *count_words(PyObject *, PyObject *const *a, Py_ssize_t n) {
  LexiconHandle *const handle = expect_arguments(n, 2) ? handle_of(a[0]) : NULL;
  if (!handle) return NULL;
  words::List<int32_t> numbers, counts;
  words::List<int64_t> starts;
  const bool done = read_texts(handle, a[1], starts, [&] { return handle->lexicon.counted(handle->text, numbers, counts) ? numbers.n : -1; });
  return done ? Py_BuildValue("NNN", bytes_of(numbers), bytes_of(counts), bytes_of(starts)) : NULL;
}

PyObject *word_counts(PyObject *, PyObject *const *a, Py_ssize_t n) {
  LexiconHandle *const handle = expect_arguments(n, 1) ? handle_of(a[0]) : NULL;
  if (!handle) return NULL;
  words::List<int64_t> counts, documents;
  const words::List<lexicon::Entry> &entries = handle->lexicon.entries;
  if (!counts.reserve(entries.n) || !documents.reserve(entries.n)) return PyErr_NoMemory();
  for (int64_t k = 0; k < entries.n; k++) {
    counts.add(entries.items[k].count);
    documents.add(entries.items[k].documents);
  }
  return Py_BuildValue("NN", bytes_of(counts), bytes_of(documents));
}

PyObject *spell_words(PyObject *, PyObject *const *a, Py_ssize_t n) {
  LexiconHandle *const handle = expect_arguments(n, 2) ? handle_of(a[0]) : NULL;
  BufferView wanted;
  if (!handle || !wanted.take_row_numbers(a[1], "numbers")) return NULL;
  const int64_t n_entries = handle->lexicon.entries.n;
  if (wanted.held && !check_row_numbers(wanted, (Py_ssize_t)n_entries)) return NULL;
  const int64_t n_wanted = wanted.held ? wanted.rows : n_entries;
  PyObject *const list = PyList_New((Py_ssize_t)n_wanted);
  words::List<char> text;
  for (int64_t k = 0; list && k < n_wanted; k++) {
    text.n = 0;
    const bool spelt = handle->lexicon.spell(wanted.held ? ((const int32_t *)wanted.data)[k] : k, text);
    PyObject *const word = spelt ? PyUnicode_DecodeUTF8(text.items ? text.items : "", (Py_ssize_t)text.n, "surrogatepass") : PyErr_NoMemory();
    if (!word || PyList_SetItem(list, (Py_ssize_t)k, word)) {
      Py_DECREF(list);
      return NULL;
    }
  }
  return list;
}
