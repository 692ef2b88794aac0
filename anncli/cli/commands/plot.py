"""`ann plot`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("plot")
def plot_command(values: Values, words: Words) -> None:
    """Draw one figure of NETWORK, most of them on rows with answers in DATA.

    \b
    Examples:
      ann plot loss iris.nn
      ann plot roc patients.nn more.csv -o roc.svg
      ann plot boundary shop.nn new.csv --column age,income -o boundary.png
      ann plot calibration patients.nn more.csv -o calibration.csv
      ann plot surface patients.nn more.csv --directions sharpest
      ann plot words words.nn king queen man woman prince princess

    \b
    WHAT is one of:
      loss         the losses of the training, from the network file
      roc          true against false positives for every threshold
      pr           precision against recall for every threshold
      calibration  how often a class occurs, against its predicted probability
      confusion    which class was predicted for which
      scores       how the scores of each class are distributed
      predicted    predicted against true numbers
      residuals    how the errors of predicted numbers are distributed
      forecast     the end of a series, and what is predicted after it
      importance   how much worse the network is without each input
      boundary     what is predicted where, over two inputs
      surface      the loss around the network, over directions of its weights
      spectrum     the eigenvalues of the second derivatives of the loss
      raster       when the neurons of a spiking network fire
      voltage      the voltages of neurons of a spiking network over time
      words        words by their vectors, in two dimensions
      weights      the network with its weights

    loss and weights take no DATA; words takes WORDs in its place, by default the 100 most frequent ones. Where some of the rows trained the network, the figure is drawn for all rows and for those
    that are new to it.
    """
    from anncli.cli.running.plotting import run_plot

    run_plot(values, words)
