"""The figures of `ann plot`: name, what it shows, and what it needs (imports nothing, so help is fast)."""

from __future__ import annotations

from typing import NamedTuple

CLASSES = ("classification",)
DECISIONS = ("classification", "multi-label")
NUMBERS = ("regression",)
ANY = (*DECISIONS, *NUMBERS)


class FigureName(NamedTuple):
    """summary: a line of help; module: below cli.showing.figures; needs_data: whether DATA must be given; tasks: of the
    networks that have it; by_set: whether it is about rows, and drawn again for those that are new to the network; on_page: whether
    `ann report` has it; takes_samples: also of networks whose samples are several rows or tokens; spikes: only of spiking networks; takes_words: WORDs may stand in the
    place of DATA, and the network has vectors of words."""

    summary: str
    module: str
    needs_data: bool = True
    tasks: tuple[str, ...] = ANY
    by_set: bool = True
    on_page: bool = True
    takes_samples: bool = True
    spikes: bool = False
    takes_words: bool = False


FIGURE_NAMES: dict[str, FigureName] = {
    "loss": FigureName("the losses of the training, from the network file", "loss", needs_data=False, by_set=False),
    "roc": FigureName("true against false positives for every threshold", "roc", tasks=DECISIONS),
    "pr": FigureName("precision against recall for every threshold", "precision_recall", tasks=DECISIONS),
    "calibration": FigureName(
        "how often a class occurs, against its predicted probability", "calibration", tasks=DECISIONS
    ),
    "confusion": FigureName("which class was predicted for which", "confusion", tasks=CLASSES),
    "scores": FigureName("how the scores of each class are distributed", "scores", tasks=DECISIONS),
    "predicted": FigureName("predicted against true numbers", "predicted", tasks=NUMBERS),
    "residuals": FigureName("how the errors of predicted numbers are distributed", "residuals", tasks=NUMBERS),
    "forecast": FigureName(
        "the end of a series, and what is predicted after it", "forecast", tasks=NUMBERS, by_set=False, on_page=False
    ),
    "importance": FigureName(
        "how much worse the network is without each input", "importances", by_set=False, takes_samples=False
    ),
    "boundary": FigureName("what is predicted where, over two inputs", "boundary", by_set=False, takes_samples=False),
    "surface": FigureName("the loss around the network, over directions of its weights", "surface", by_set=False),
    "spectrum": FigureName(
        "the eigenvalues of the second derivatives of the loss", "spectrum", by_set=False, on_page=False
    ),
    "raster": FigureName(
        "when the neurons of a spiking network fire", "raster", tasks=CLASSES, by_set=False, on_page=False, spikes=True
    ),
    "voltage": FigureName(
        "the voltages of neurons of a spiking network over time",
        "voltage",
        tasks=CLASSES,
        by_set=False,
        on_page=False,
        spikes=True,
    ),
    "words": FigureName(
        "words by the vectors that a network has for them, in two dimensions",
        "words",
        needs_data=False,
        by_set=False,
        on_page=False,
        takes_words=True,
    ),
    "weights": FigureName("the network with its weights", "weights", needs_data=False, by_set=False),
}
