"""The question whether a network is trained, asked by every command that uses one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anncli.errors import NetworkError

if TYPE_CHECKING:
    from anncli.network.network import Network


def require_trained(network: Network, path: str) -> None:
    """Raises NetworkError for a definition without weights."""
    if not network.is_trained:
        raise NetworkError(
            "the network has no weights yet", path=path, advice="train it first: ann train " + path + " ..."
        )
