"""The words that weigh documents, in an `ann` network file: a line for each, and in how many training texts it came."""

from __future__ import annotations

from typing import Any

from anncli.compiled.lexicon import MOST_NGRAMS
from anncli.formats.files.document import PlacedMapping, kind_of
from anncli.formats.networks.ann_words import read_word_block, word_block
from anncli.network.encoders.documents import DocumentEncoder, DocumentInputs
from anncli.network.encoders.symbols import TextDefinition


def document_lines(vocabulary: DocumentEncoder) -> list[str]:
    """The lines below `encoder:`: how words were counted, the number of training texts, and the words."""
    definition = vocabulary.definition
    said = [f"    ngrams: {definition.ngrams}", f"    sublinear: {str(definition.sublinear).lower()}"]
    said += [f"    documents: {vocabulary.n_documents}"]
    return [*said, *word_block("words", vocabulary.symbols, vocabulary.documents, ngrams=definition.ngrams)]


def read_documents(value: PlacedMapping, definition: TextDefinition, advice: str) -> DocumentEncoder:
    """The encoder of the trained part. How it counts words stands there, so that a change of the head cannot change it."""
    assert isinstance(definition, DocumentInputs)
    value.refuse_unknown(("ngrams", "sublinear", "documents", "words"))
    ngrams, n_documents = (_number(value, key, advice) for key in ("ngrams", "documents"))
    words, (documents,) = read_word_block(value, "words", 1, advice, ngrams)
    sublinear: Any = value.get("sublinear")
    if not isinstance(sublinear, bool):
        raise value.fault("sublinear", f"`sublinear` must be true or false, found {kind_of(sublinear)}", advice)
    if ngrams > MOST_NGRAMS:
        raise value.fault("ngrams", f"`ngrams` must be 1 to {MOST_NGRAMS}, found {ngrams}", advice)
    if max(documents) > n_documents:
        line = next(k for k, n in enumerate(documents) if n > n_documents)
        raise value.line_fault("words", line, f"a word of more than all {n_documents} documents", advice)
    return DocumentEncoder(words, documents, n_documents, definition._replace(ngrams=ngrams, sublinear=sublinear))


def _number(value: PlacedMapping, key: str, advice: str) -> int:
    found: Any = value.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        what = f"found {found}" if isinstance(found, int) and not isinstance(found, bool) else f"found {kind_of(found)}"
        raise value.fault(key if key in value else None, f"`{key}` must be a whole number of 1 or more, {what}", advice)
    return found
