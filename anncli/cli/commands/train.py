"""`ann train`: read network and class files, train, write the network back, print what it learnt."""

from __future__ import annotations

from typing import Any

import click

from anncli.cli.asking import options
from anncli.errors import UsageError
from anncli.formats.networks.names import DIALECTS


class TrainCommand(click.Command):
    """Names the positional arguments as the help does."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return ["NETWORK", "CLASSFILE...", "EPOCHS", "[OPTIONS]"]


@options.command("train", cls=TrainCommand)
@click.argument("network_path", metavar="NETWORK")
@click.argument("class_files", nargs=-1, required=True, metavar="CLASSFILE...")
@click.argument("epochs", metavar="EPOCHS")
@options.training
@options.option("-o", "--output", metavar="FILE", help="Write the network here instead of back in place; - is stdout.")
@options.option("--dialect", type=click.Choice(DIALECTS), help="Dialect to write; default: as read.")
@options.option("--history", metavar="FILE.jsonl", help="Write one JSON line per epoch; - is stdout.")
@options.option("-n", "--dry-run", is_flag=True, help="Show what was understood and stop.")
@options.option(
    "--keep-on-interrupt/--no-keep-on-interrupt",
    default=True,
    help="After Ctrl-C or SIGTERM write the best network so far.  [default: keep]",
)
@options.option("--checkpoint", metavar="FILE", help="Write down where the run is, to be resumed from there.")
@options.option(
    "--checkpoint-every", default="100", metavar="N", help="Epochs between two writings of it.  [default: 100]"
)
@options.option(
    "--resume",
    metavar="FILE",
    help="Go on from a checkpoint, with the other arguments of the first run: the same bits as without a break.",
)
@options.option(
    "--threads",
    default="1",
    metavar="N|auto",
    help="Threads of the compiled kernels; auto: as many as pay. --restarts run beside each other. The result does not depend on it.  [default: 1]",
)
@options.data_format
@options.common
@click.pass_context
def train_command(
    ctx: click.Context, /, network_path: str, class_files: tuple[str, ...], epochs: str, **given: Any
) -> None:
    """Train NETWORK on one file per class for at most EPOCHS epochs and write it back.

    \b
    Examples:
      ann train network.nn pos.txt neg.txt 1000
      ann train iris.nn setosa.txt versicolor.txt virginica.txt 500
      ann train network.nn pos.txt neg.txt 200 --trainer sgd --learning-rate 0.1
      ann train network.nn pos.txt neg.txt 1000 --validation pos.valid.txt,neg.valid.txt
      ann train network.nn pos.txt neg.txt 50 --validation 0 --output trained.nn
      ann train network.nn pos.txt neg.txt 9999 --checkpoint run.ckpt
      ann train network.nn pos.txt neg.txt 9999 --checkpoint run.ckpt --resume run.ckpt

    With two files the first is the positive class. A trained network is trained further; --init draws new weights.
    """
    from anncli.cli.running.train_job import Job

    console = options.make_console(ctx)
    job = Job(console, network_path, class_files, _epochs(epochs), given, options.training_layers(ctx))
    job.check_arguments()
    job.run()


def _epochs(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise UsageError(
            f"EPOCHS must be a whole number, found '{text}'",
            advice="write it last: ann train NETWORK CLASSFILE... EPOCHS",
        )
    return number
