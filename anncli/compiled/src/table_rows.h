// Finds the rows of a text table and their cells.
#ifndef ANN_TABLE_ROWS_H
#define ANN_TABLE_ROWS_H

#include "table.h"

namespace table {

class Rows {
 public:
  const char *at = NULL;  // where the next row begins
  int64_t n = 0, line = 0, flaw_cell = 0;

  Rows(const Syntax &syntax, Columns &columns, const Meaning &meaning) : s(syntax), columns(columns), meaning(meaning) {
    memset(kinds, 0, sizeof kinds);
    for (const char *c = " \t\v\f"; *c; c++) kinds[(unsigned char)*c] = s.delimiter ? BLANK : BLANK | STOP;
    if (s.delimiter) kinds[(unsigned char)s.delimiter] = STOP;
    kinds[(unsigned char)'\n'] = STOP;
    // Where the delimiter is the decimal mark too, only cells in quotes have decimals.
    plain_mark = s.mark == s.delimiter ? 0 : s.mark;
    is_plain = s.delimiter && !s.na_numbers.n;
  }
  Rows(const Rows &) = delete;

  // [from, to): the text, with a line end before `to` or a NUL there; is_last: nothing follows it; row_lines: takes the line
  // of each row, counted from 0.
  void begin(const char *from, const char *to, bool is_last, int64_t *row_lines) {
    at = from;
    lines = row_lines;
    go_on(to, is_last);
  }

  // The text ends elsewhere.
  void go_on(const char *to, bool is_last) {
    end = to;
    last = is_last;
  }

  // Reads until there are `most` rows. GOOD: stopped because of `most`, or because no whole row is left.
  Flaw read(int64_t most) {
    while (n < most) {
      skip_empty_lines();
      cells.n = n_lines = 0;
      const Flaw flaw = row();
      if (flaw == MORE) return GOOD;
      if (flaw != GOOD) return flaw;
      for (int64_t k = 0; k < cells.n; k++) {
        const Cell &cell = cells.items[k];
        if (!columns.put(n, cell.column, cell.text, cell.size)) return NO_MEMORY;
      }
      lines[n++] = line;
      line += n_lines + 1;
      at = next;
    }
    return GOOD;
  }

  // Goes on after `other`, which began here and found `flaw`, and whose rows the columns have got.
  Flaw append(const Rows &other, Flaw flaw) {
    for (int64_t k = 0; k < other.n; k++) lines[n + k] = other.lines[k] + line;
    n += other.n;
    line += other.line;
    at = other.at;
    flaw_cell = other.flaw_cell;
    return flaw;
  }

 private:
  enum : unsigned char { BLANK = 1, STOP = 2 };
  enum Next { CELL, ROW };

  // A cell whose meaning is found out when its row is known to be right.
  struct Cell {
    int64_t column;
    const char *text;
    int64_t size;
  };

  bool is_blank(char c) const { return kinds[(unsigned char)c] & BLANK; }
  bool is_stop(char c) const { return kinds[(unsigned char)c] & STOP; }

  // Lines of blanks alone; of tabs alone, too, unless they are the delimiters of a whole row.
  void skip_empty_lines() {
    while (at < end) {
      const char *p = at;
      int64_t tabs = 0;
      for (; *p == ' ' || *p == '\t' || *p == '\v' || *p == '\f' || *p == '\r'; p++) tabs += *p == '\t';
      if (*p != '\n' || p >= end) return;
      if (s.delimiter == '\t' && s.width > 1 && tabs >= s.width - 1) return;
      at = p + 1;
      line++;
    }
  }

  // One row from `at` on; sets `next` to the one after it.
  Flaw row() {
    double *const slots = columns.row(n);
    int64_t k = 0;
    bool is_open = false;  // the last cell was empty and without quotes
    Next then = CELL;
    const char *p = at;
    while (then == CELL) {
      if (is_plain && plain_numbers(p, &k, slots, &is_open)) {
        then = ROW;
        break;
      }
      while (is_blank(*p)) p++;
      if (k < s.width && !columns.words_of(k) && number(p, slots + k, &then)) {
        k++;
        is_open = false;
        continue;
      }
      const char *text = p;
      int64_t size = 0;
      const bool is_quoted = s.quote && *p == s.quote && p < end;
      const Flaw flaw = is_quoted ? quoted_cell(p, &text, &size, &then) : plain_cell(p, &text, &size, &then);
      if (flaw != GOOD) {
        flaw_cell = k + 1;
        return flaw;
      }
      is_open = !is_quoted && !size;
      if (is_open && !s.delimiter) continue;
      if (k < s.width && !cells.add({k, text, size})) return NO_MEMORY;
      k++;
    }
    next = p;
    if (k == s.width + 1 && s.ended && is_open && s.delimiter) k--;
    flaw_cell = k;
    return k == s.width ? GOOD : COUNT;
  }

