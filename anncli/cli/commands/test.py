"""`ann test`: arguments and help."""

from __future__ import annotations

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values


@command("test")
@argument("network_path", "NETWORK")
@argument("class_files", "CLASSFILE...", nargs=-1, required=True)
def test_command(values: Values, network_path: str, class_files: tuple[str, ...]) -> None:
    """Evaluate NETWORK on test data: one file per class, in the order of training, or one file of labelled rows.

    \b
    Examples:
      ann test network.nn pos.test.txt neg.test.txt
      ann test network.nn pos.test.txt neg.test.txt --threshold 0.3
      ann test network.nn pos.test.txt neg.test.txt --require 'se>=0.9,auc>=0.95'

    Rates are percentages. SE (sensitivity) and SP (specificity): positive and negative rows predicted correctly. PPV and
    NPV: positive and negative predictions that are correct.
    """
    from anncli.cli.running.testing import run_test

    run_test(values, network_path, class_files)
