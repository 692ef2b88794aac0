// The rows of a text table, read in parts at once.
#ifndef ANN_TABLE_PARTS_H
#define ANN_TABLE_PARTS_H

#include "byte_count.h"
#include "on_heap.h"
#include "table_rows.h"
#include "team.h"

namespace table {

class Parts {
 public:
  enum { MOST = 8 };
  // What read() found: where the next row begins, how many there are, and the line and the cell of a flaw.
  const char *at = NULL;
  int64_t n = 0, line = 0, flaw_cell = 0;

  // slots, row_lines: for each row that is wanted at most.
  Parts(const Syntax &syntax, const Meaning &meaning, double *slots, int64_t *row_lines, int64_t most)
      : s(syntax), meaning(meaning), slots(slots), row_lines(row_lines), most(most) {}
  ~Parts() {
    for (int k = 0; k < n_parts; k++) delete parts[k];
  }
  Parts(const Parts &) = delete;

  // [from, to): see Rows; n_wanted: into how many parts the text is cut, at most MOST.
  Flaw read(const char *from, const char *to, bool is_last, int n_wanted) {
    cut(from, to, n_wanted);
    if (!make(from, is_last)) return NO_MEMORY;
    ann_team::run(work, this, n_parts);
    Flaw flaw = parts[0]->flaw;
    Rows &first = parts[0]->rows;
    // Where a cut was inside quotes, what follows was read in vain.
    for (int k = 1; flaw == GOOD && k < n_parts && first.at == ends[k - 1]; k++) flaw = append(*parts[k]);
    if (flaw == GOOD) {
      first.go_on(to, is_last);
      flaw = first.read(most);
    }
    at = first.at, n = first.n, line = first.line, flaw_cell = first.flaw_cell;
    return flaw;
  }

  const words::Words *words_of(int64_t column) const { return parts[0]->columns.words_of(column); }

 private:
  struct Part : OnHeap {
    Columns columns;
    Rows rows;
    int64_t most = 0;  // rows
    Flaw flaw = GOOD;
    Part(const Syntax &syntax, const Meaning &meaning) : columns(syntax, meaning), rows(syntax, columns, meaning) {}
  };

  // Cuts the text at line ends, after an even number of quotes: most probably at the ends of rows.
  void cut(const char *from, const char *to, int n_wanted) {
    const int64_t size = (to - from) / n_wanted;
    int64_t n_rows = 0;
    n_parts = 0;
    for (int k = 1; k < n_wanted; k++) {
      const char *const near = from + size * k, *const begun = n_parts ? ends[n_parts - 1] : from;
      if (near < begun) continue;
      const char *const end = row_end(begun, near, to);
      if (!end || end == to) break;
      const int64_t n_lines = count_bytes(begun, end, '\n');
      if (n_rows + n_lines >= most) break;
      n_rows += n_lines;
      ends[n_parts] = end;
      rooms[n_parts++] = n_lines;
    }
    ends[n_parts] = to;
    rooms[n_parts++] = most - n_rows;
  }

  // A place after `near` where a row probably ends, or NULL.
  const char *row_end(const char *begun, const char *near, const char *to) const {
    const char *end = line_end(near, to);
    for (int tries = 4; s.quote && end && count_bytes(begun, end, s.quote) % 2; tries--) {
      const char *const quote = tries ? (const char *)memchr(end, s.quote, (size_t)(to - end)) : NULL;
      end = quote ? line_end(quote, to) : NULL;
    }
    return end;
  }

  static const char *line_end(const char *from, const char *to) {
    const char *const found = (const char *)memchr(from, '\n', (size_t)(to - from));
    return found ? found + 1 : NULL;
  }

  bool make(const char *from, bool is_last) {
    const int wanted = n_parts;
    int64_t begun = 0;
    for (n_parts = 0; n_parts < wanted; n_parts++) {
      Part *const part = new Part(s, meaning);
      if (!part || !part->columns.is_good()) {
        delete part;
        return false;
      }
      part->most = rooms[n_parts];
      part->columns.begin(slots + begun * s.width);
      part->rows.begin(from, ends[n_parts], is_last && n_parts == wanted - 1, row_lines + begun);
      parts[n_parts] = part;
      from = ends[n_parts];
      begun += part->most;
    }
    return true;
  }

  static void work(void *self, ann_team::Team *team, int member) {
    Parts &all = *(Parts *)self;
    for (int k = member; k < all.n_parts; k += team->members) all.parts[k]->flaw = all.parts[k]->rows.read(all.parts[k]->most);
  }

  Flaw append(Part &next) {
    Rows &first = parts[0]->rows;
    return parts[0]->columns.append(first.n, next.columns, next.rows.n) ? first.append(next.rows, next.flaw) : NO_MEMORY;
  }

  const Syntax &s;
  const Meaning &meaning;
  double *const slots;
  int64_t *const row_lines;
  const int64_t most;
  Part *parts[MOST];
  const char *ends[MOST];
  int64_t rooms[MOST];
  int n_parts = 0;
};

}  // namespace table

#endif
