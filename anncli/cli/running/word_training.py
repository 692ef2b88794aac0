"""`ann train` on a network of word vectors: the text is read in portions, and every word takes a step."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import Any, NamedTuple

import click
import numpy as np

from anncli._version import __version__
from anncli.cli.asking.network_options import file_layer
from anncli.cli.asking.settings import TrainSettings
from anncli.cli.running.opening import check_places, check_read_files
from anncli.cli.running.replacing import (
    announce,
    backup_name,
    check_backup,
    is_in_place,
    keep_old,
    replacement_text,
    stays,
)
from anncli.cli.running.signals import Interruption
from anncli.cli.running.word_options import WordOptions, word_options
from anncli.cli.showing.console import print_json
from anncli.cli.showing.history import History, open_history
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.word_report import WordWork, example_word, outcome_text, summary_text, word_summary
from anncli.errors import AnnError, Interrupted, NetworkError, UsageError, printable
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.texts import refuse_column_options
from anncli.formats.data.word_corpus import WordCorpus, read_corpus
from anncli.formats.files.checkpoint import Checkpoint, checkpoint_name, load_checkpoint, save_checkpoint
from anncli.formats.files.textfile import changed_since, read_bytes, signature
from anncli.formats.networks.storage import parse, save
from anncli.network.encoders.words import WordEncoder, WordInputs
from anncli.network.loss_curve import CurvePoint, LossCurves, thinned
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.attempt import EpochReport
from anncli.training.beginning import is_made_by_training, refuse_ensemble
from anncli.training.word_vectors import WordTraining

# What the head of such a network holds; the rest of the file may be large.
_HEAD_BYTES = 1 << 14
_KIND = re.compile(rb"\b(?:skip-gram|cbow)\b")
_TRAINED = re.compile(rb"^trained:", re.MULTILINE)


def is_for_words(settings: TrainSettings) -> bool:
    """Whether the head of the network file names a layer that is trained here."""
    if settings.is_new or settings.network_path in (None, "-") or not os.path.isfile(settings.path):
        return False
    with open(settings.path, "rb") as file:
        head = _TRAINED.split(file.read(_HEAD_BYTES), maxsplit=1)[0]
    return bool(_KIND.search(head)) and parse(head, settings.path).text_use == "vectors"


class _Run(NamedTuple):
    """An opened run: bytes: of the network file at its begin; replaced: a trained network that it does not continue."""

    network: Network
    network_bytes: bytes
    corpus: WordCorpus
    training: WordTraining
    options: WordOptions
    is_continued: bool
    replaced: Network | None
    kept_as: str | None


def train_words(settings: TrainSettings) -> None:
    """Train and write; an interrupted run writes what it has and raises Interrupted."""
    before = signature(settings.path)
    run = _open(settings)
    summary = {"network": printable(settings.path), "output": printable(settings.output), **word_summary(run.network, run.corpus, run.training, run.options.seed, run.is_continued)}  # fmt: skip
    if settings.dry_run:
        _print(settings, {"command": "train", "dry_run": True, **summary}, summary_text(summary))
        return
    if run.replaced is not None:
        announce(settings, run.replaced)
    with Interruption() as interruption:
        _train(settings, run, interruption)
        is_cut = interruption.caught is not None and not run.training.is_done
        if interruption.caught is not None and not settings.keep_on_interrupt:
            raise Interrupted("interrupted; nothing was written (--no-keep-on-interrupt)", interruption.caught)
        network = _finished(run, is_cut)
        if is_in_place(settings) and changed_since(settings.path, before):
            advice = "train again, with --output to write elsewhere"
            raise AnnError("changed while the training ran; it was not overwritten", path=settings.path, advice=advice)
        if run.training.losses and not run.training.has_learnt:
            settings.console.warn("nothing was learnt: all words are so frequent in this text that none stayed beside another; write `subsample: 0` in the layer")  # fmt: skip
        replacement = replacement_text(settings, run.replaced, run.kept_as)
        _write(settings, run, network)
        if replacement:
            settings.console.note(replacement)
        document = {**summary, "epochs": len(run.training.losses), "losses": run.training.losses, "stop": network.record["stop"]}  # fmt: skip
        if not settings.console.quiet or settings.as_json:
            text = outcome_text(summary, run.training, example_word(network), settings.output)
            _print(settings, {"command": "train", "dry_run": False, **document}, text)
    if interruption.caught is not None:
        raise Interrupted(_interruption(settings, is_cut), interruption.caught)


def _open(settings: TrainSettings) -> _Run:
    """Everything is checked, in this order: network, checkpoint, options, places to write to, text."""
    network_bytes = read_bytes(settings.path, NetworkError)
    on_disk = network = parse(network_bytes, settings.path)
    checkpoint = None if settings.resume is None else load_checkpoint(settings.resume)
    if checkpoint is not None:
        network_bytes, network = checkpoint.network, parse(checkpoint.network, str(settings.resume))
        if network.layers_text != on_disk.layers_text or network.text != on_disk.text:
            raise UsageError(f"--resume {printable(str(settings.resume))}: it was written for another network", advice="give the network file of the first run")  # fmt: skip
    options = word_options(settings, file_layer(network, settings.path), network.layers[-1])
    refuse_column_options(settings.request, settings.read, network.text_use)
    first, is_continued = _begin(settings, network)
    replaced = network if network.is_trained and not is_continued else None
    kept_as = backup_name(settings) if replaced is not None else None
    check_places(settings, TrainingOptions({}), on_disk, kept_as)
    remarks = Remarks()
    with settings.console.reading():
        assert first.text is not None
        assert isinstance(first.text.definition, WordInputs)
        known = first.vocabulary if is_continued else None
        assert known is None or isinstance(known, WordEncoder)
        corpus = read_corpus(settings.class_files, first.text.definition, options.layer.min_count, known, remarks)
    show_remarks(settings.console, remarks, dry_run=settings.dry_run)
    check_read_files(settings)
    if kept_as is not None:
        check_backup(kept_as, ())
    if not is_continued:
        first = first.with_vocabulary(corpus.vocabulary)
    counts = np.array(corpus.vocabulary.counts, dtype=np.int64)
    training = WordTraining(first.topology, corpus.tokens, corpus.starts, options.seed, options.epochs, options.rate, first.parameters, counts)  # fmt: skip
    run = _Run(first, network_bytes, corpus, training, options, is_continued, replaced, kept_as)
    if checkpoint is not None:
        _resume(str(settings.resume), checkpoint, run)
    return run


def _begin(settings: TrainSettings, network: Network) -> tuple[Network, bool]:
    """The network to begin with, and whether the run goes on from its weights."""
    if not network.is_trained:
        return network, False
    if settings.continues:
        refuse_ensemble(network, "--continue")
        return network, True
    if not is_made_by_training(network):
        message = "this network holds weights that ann has not trained, or that were changed since; training would replace them"
        raise UsageError(message, advice="say --continue, or train a copy of its definition")
    return network.definition(), False


def _train(settings: TrainSettings, run: _Run, interruption: Interruption) -> None:
    """All pieces of the text, or those before a signal."""
    work, path = WordWork(run.options.epochs, run.corpus.n_words), settings.checkpoint
    with open_history(settings.history) as history, settings.console.showing(work) as touch:
        _tell(history, run.training.losses, 0)
        for progress in run.training.pieces():
            work.see(progress)
            touch()
            if progress.ended:
                _tell(history, run.training.losses, len(run.training.losses) - 1)
                settings.console.note(f"epoch {progress.epoch}: loss {progress.loss:.5g}", 1)
                if path is not None and progress.epoch % settings.checkpoint_every == 0:
                    _save_checkpoint(run, path)
            if interruption.caught is not None:
                break
        if path is not None:
            _save_checkpoint(run, path)
        history.close()


def _tell(history: History, losses: list[float], first: int) -> None:
    for epoch in range(first, len(losses)):
        history.add(EpochReport(epoch + 1, losses[epoch], None, None, None, None))


def _save_checkpoint(run: _Run, path: str) -> None:
    name = checkpoint_name(path, len(run.training.losses))
    save_checkpoint(Checkpoint(run.network_bytes, _settings_of(run), run.training.state()), name)


def _settings_of(run: _Run) -> dict[str, Any]:
    """Everything besides the network that decides the bits of a run."""
    return {
        "learning rate": run.options.rate, "seed": run.options.seed, "number of epochs": run.options.epochs,
        "data": [[source.sha256, source.n_samples] for source in run.corpus.sources],
        "kernel": run.training.session.name, "start": run.is_continued,
    }  # fmt: skip


def _resume(path: str, checkpoint: Checkpoint, run: _Run) -> None:
    """Put the run in the state of the checkpoint; raises UsageError where another run wrote it."""
    ours, theirs = _settings_of(run), checkpoint.settings
    damaged = NetworkError("is a damaged checkpoint, or one of another network", path=path, advice="start again without --resume")  # fmt: skip
    if not isinstance(theirs, dict) or theirs.keys() != ours.keys():
        raise damaged
    for name, value in ours.items():
        if value != theirs[name]:
            said = f": {theirs[name]}, and this run has {value}" if name not in ("data", "start") else ""
            message = (
                f"--resume {printable(path)}: it was written with another {'text' if name == 'data' else name}{said}"
            )
            raise UsageError(message, advice="repeat the words and options of the first run")
    try:
        run.training.restore(checkpoint.state)
    # A damaged state fails in as many ways as there are kinds of values in it.
    except Exception:
        raise damaged from None


def _finished(run: _Run, is_cut: bool) -> Network:
    """The network with its vectors and its record."""
    network, training, options = run.network, run.training, run.options
    epochs = len(training.losses)
    before = network.record.get("epochs_in_all", 0) if run.is_continued else 0
    network.record = {
        "trainer": "online", "options": {"learning_rate": options.rate}, "loss": options.layer.loss_text, "seed": options.seed,
        "epochs": epochs, "epochs_in_all": before + epochs,
        "stop": "interrupted" if is_cut else f"reached the limit of {options.epochs} epochs",
        "words": run.corpus.n_words, "words_kept": len(run.corpus.tokens),
        "data": [{"file": s.name, "samples": s.n_samples, "sha256": s.sha256} for s in run.corpus.sources],
        "kernel": training.session.name, "versions": {"anncli": __version__, "numpy": np.__version__},
    }  # fmt: skip
    # Without a copy: vectors of many words are large.
    network.parameters = training.parameters
    points = [CurvePoint(number, loss) for number, loss in enumerate(training.losses, 1)]
    network.curve = LossCurves(thinned(points)) if points else None
    return network


def _write(settings: TrainSettings, run: _Run, network: Network) -> None:
    # The text is not needed any more, and the file takes some room while it is written.
    run.corpus.tokens.resize(0, refcheck=False)
    if run.kept_as is None or run.replaced is None or stays(run.kept_as, run.replaced):
        save(network, settings.output)
    else:
        save(network, settings.output, before=partial(keep_old, run.kept_as, run.network_bytes, settings.path))


def _interruption(settings: TrainSettings, is_cut: bool) -> str:
    place = "standard output" if settings.output == "-" else printable(settings.output)
    text = f"interrupted {'in the training' if is_cut else 'after the last epoch'}; the vectors so far were written to {place}"
    if not settings.checkpoint or not is_cut:
        return text
    return f"{text}; continue with --resume {printable(settings.checkpoint)}"


def _print(settings: TrainSettings, document: dict[str, Any], text: str) -> None:
    """The result to stdout, or to stderr where stdout carries something else."""
    if settings.as_json:
        print_json(document)
    elif settings.streams:
        settings.console.report(text)
    else:
        click.echo(text)
