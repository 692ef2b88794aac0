"""The lever game: five agents, drawn from 500, have to pull five different levers; each sees who it is, and hears the others.

    python benchmarks/agents.py [--batches 20000] [--seeds 3] [--write]

The answers to learn from are the ranks of the agents of a group. Groups are drawn anew for each batch of 64 groups. The score of a group
whose agents draw their levers by the outputs of the network is (different levers - 1) / 4, as in the program of Sukhbaatar et al.
2016; agents that pull at random reach 0.5904. --write puts the table into benchmarks/agents.md.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import time
from collections.abc import Iterator
from math import cos, pi
from typing import Any

import numpy as np
from pages import put

from anncli.arrays import Rows, Tokens, random_stream
from anncli.backends.base import Problem, Samples, Session
from anncli.backends.choice import choose_backend
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.initialization import initialize
from anncli.network.input_shapes import read_inputs
from anncli.network.topology import Topology

Array = Any

AGENTS, LEVERS, GROUPS, PORTION = 500, 5, 64, 500
GAMES, RATE = 20_000, 3e-3
NETWORKS = {
    "agents that hear the others": [
        "64 embedding", "64 relu communicate", "64 relu", "64 relu communicate skip 1", "64 relu", "5 softmax",
    ],
    "agents alone": ["64 embedding", "64 relu", "64 relu", "64 relu", "64 relu", "5 softmax"],
}  # fmt: skip


def groups(rng: np.random.Generator, n: int) -> tuple[Tokens, Array]:
    """n groups of agents, and the rank of each agent in its group; of two that are the same the first is the lower."""
    who = rng.integers(0, AGENTS, (n, LEVERS))
    ranks = np.argsort(np.argsort(who, axis=1, kind="stable"), axis=1)
    starts = np.arange(n + 1) * LEVERS
    return Tokens(who.ravel(), np.ones(who.size, dtype=np.float32), starts, AGENTS), ranks.ravel()


def samples(rng: np.random.Generator, n: int) -> Samples:
    who, ranks = groups(rng, n)
    return Samples(who, Rows(np.eye(LEVERS, dtype=np.float32)[ranks], who.starts))


def score(session: Session, parameters: Array, rng: np.random.Generator) -> float:
    """The mean of (different levers - 1) / 4 over games whose agents draw their levers."""
    with_games = session.over(samples(rng, GAMES))
    chances = with_games.outputs(parameters).cumsum(axis=1)
    with_games.close()
    pulled = (rng.random((len(chances), 1)) > chances[:, :-1]).sum(axis=1).reshape(GAMES, LEVERS)
    different = (np.diff(np.sort(pulled, axis=1), axis=1) != 0).sum(axis=1)
    return float(different.mean()) / (LEVERS - 1)


def trained(layers: list[str], n_batches: int, seed: int) -> Iterator[tuple[int, float, float]]:
    """After every so many batches: their number, the mean loss of the last ones, and the score."""
    topology = Topology(read_inputs(f"{AGENTS} tokens"), layers)
    rng, games = np.random.default_rng((seed, 1)), np.random.default_rng((seed, 2))
    parameters = initialize(topology, "auto", random_stream(seed, "weights"))
    problem = Problem(topology, "cross-entropy")
    session = choose_backend(problem).open(problem, samples(rng, 1))
    state = UpdateState(np.zeros_like(parameters), np.zeros_like(parameters), 0)
    for done in range(0, n_batches, PORTION):
        rate = RATE * (0.5 + 0.5 * cos(pi * done / n_batches))
        rule = UpdateRule("adam", rate, beta1=0.9, beta2=0.999, epsilon=1e-8)
        portion = session.over(samples(rng, PORTION * GROUPS))
        loss = portion.sweep(parameters, rule, state, np.arange(PORTION * GROUPS), GROUPS)
        portion.close()
        if (done + PORTION) % (4 * PORTION) == 0 or done + PORTION >= n_batches:
            yield done + PORTION, loss, score(session, parameters, games)
    session.close()


def lines(n_batches: int, n_seeds: int) -> Iterator[str]:
    yield "| network | seed | batches | loss | (different - 1) / 4 | seconds of CPU |"
    yield "|---|---|---|---|---|---|"
    for name, layers in NETWORKS.items():
        for seed in range(1, n_seeds + 1):
            begin = time.process_time()
            for done, loss, found in trained(layers, n_batches, seed):
                seconds = time.process_time() - begin
                line = f"| {name} | {seed} | {done} | {loss:.4f} | {found:.4f} | {seconds:.0f} |"
                print(line, flush=True)
            yield line


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    words = parser.parse_args()
    table = list(lines(words.batches, words.seeds))
    table += ["", f"{GAMES} games; {datetime.date.today()}, {platform.machine()}, one thread, Python {platform.python_version()}."]  # fmt: skip
    print("\n".join(table))
    if words.write:
        put(__file__, "table", "\n".join(table) + "\n")


if __name__ == "__main__":
    main()
