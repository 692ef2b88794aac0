"""`ann gradcheck`: backpropagation against central differences, on the user's own network and data."""

from __future__ import annotations

from typing import Any

import click

from anncli.cli.asking import options
from anncli.cli.showing.console import print_json
from anncli.errors import AnnError

# Beyond these something is wrong: float64 differences agree to 1e-6 or so, float32 sums to 1e-4.
ERROR_LIMIT, KERNEL_LIMIT = 1e-4, 1e-3


@options.command("gradcheck")
@click.argument("network_path", metavar="NETWORK")
@click.argument("class_files", nargs=-1, required=True, metavar="CLASSFILE...")
@click.option("--rows", type=click.IntRange(1), default=50, metavar="N", help="Vectors to compute with.  [default: 50]")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=2000,
    metavar="N",
    help="Weights to check at most, drawn from every layer.  [default: 2000]",
)
@options.training
@options.data_format
@options.common
@click.pass_context
def gradcheck_command(ctx: click.Context, /, network_path: str, class_files: tuple[str, ...], **given: Any) -> None:
    """Check the gradient of NETWORK on class files by central differences, and name the worst weight.

    \b
    Examples:
      ann gradcheck network.nn pos.txt neg.txt
      ann gradcheck network.nn pos.txt neg.txt --loss mse --l2 0.01

    A network without weights is checked at new ones (--init, --seed). Weights where a relu unit switches within the
    step are left out. Ends with exit code 1 when the gradient is wrong.
    """
    import numpy as np

    from anncli.analysis.gradient_check import check_gradient, some_rows
    from anncli.cli.running.rows import prepare

    options.make_console(ctx)
    run = prepare(network_path, class_files, options.training_layers(ctx), given["data_format"])
    rng = np.random.default_rng((run.setup.options.seed, 99))
    objective = some_rows(run.attempt.objective, rng, given["rows"])
    found = check_gradient(objective, run.attempt.parameters, rng, given["limit"])
    name = run.setup.network.topology.parameter_name(found.worst)
    passed = found.error <= ERROR_LIMIT and found.kernel_error <= KERNEL_LIMIT
    if given["as_json"]:
        print_json({
            "command": "gradcheck", "network": network_path, "loss": run.setup.loss, "l2": run.setup.l2,
            "rows": objective.n_samples, "checked": found.checked, "skipped": found.skipped, "worst": name,
            "backpropagation": found.backpropagation,
            "difference": found.difference, "error": found.error, "kernel": run.setup.backend.name,
            "kernel_error": found.kernel_error, "passed": passed,
        })  # fmt: skip
    else:
        skipped = f", {found.skipped} left out at kinks" if found.skipped else ""
        topology = run.setup.network.topology
        click.echo(
            f"{network_path}: {topology}, {topology.n_parameters} parameters, loss {run.setup.loss}, l2 {run.setup.l2:.3g}"
        )
        click.echo(f"checked   {found.checked} weights and biases on {objective.n_samples} vectors{skipped}")
        click.echo(
            f"worst     {name}: backpropagation {found.backpropagation:.9g}, difference {found.difference:.9g}, "
            f"relative error {found.error:.2g}"
        )
        click.echo(
            f"kernel    {run.setup.backend.name}, float32: the gradient differs by {found.kernel_error:.2g} of its length"
        )
        click.echo("the gradient is right" if passed else "the gradient is wrong")
    if not passed:
        raise AnnError(
            f"the gradient is wrong at {name}", path=network_path, advice="this is a fault of ann: report it"
        )
