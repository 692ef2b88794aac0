// The call on words of a text from Python.
#ifndef ANN_WORD_CALLS_H
#define ANN_WORD_CALLS_H

#include "python_api.h"

// learn_words(variant or None, (width, window, negative, mean, key), (first, last), (rate, slope, floor), parameters, to or None, tokens, starts,
//             keep, noise_limit, noise_other, path_starts or None, path or None) -> (sum of the losses, words predicted)
// Windows around the places first..last of the tokens; see word_vectors.h. to: what the steps are added to, None for the parameters.
// keep, noise_limit and the key are unsigned, and come as signed numbers of the same bits.
PyObject *learn_words(PyObject *, PyObject *const *arguments, Py_ssize_t n);

#endif
