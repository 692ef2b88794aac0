// A call of learn_words(): word vectors that learn to tell which words stand near each other (skip-gram, cbow).
#ifndef ANN_WORD_VECTORS_H
#define ANN_WORD_VECTORS_H

#include <stdint.h>

// Parameters: a row of `width` numbers for each word as an input (`in`), and one for each word, or each inner node of a tree,
// as what is predicted (`out`). A step adds -rate * slope to the rows in_to and out_to, which are the same arrays in training.
struct AnnWords {
  const float *in, *out;
  float *in_to, *out_to;
  const int32_t *tokens;       // the words of all sentences, one after another
  const int64_t *starts;       // where each sentence begins, and the end of the last one
  int64_t n_tokens, n_sentences;
  int64_t first, last;         // the places of the words in the middle of a window
  const uint32_t *keep;        // by word: a place stays if its low 32 random bits are not above
  const uint32_t *noise_limit; // by word: the alias table of the noise words
  const int32_t *noise_other;
  const int64_t *path_starts;  // by word, (n_words + 1): its path through the tree, or null for noise words
  const int32_t *path;         // 2 * node + the label there, 1 for the first child
  int n_words, n_out, width, window, negative;
  bool mean;                   // cbow: the mean of the words around predicts the one in the middle
  uint64_t key;                // of the random numbers of the epoch
  double rate, slope, floor;   // at place p the rate is max(rate - slope * p, floor)
  double loss;                 // sum over the words that were predicted, and how many there were
  int64_t predicted;
  bool is_wrong;               // tokens that are no words, or starts that do not fit them, were met: the call ended there
};

#endif
