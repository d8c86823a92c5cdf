import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

from minigrad.data import text
from minigrad.data.download import DownloadError, sha256_of
from minigrad.data.text import Corpus, corpus_of, load_text
from minigrad.errors import ArgumentError, IndexRangeError

ALICE_SHA256 = "fbd977fdeed2dfeaee36846e877d990f1041a577bff5610f26402be4e27ac396"
SHARED = Path(__file__).parents[2] / "../shared/data/tinyshakespeare.txt"


@pytest.fixture
def corpus() -> Corpus:
    return corpus_of("the quick brown fox jumps over the lazy dog. " * 20, "foxes")


def test_ids_and_split(corpus: Corpus) -> None:
    assert corpus.characters == " .abcdefghijklmnopqrstuvwxyz"
    assert (len(corpus), len(corpus.train), len(corpus.validation)) == (900, 810, 90)
    assert corpus.decode(corpus.train[:9]) == "the quick"
    assert corpus.decode(corpus.encode("dog.")) == "dog."
    assert corpus.train.dtype == corpus.validation.dtype == np.int64
    with pytest.raises(IndexRangeError, match=r"no \['T', 'é'\]"):
        corpus.encode("The é")


def test_batches_are_the_training_text_shifted_by_one_and_seeded(corpus: Corpus) -> None:
    x, y = next(corpus.batches(64, 16, seed=0))
    assert x.shape == y.shape == (64, 16)
    np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
    training = corpus.decode(corpus.train)
    assert all(corpus.decode([*row, last[-1]]) in training for row, last in zip(x, y, strict=True))
    again, _ = next(corpus.batches(64, 16, seed=0))
    other, _ = next(corpus.batches(64, 16, seed=1))
    np.testing.assert_array_equal(x, again)
    assert (x != other).any()


def test_batches_reach_both_ends_of_the_training_text() -> None:
    corpus = corpus_of("ab" * 100, "ab")
    marked = Corpus("", "", "abcd", np.arange(20) % 4, corpus.validation)
    source = np.arange(20)
    object.__setattr__(marked, "train", source)
    stream = marked.batches(8, 5, seed=0)
    seen = np.concatenate([np.c_[x, y[:, -1]] for x, y in (next(stream) for _ in range(30))])
    assert (seen.min(), seen.max()) == (0, 19)


def test_validation_is_the_same_every_time_and_does_not_overlap() -> None:
    letters = "".join(chr(0x4E00 + i) for i in range(5000))  # every character once
    corpus = corpus_of(letters, "letters")
    x, y = corpus.validation_batch(context=20, size=400)
    assert x.shape == y.shape == (20, 20)
    assert len(np.unique(x)) == 400
    np.testing.assert_array_equal(y, x + 1)
    assert x.min() >= len(corpus.train)
    assert corpus.validation_batch(context=20)[0].shape == (24, 20)  # all there is


def test_a_context_longer_than_the_text_is_named(corpus: Corpus) -> None:
    with pytest.raises(ArgumentError, match="1 … 809 for a training text of 810"):
        next(corpus.batches(4, 810, seed=0))
    with pytest.raises(ArgumentError, match="longer than the held-out text"):
        corpus.validation_batch(context=90)


def test_unigram_and_bigram_loss() -> None:
    corpus = corpus_of("ab" * 5000, "ab")
    assert corpus.unigram_loss() == pytest.approx(np.log(2), abs=1e-6)
    assert corpus.bigram_loss() == pytest.approx(0, abs=1e-3)


def test_a_text_too_short_or_of_one_letter_is_named() -> None:
    with pytest.raises(ArgumentError, match=r"at least 100 characters.*short has 5 of 5"):
        corpus_of("short", "short")
    with pytest.raises(ArgumentError, match="x has 200 of 1"):
        corpus_of("x" * 200, "x")


REFERENCES = sorted((Path(__file__).parents[2] / "labs").glob("*/reference/manifest.json"))


def test_the_text_that_comes_with_minigrad_is_the_one_of_every_recorded_lab() -> None:
    """On every Python and system: else labs 04 and 05 claim of one text what holds of another."""
    corpus = load_text()
    assert corpus.bigram_loss() < 2.5 < 3.2 < corpus.unigram_loss()
    recorded = [json.loads(file.read_text("utf-8"))["data"] for file in REFERENCES]
    ours = [data["sha256"] for data in recorded if data.get("source") == corpus.source]
    assert len(ours) >= 4 and set(ours) == {corpus.sha256}


def test_the_text_that_comes_with_minigrad_is_the_book_and_nothing_else() -> None:
    """As its source is named beside `text.ALICE`: nobody's header, licence or edition in it."""
    written = text.ALICE.read_bytes()
    assert hashlib.sha256(written).hexdigest() == ALICE_SHA256 == load_text().sha256
    book = written.decode("ascii")
    assert book.startswith("ALICE'S ADVENTURES IN WONDERLAND\n\nLewis Carroll\n\nCHAPTER I\n")
    assert book.endswith("happy summer days.\n\nTHE END\n") and book.count("\nCHAPTER ") == 12
    assert not re.search(r"gutenberg|copyright|edition [\d.]+|\r|  |\n{3}", book, re.IGNORECASE)
    assert f"{len(book):,} characters" in str(load_text.__doc__)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("Größe! " * 50, encoding="utf-8")
    corpus = load_text(str(path))
    assert (corpus.source, corpus.sha256) == ("mine.txt", sha256_of(path))
    path.write_bytes(b"\xff" * 500)
    with pytest.raises(ArgumentError, match=r"mine\.txt cannot be read: it is not UTF-8"):
        load_text(str(path))
    with pytest.raises(ArgumentError, match="shakspeare cannot be read: No such file"):
        load_text("shakspeare")


def test_shakespeare_is_fetched_once_and_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cache" / "text"
    content = "To be, or not to be. " * 10
    path.parent.mkdir()
    path.write_text(content)
    monkeypatch.setattr(text, "shakespeare_path", lambda: path)
    monkeypatch.setattr(text, "SHAKESPEARE_SHA256", sha256_of(path))
    assert load_text("shakespeare", say=pytest.fail).source == "Tiny Shakespeare"
    path.write_text(content + "damaged")
    fetched = []

    def fake(url: str, target: Path, sha256: str, say: object) -> Path:
        fetched.append(url)
        target.write_text(content)
        return target

    monkeypatch.setattr(text, "download", fake)
    assert load_text("shakespeare", say=lambda line: None).sha256 == text.SHAKESPEARE_SHA256
    assert fetched == [text.SHAKESPEARE]


def test_without_a_network_the_way_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **options: object) -> Path:
        raise DownloadError("could not download X: no route.")

    monkeypatch.setattr(text, "shakespeare_path", lambda: tmp_path / "text")
    monkeypatch.setattr(text, "download", fails)
    with pytest.raises(DownloadError, match=r"no route.*leave --text out.*--text PATH"):
        load_text("shakespeare", say=lambda line: None)


@pytest.mark.skipif(not SHARED.exists(), reason="Tiny Shakespeare is not beside the project")
def test_tiny_shakespeare_itself() -> None:
    assert sha256_of(SHARED) == text.SHAKESPEARE_SHA256
    corpus = load_text(str(SHARED))
    assert (len(corpus), len(corpus.characters)) == (1_115_394, 65)
    assert corpus.unigram_loss() == pytest.approx(3.347, abs=1e-3)
    assert corpus.bigram_loss() == pytest.approx(2.482, abs=5e-3)
