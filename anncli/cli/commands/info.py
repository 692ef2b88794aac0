"""`ann info`: arguments and help."""

from __future__ import annotations

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values


@command("info")
@argument("network_path", "NETWORK")
def info_command(values: Values, network_path: str) -> None:
    """Show the layers, scaling, classes and training record of NETWORK, and verify its checksum.

    \b
    Examples:
      ann info network.nn
      ann info network.nn --verify
      ann info network.nn --json
    """
    from anncli.cli.running.inspecting import run_info

    run_info(values, network_path)
