"""JUnit XML: the form in which CI servers read results of tests. A test case for the run, and one for each requirement.

Elements and attributes are those that Jenkins, GitLab and GitHub actions read: testsuites, testsuite, testcase, failure, error,
system-out. (The schema of Jenkins: github.com/jenkinsci/xunit-plugin, junit-10.xsd.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from anncli.errors import printable


class Case(NamedTuple):
    """One test case. failure: what is not as required, error: why there is no result, '' where there is no such thing; output:
    what it found; kind: of the failure or error."""

    name: str
    output: str = ""
    failure: str = ""
    error: str = ""
    kind: str = ""
    seconds: float = 0.0


def junit_xml(suite: str, classname: str, cases: Sequence[Case], timestamp: str) -> bytes:
    """One suite; timestamp: when it began, as ISO 8601 writes it, in UTC; classname: of the cases."""
    failures, errors = sum(bool(case.failure) for case in cases), sum(bool(case.error) for case in cases)
    counts = _attributes(tests=str(len(cases)), failures=str(failures), errors=str(errors))
    time = _attributes(time=f"{sum(case.seconds for case in cases):.3f}")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuites{_attributes(name='ann')}{counts}{time}>",
        f"  <testsuite{_attributes(name=suite)}{counts}{_attributes(skipped='0')}{time}{_attributes(timestamp=timestamp)}>",
        *(line for case in cases for line in _case(case, classname)),
        "  </testsuite>",
        "</testsuites>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _case(case: Case, classname: str) -> list[str]:
    children = [
        f"      <{tag}{_attributes(message=text, type=case.kind)}>{escape(printable(text))}</{tag}>"
        for tag, text in (("failure", case.failure), ("error", case.error))
        if text
    ]
    if case.output:
        children.append(f"      <system-out>{escape(printable(case.output))}</system-out>")
    head = f"    <testcase{_attributes(classname=classname, name=case.name, time=f'{case.seconds:.3f}')}"
    return [f"{head}>", *children, "    </testcase>"] if children else [f"{head}/>"]


def _attributes(**values: str) -> str:
    """Values that XML cannot hold, such as control characters, are escaped as in messages."""
    return "".join(f" {name}={quoteattr(printable(value))}" for name, value in values.items())
