"""The last part of an exported Python module: what it does as a program, rows of a table in and answers out."""

from __future__ import annotations

WRITTEN = '''\
def _written(row):
    """What is written of a row."""
    outputs = predict(row)
    texts = [_shortest(value) for value in outputs]
{cells}

def _shortest(value):
    """The shortest digits that give the same number of 32 bits back."""
    for digits in range(6, 9):
        text = repr(float("%.*g" % (digits, value)))
        if _rounded([float(text)])[0] == value:
            return text
    return repr(float("%.9g" % value))


'''

READ_TABLE = '''\
def _read_rows(file):
    """The rows of a table as mappings, each with the number of its line; without a line of names the columns are those of COLUMNS."""
    import csv

    head = file.readline()
    rows = csv.reader(_chained(head, file), delimiter=max(",;\\t", key=head.count))
    names = None
    for row in rows:
        row = [cell.strip() for cell in row]
        if not any(row):
            continue
        if names is None:
            names = row if all(name in row for name in COLUMNS) else list(COLUMNS)
            if names is row:
                continue
            if not _is_numbers(row):
                missing = [name for name in COLUMNS if name not in row]
                raise ValueError("line %d: no column %r" % (rows.line_num, missing[0]))
        if len(row) != len(names):
            raise ValueError("line %d: expected %d values, found %d" % (rows.line_num, len(names), len(row)))
        yield rows.line_num, {name: None if cell in _MISSING_WORDS else cell for name, cell in zip(names, row)}


def _chained(head, file):
    yield head
    yield from file


def _is_numbers(row):
    try:
        return [float(cell) for cell in row] != []
    except ValueError:
        return False


'''

READ_TEXTS = '''\
def _read_rows(file):
    """The lines that are not empty, each with its number."""
    for number, line in enumerate(file.read().replace("\\r\\n", "\\n").split("\\n"), 1):
        if line:
            yield number, line


'''

MAIN = '''\
def main(arguments):
    """`python FILE < rows.csv` writes the outputs for every row as CSV; `python FILE --self-test` runs self_test()."""
    import csv

    if arguments == ["--self-test"]:
        print("largest difference: %.3g" % self_test())
        return 0
    if arguments:
        print("use: python %s < rows.csv" % sys.argv[0], file=sys.stderr)
        return 2
    sys.stdin.reconfigure(encoding="utf-8-sig", newline="")
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    writer = csv.writer(sys.stdout, lineterminator="\\n")
    number = 0
    try:
        writer.writerow(_HEAD)
        for number, row in _read_rows(sys.stdin):
            try:
                cells = _written(row)
            except ValueError as fault:
                raise ValueError("line %d: %s" % (number, fault))
            writer.writerow(cells)
        sys.stdout.flush()
    except (ValueError, csv.Error) as fault:
        sys.stdout.flush()
        print("error: %s" % fault, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever reads has enough; Python must not complain at its end either.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''
