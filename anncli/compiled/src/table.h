// Rows of a text table: cells between delimiters, in quotes or not, which are numbers, words or missing.
#ifndef ANN_TABLE_H
#define ANN_TABLE_H

#include "decimal.h"
#include "words.h"

namespace table {

// GOOD to RETURN are the numbers of Flaw in table_syntax.py. MORE: the text ends inside the row.
enum Flaw { GOOD = 0, COUNT = 1, AFTER_QUOTE = 2, OPEN_QUOTE = 3, RETURN = 4, MORE = 5, NO_MEMORY = 6 };

struct Spelling {
  const char *text;  // without upper case letters
  int64_t size;
};

// delimiter: 0 for blanks; mark: of decimals; na: how a missing cell is written; na_numbers: numbers that say the same.
struct Syntax {
  char delimiter, quote, mark;
  bool escaped, ended;
  int64_t width;
  words::List<Spelling> na;
  words::List<double> na_numbers;
};

// What a cell says, by itself.
class Meaning {
 public:
  enum What { MISSING, NUMBER, WORD };
  // Another reader of numbers, for those that decimal::read() finds hard; with a point, and nothing else in the text.
  typedef double (*HardNumber)(const char *text);

  Meaning(const Syntax &syntax, HardNumber hard) : s(syntax), hard_number(hard) {}

  bool is_na(double number) const {
    for (int64_t k = 0; k < s.na_numbers.n; k++)
      if (s.na_numbers.items[k] == number) return true;
    return false;
  }

  What of(const char *text, int64_t size, double *number) const {
    while (size && is_space(text[size - 1])) size--;
    while (size && is_space(*text)) text++, size--;
    if (!size) return MISSING;
    for (int64_t k = 0; k < s.na.n; k++)
      if (s.na.items[k].size == size && spells(text, s.na.items[k])) return MISSING;
    // What follows the cell in the file is no part of it.
    char small[64], *const copy = size < (int64_t)sizeof small ? small : (char *)malloc((size_t)size + 1);
    if (!copy) return WORD;
    memcpy(copy, text, (size_t)size);
    copy[size] = 0;
    const bool is_number = number_of(copy, size, number);
    if (copy != small) free(copy);
    return !is_number ? WORD : is_na(*number) ? MISSING : NUMBER;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r' || c == '\n'; }
  static bool spells(const char *text, const Spelling &na) {
    for (int64_t k = 0; k < na.size; k++)
      if ((text[k] >= 'A' && text[k] <= 'Z' ? text[k] + 32 : text[k]) != na.text[k]) return false;
    return true;
  }

  // text: with a NUL at its end.
  bool number_of(char *text, int64_t size, double *number) const {
    const char *p = text;
    const decimal::Found found = decimal::read(p, text + size, s.mark, number);
    if (found == decimal::NONE || p != text + size) return false;
    if (found == decimal::EXACT) return true;
    if (char *const mark = (char *)memchr(text, s.mark, (size_t)size)) *mark = '.';
    *number = hard_number(text);
    // A number too large for a double stays a word.
    return *number - *number == 0;
  }

  const Syntax &s;
  const HardNumber hard_number;
};

// Takes the cells of rows that are known to be right. A row is `width` slots of 8 bytes: the double of a column of numbers
// (NaN: missing), the code of a column of words (an int64, -1: missing).
class Columns {
 public:
  Columns(const Syntax &syntax, const Meaning &meaning) : width(syntax.width), meaning(meaning) {
    found = (words::Words **)calloc((size_t)width, sizeof *found);
  }
  ~Columns() {
    for (int64_t k = 0; found && k < width; k++) delete found[k];
    free(found);
  }
  Columns(const Columns &) = delete;

  bool is_good() const { return found != NULL; }
  // Where the first row goes.
  void begin(double *slots) { out = slots; }
  double *row(int64_t number) const { return out + number * width; }
  // The words of a column, NULL where it holds numbers only.
  const words::Words *words_of(int64_t column) const { return found[column]; }
  const words::Words *const *words() const { return found; }

  // Gives a slot the meaning of a cell; false: no memory.
  bool put(int64_t row_number, int64_t column, const char *text, int64_t size) {
    double *const slot = row(row_number) + column, number = 0;
    if (!found[column]) {
      const Meaning::What what = meaning.of(text, size, &number);
      if (what != Meaning::WORD) {
        *slot = what == Meaning::NUMBER ? number : missing();
        return true;
      }
      if (!turn_to_words(column, row_number)) return false;
    }
    words::Words &known = *found[column];
    uint64_t hash;
    const int32_t *seen = known.find(text, size, &hash);
    if (seen) return set_code(slot, *seen);
    const Meaning::What what = meaning.of(text, size, &number);
    int32_t code = -1;
    if (what == Meaning::NUMBER) code = known.code_of(number);
    if (what == Meaning::WORD) code = known.new_word(text, size);
    return code != words::NO_MEMORY && known.add(text, size, hash, code) && set_code(slot, code);
  }

  // Puts the rows of `other` behind the first n_rows here; false: no memory. Its words must live as long as these columns.
  bool append(int64_t n_rows, Columns &other, int64_t n_others) {
    if (row(n_rows) != other.out) memmove(row(n_rows), other.out, (size_t)(n_others * width) * sizeof *out);
    other.out = row(n_rows);
    for (int64_t k = 0; k < width; k++) {
      if (!found[k] && !other.found[k]) continue;
      if (!found[k] && !turn_to_words(k, n_rows)) return false;
      if (!other.found[k] && !other.turn_to_words(k, n_others)) return false;
      if (!found[k]->take(*other.found[k], codes)) return false;
      for (int64_t r = 0; r < n_others; r++) {
        int64_t code;
        memcpy(&code, other.row(r) + k, 8);
        if (code >= 0) set_code(other.row(r) + k, codes.items[code]);
      }
    }
    return true;
  }

  static double missing() {
    const uint64_t bits = 0x7FF8000000000000ull;
    double value;
    memcpy(&value, &bits, 8);
    return value;
  }

 private:
  static bool set_code(double *slot, int64_t code) {
    memcpy(slot, &code, 8);
    return true;
  }

  bool turn_to_words(int64_t column, int64_t n_rows) {
    words::Words *const made = new words::Words;
    if (!made) return false;
    found[column] = made;
    for (int64_t k = 0; k < n_rows; k++) {
      double *const slot = row(k) + column;
      const int32_t code = *slot == *slot ? made->code_of(*slot) : -1;
      if (code == words::NO_MEMORY) return false;
      set_code(slot, code);
    }
    return true;
  }

  double *out = NULL;
  const int64_t width;
  const Meaning &meaning;
  words::Words **found;
  words::List<int32_t> codes;
};

}  // namespace table

#endif
