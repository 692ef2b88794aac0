// The calls from Python that read texts by a lexicon.
#ifndef ANN_LEXICON_CALLS_H
#define ANN_LEXICON_CALLS_H

#include "python_api.h"

// lexicon(split, fold, least, ngrams, words, classes) -> a lexicon of a list of words, each once; classes(k) tells what the characters
// from 256 k on are, as 256 bytes: 1 for a letter, digit or underscore, 2 for white space
PyObject *make_lexicon(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// grow_lexicon(lexicon, texts), find_words(lexicon, texts) -> (numbers, starts, number of words of the lexicon) of a list of texts, the
// first two as bytearrays
PyObject *grow_lexicon(PyObject *, PyObject *const *arguments, Py_ssize_t n);
PyObject *find_words(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// count_words(lexicon, texts) -> (numbers, counts, starts)
PyObject *count_words(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// word_counts(lexicon) -> (counts, documents) of all words, as bytearrays
PyObject *word_counts(PyObject *, PyObject *const *arguments, Py_ssize_t n);

// spell_words(lexicon, numbers) -> the words of these numbers, an array of int32, or of all for None
PyObject *spell_words(PyObject *, PyObject *const *arguments, Py_ssize_t n);

#endif