  // The numbers from column *k on that stand between delimiters alone, up to the first other cell, or the end of the row: true.
  bool plain_numbers(const char *&from, int64_t *k, double *slots, bool *is_open) const {
    const char *p = from, *const last = end;
    const char delimiter = s.delimiter, mark = plain_mark;
    double *slot = slots + *k, *const slots_end = slots + s.width;
    const words::Words *const *worded = columns.words() + *k;
    bool is_row = false;
    for (; slot < slots_end && !*worded && !is_row; slot++, worded++) {
      const char *q = p;
      double value;
      if (decimal::read(q, last, mark, &value) != decimal::EXACT || q >= last) break;
      is_row = *q == '\n';
      if (*q != delimiter && !is_row) break;
      *slot = value;
      p = q + 1;
    }
    if (p != from) *is_open = false;
    *k = slot - slots;
    from = p;
    return is_row;
  }

  // A plain number and what follows it; false, and nothing moved, for anything else.
  bool number(const char *&p, double *slot, Next *then) {
    const char *q = p;
    double value;
    if (decimal::read(q, end, plain_mark, &value) != decimal::EXACT) return false;
    while (is_blank(*q)) q++;
    if (*q == s.delimiter && q < end) {
      q++;
    } else if (!end_of_row(q, then)) {
      // Between blanks, the next cell has been reached.
      if (s.delimiter || q == p || !is_blank(q[-1]) || q >= end || *q == '\r') return false;
    }
    *slot = s.na_numbers.n && meaning.is_na(value) ? Columns::missing() : value;
    p = q;
    return true;
  }

  // Moves q past the end of a line, which carriage returns may precede.
  bool end_of_row(const char *&q, Next *then) const {
    const char *p = q;
    while (*p == '\r') p++;
    if (*p != '\n' || p >= end) return false;
    q = p + 1;
    *then = ROW;
    return true;
  }

  // The first delimiter, line end or carriage return from p on, or the end of the text.
  const char *stop_or_return(const char *p) const {
    const uint64_t ones = 0x0101010101010101ull, delimiters = ones * (unsigned char)s.delimiter;
    while (s.delimiter && end - p >= 8) {
      uint64_t eight;
      memcpy(&eight, p, 8);
      const uint64_t found = zeros_in(eight ^ delimiters) | zeros_in(eight ^ ones * '\n') | zeros_in(eight ^ ones * '\r');
      if (found) return p + (decimal::trailing_zeros(found) >> 3);
      p += 8;
    }
    while (p < end && !is_stop(*p) && *p != '\r') p++;
    return p;
  }

  // The high bit of every byte that is 0, and perhaps of some behind the first of them.
  static uint64_t zeros_in(uint64_t v) { return (v - 0x0101010101010101ull) & ~v & 0x8080808080808080ull; }

  Flaw plain_cell(const char *&p, const char **text, int64_t *size, Next *then) {
    const char *const start = p;
    p = stop_or_return(p);
    const bool has_return = p < end && *p == '\r';
    while (p < end && !is_stop(*p)) p++;
    if (p >= end) return MORE;
    const char *last = p;
    if (*p == '\n') {
      *then = ROW;
      while (last > start && last[-1] == '\r') last--;
    }
    if (has_return && memchr(start, '\r', (size_t)(last - start))) return RETURN;
    while (last > start && is_blank(last[-1])) last--;
    *text = start;
    *size = last - start;
    p++;
    return GOOD;
  }

  Flaw quoted_cell(const char *&p, const char **text, int64_t *size, Next *then) {
    const char *const start = ++p;
    bool is_plain = true;
    int64_t inside = 0;
    for (;; p++) {
      if (p >= end) return last ? OPEN_QUOTE : MORE;
      if (*p == s.quote) {
        if (p + 1 >= end || p[1] != s.quote) break;
        is_plain = false;
        p++;
      } else if (*p == '\\' && s.escaped) {
        is_plain = false;
        inside += p[1] == '\n' && p + 1 < end;
        if (++p >= end) return last ? OPEN_QUOTE : MORE;
      } else {
        inside += *p == '\n';
      }
    }
    *text = start;
    *size = p - start;
    if (!is_plain && !unescape(text, size)) return NO_MEMORY;
    p++;
    n_lines += inside;
    if (s.delimiter)
      while (is_blank(*p)) p++;
    if (p < end && *p != '\n' && is_stop(*p)) {
      p++;
      return GOOD;
    }
    if (end_of_row(p, then)) return GOOD;
    while (*p == '\r') p++;
    return p >= end ? MORE : AFTER_QUOTE;
  }

  // The text between quotes with one character for each doubled or escaped one.
  bool unescape(const char **text, int64_t *size) {
    char *const made = arena.take(*size), *to = made;
    if (!made) return false;
    for (const char *p = *text, *const last = p + *size; p < last; p++) {
      const bool is_doubled = *p == s.quote, is_escape = s.escaped && *p == '\\' && (p[1] == s.quote || p[1] == '\\');
      if ((is_doubled || is_escape) && p + 1 < last) p++;
      *to++ = *p;
    }
    *text = made;
    *size = to - made;
    return true;
  }

  const char *end = NULL, *next = NULL;
  bool last = false;
  const Syntax &s;
  Columns &columns;
  const Meaning &meaning;
  int64_t *lines = NULL;
  unsigned char kinds[256];
  char plain_mark;
  bool is_plain;
  int64_t n_lines = 0;  // line ends inside the quotes of a row
  words::List<Cell> cells;
  words::Arena arena;
};

}  // namespace table

#endif
