"""The protocols of a backend: a problem is bound to its samples once, and every call after that is short.

A backend does the arithmetic of networks. `Backend.open` binds a problem (topology and loss) to samples and returns a
session; plans, buffers and copies on a device live in that session. N is the number of samples, n the number of rows in
a call, P the number of parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from anncli.arrays import Array, Inputs, Rows
    from anncli.backends.fixed_sums import FixedSum
    from anncli.backends.rules import Rule, State
    from anncli.network.topology import Topology


class Problem(NamedTuple):
    """What is computed: a network of this shape and, where targets are known, this loss (as parse_loss() reads it).

    truncate: N > 0 for a network that streams: gradients are those of pieces of N rows. The state goes on from one piece of
    a sample to the next, and the gradient ends there (truncated backpropagation through time, Williams & Peng 1990).
    """

    topology: Topology
    loss: str = "mse"
    truncate: int = 0


class Samples(NamedTuple):
    """What a session works on: N samples.

    inputs: float32, already scaled: vectors (N, n_inputs), or samples of several rows or of tokens; targets: (N, n_outputs)
    float32, None where only outputs are needed; weights: (N,) float32 >= 0, the factor of each sample's loss (class weight
    times sample weight), None for 1 everywhere. Where a network answers for every row of a sample, targets are Rows of
    n_outputs columns and weights None or Rows of one column, a target and a factor for each row of the inputs.
    A sample or row of weight 0 adds nothing to the loss and to the gradient, but it counts: means divide by n.
    """

    inputs: Inputs
    targets: Array | Rows | None = None
    weights: Array | Rows | None = None


class Shown(NamedTuple):
    """How samples are presented during training; a row is a sample here.

    dropout, input_dropout: fraction of hidden units and of inputs that is switched off for each row; the others are
        divided by (1 - fraction), so that sums keep their expected size (Srivastava et al. 2014).
    seed: of the dropout masks; rows_seen: rows presented before this call. The two decide each mask (presentation.py).
    tolerance: in a sweep with batch size 1, a row with every |output - target| <= tolerance changes nothing, the
        velocity of the rule included.
    """

    dropout: float = 0.0
    input_dropout: float = 0.0
    seed: int = 0
    rows_seen: int = 0
    tolerance: float = 0.0

    def after(self, n_rows: int) -> Shown:
        """How the rows after the next n_rows are presented."""
        return self._replace(rows_seen=self.rows_seen + n_rows) if self.dropout or self.input_dropout else self


#: Rows as they are.
PLAIN = Shown()


class NormalEquations(NamedTuple):
    """matrix (P, P) = J' W J and vector (P,) = J' W e of the un-averaged loss, its sum, and the number of residuals.

    The mean loss has the gradient `scale * vector` and the Gauss-Newton matrix `scale * matrix`; it is loss_sum / n_residuals.
    """

    matrix: Array
    vector: Array
    loss_sum: float
    n_residuals: int
    scale: float

    @classmethod
    def of(cls, matrix: Array, vector: Array, loss_sum: float, n_residuals: int, loss: str) -> NormalEquations:
        """Those of a loss by its name, which decides the scale."""
        return cls(matrix, vector, loss_sum, n_residuals, (2 if loss == "mse" else 1) / n_residuals)


#: Row numbers (n,), a mask (N,) or a slice.
RowChoice: TypeAlias = "Array | slice"


class Runs(NamedTuple):
    """Runs of rows: number k is rows[starts[k]:starts[k + 1]]. of: the number of rows of whose mean they are parts."""

    rows: Array
    starts: Array
    of: int


class Session(Protocol):
    """One problem on one set of samples. Where nothing else is said, a row is a sample, whatever the number of its own rows.

    A session belongs to one attempt in one thread and is closed with it. `parameters` is a contiguous vector (P,);
    results are computed in its precision where the backend can (the reference backend: float32 and float64).
    `rows` are row numbers (n,), possibly repeated, in the order given, or a mask or a slice; None means all N rows.
    Values that overflow become inf or nan: the caller checks the results. Only update() may give numpy's warning then.
    The results do not depend on the number of threads.
    Raises: IndexError for a row number outside 0 .. N - 1; ZeroDivisionError for a mean over no rows; ValueError where a
    loss is asked for and the samples have no targets.
    """

    def outputs(self, parameters: Array, rows: RowChoice | None = None) -> Array:
        """Outputs (n, n_outputs) of the samples, without dropout; of all their rows, one sample after the other, where the
        network answers for every row."""

    def loss(
        self, parameters: Array, rows: RowChoice | None = None, *, loss: str | None = None, l2: float = 0.0
    ) -> float:
        """E = (sum of weight * loss over the rows) / n + l2/2 * (sum of squared weights of the network).

        Args: loss: another loss than the problem's. Biases are not penalised. The sum is accumulated in float64.
        """

    def gradient(
        self, parameters: Array, out: Array, rows: RowChoice | None = None, shown: Shown = PLAIN, *, l2: float = 0.0
    ) -> float:
        """E as in loss(); its gradient is written to `out` (P,). Of `shown`, only dropout matters here.

        With problem.truncate: the sum of the gradients of all pieces.
        """

    def add_gradients(
        self, total: FixedSum, losses: Array, runs: Runs, parameters: Array, shown: Shown = PLAIN
    ) -> bool:
        """Add the gradient of each run of rows, as gradient() gives it, to `total`, in one call; and its mean loss to `losses` (n,).

        False, and nothing done, where run after run is as fast.
        """

    def hessian(self, parameters: Array, direction: Array, rows: RowChoice | None = None, *, l2: float = 0.0) -> Array:
        """The Hessian of E as in loss(), times a direction (P,), for networks whose layers have second derivatives."""

    def normal(self, parameters: Array, rows: RowChoice | None = None) -> NormalEquations:
        """The normal equations at parameters (P,) of float64, without a penalty, for losses that have some."""

    def sweep(
        self,
        parameters: Array,
        rule: Rule,
        state: State,
        order: Array,
        batch_size: int,
        shown: Shown = PLAIN,
        outputs: Array | None = None,
    ) -> float:
        """One pass over the rows `order` (n,) in batches of `batch_size`, with one update of the parameters per batch.

        With problem.truncate the samples of a batch are presented piece by piece, side by side, with an update after each piece:
        its gradient is the mean over its answers, and samples that have ended have none in it. The states are those of the
        weights before the updates. A mask of dropout belongs to the number of a row in its sample, not in the piece.

        Changes `parameters` and `state` in place. Args: rule: one of SWEEP_RULES (rules.py); outputs: (n, n_outputs),
        receives the output of each row when it was presented.
        Returns the mean of weight * loss over the rows, each taken before the update it led to, without the penalty.
        Raises: ValueError for a tolerance with a batch size other than 1, and for a rule that no sweep knows; with
        problem.truncate a sweep knows every UpdateRule.
        """

    def outputs_from(self, parameters: Array, states: Any) -> tuple[Array, Any]:
        """Outputs (n, n_outputs) of the n rows of the only sample, which goes on from `states` (None: it begins), and the states
        after its last row; for a network that streams. The outputs do not depend on how many rows come at a time, and states
        are those of one backend."""

    def update(self, rule: Rule, state: State, parameters: Array, gradient: Array) -> None:
        """One update of `parameters` and `state` from `gradient` (P,), which is overwritten. Works for every rule.

        The penalty gradient (l2, l1) and the clipping of the rule are applied here.
        """

    def over(self, samples: Samples) -> Session:
        """A session for the same problem on other samples, for the same thread: it shares this one's plan and is closed separately."""

    def close(self) -> None:
        """Free plans and buffers. Later calls except update() raise ValueError; closing again does nothing."""


class Backend(Protocol):
    """A way to do the arithmetic: the reference in numpy, compiled code, a device."""

    @property
    def name(self) -> str:
        """What records and reports show, such as 'numpy' or 'native avx512'."""

    @property
    def note(self) -> str | None:
        """Why this backend replaces the preferred one, in words for the user; None where it is the preferred one."""

    def uses_blas(self, topology: Topology) -> bool:
        """Whether numpy's BLAS computes some of the sums for a network of this shape."""

    def refusal(self, problem: Problem) -> str | None:
        """Why this backend cannot compute the problem; None where it can."""

    def open(self, problem: Problem, samples: Samples) -> Session:
        """A session with its own plan. Raises: ValueError for a problem that refusal() rejects."""
