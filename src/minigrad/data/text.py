"""Character corpora: where a text comes from, its ids, its split and its batches."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minigrad.data.download import DownloadError, download, sha256_of
from minigrad.errors import ArgumentError, IndexRangeError

SHAKESPEARE = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
)
SHAKESPEARE_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"

# Lewis Carroll (C. L. Dodgson, 1832-1898), Alice's Adventures in Wonderland, London 1865: in the
# public domain. The text of the "Millennium Fulcrum Edition 2.9" as github.com/google/snappy at
# 6281a07b carries it in testdata/alice29.txt, without the edition's line; runs of blanks and of
# empty lines are one, and lines end in a line feed.
ALICE = Path(__file__).with_name("alice.txt")

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Corpus:
    """A text as character ids: the first nine tenths to train on, the rest to validate."""

    source: str  # for reports: which text this is
    sha256: str  # of the text in UTF-8
    characters: str  # every character that occurs, sorted; its place is its id
    train: Ints  # (N,)
    validation: Ints  # (M,)

    def __len__(self) -> int:
        return len(self.train) + len(self.validation)

    def encode(self, text: str) -> Ints:
        """Characters to ids. Raises IndexRangeError for one the corpus does not have."""
        ids = {character: i for i, character in enumerate(self.characters)}
        unknown = sorted(set(text) - ids.keys())
        if unknown:
            raise IndexRangeError(
                f"encode takes the corpus's {len(ids)} characters; it has no {unknown}."
            )
        return np.array([ids[character] for character in text], dtype=np.int64)

    def decode(self, ids: Ints | list[int]) -> str:
        """Ids to characters."""
        return "".join(self.characters[i] for i in ids)

    def batches(self, batch: int, context: int, seed: int) -> Iterator[tuple[Ints, Ints]]:
        """For ever: `batch` random stretches of the training text, and each one shifted by one.

        Both (batch, context): y[:, t] is the character that follows x[:, t].
        """
        if not 0 < context < len(self.train):
            raise ArgumentError(
                f"context must lie in 1 … {len(self.train) - 1} for a training text of "
                f"{len(self.train)} characters, got {context}."
            )
        rng = np.random.default_rng([seed, 2])
        offsets = np.arange(context + 1)
        while True:
            starts = rng.integers(len(self.train) - context, size=(batch, 1))
            stretch = self.train[starts + offsets]
            yield stretch[:, :-1], stretch[:, 1:]

    def validation_batch(self, context: int, size: int = 4096) -> tuple[Ints, Ints]:
        """About `size` characters of the held-out text, the same every time: (rows, context) twice.

        The rows are spread evenly over it and do not overlap.
        """
        rows = min(max(1, size // context), (len(self.validation) - 1) // context)
        if rows < 1:
            raise ArgumentError(
                f"context {context} is longer than the held-out text "
                f"({len(self.validation)} characters): use a longer text or a shorter context."
            )
        starts = np.linspace(0, len(self.validation) - 1 - context, rows).astype(np.int64)
        stretch = self.validation[starts[:, None] + np.arange(context + 1)]
        return stretch[:, :-1], stretch[:, 1:]

    def unigram_loss(self) -> float:
        """Held-out cross-entropy of guessing by frequency alone: what a stuck network reaches."""
        counts = 1.0 + np.bincount(self.train.astype(np.intp), minlength=len(self.characters))
        return float(-np.log(counts / counts.sum())[self.validation].mean())

    def bigram_loss(self) -> float:
        """Held-out cross-entropy of guessing from the character before (add-one counts)."""
        counts = np.ones((len(self.characters),) * 2)
        np.add.at(counts, (self.train[:-1], self.train[1:]), 1.0)
        log_p = np.log(counts / counts.sum(axis=1, keepdims=True))
        return float(-log_p[self.validation[:-1], self.validation[1:]].mean())


def corpus_of(text: str, source: str) -> Corpus:
    """The corpus of a text. Raises ArgumentError below 100 characters or with just one kind."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    kinds, ids = np.unique(codes, return_inverse=True)
    if len(codes) < 100 or len(kinds) < 2:
        raise ArgumentError(
            "a text to learn from needs at least 100 characters of at least two kinds; "
            f"{source} has {len(codes)} of {len(kinds)}."
        )
    ids = ids.astype(np.int64)
    cut = len(ids) * 9 // 10
    characters = "".join(map(chr, kinds))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Corpus(source, digest, characters, ids[:cut], ids[cut:])


def load_text(name: str = "alice", say: Callable[[str], None] = print) -> Corpus:
    """The corpus called `name`.

    - "alice": Alice's Adventures in Wonderland (L. Carroll, 1865), 143,219 characters, which come
      with minigrad and are in the public domain;
    - "shakespeare": Tiny Shakespeare (A. Karpathy, char-rnn), 1,115,394 characters, downloaded
      once into the user's cache folder and verified;
    - anything else: the path of a UTF-8 text file.
    """
    if name == "alice":
        return corpus_of(ALICE.read_bytes().decode(), "Alice in Wonderland")
    if name == "shakespeare":
        path = shakespeare_path()
        if not path.exists() or sha256_of(path) != SHAKESPEARE_SHA256:
            fetch_shakespeare(path, say)
        return corpus_of(_read(path), "Tiny Shakespeare")
    return corpus_of(_read(Path(name)), Path(name).name)


def shakespeare_path() -> Path:
    """Where Tiny Shakespeare is kept: the user's cache folder."""
    from platformdirs import user_cache_path

    return user_cache_path("minigrad", appauthor=False) / "tinyshakespeare.txt"


def fetch_shakespeare(path: Path, say: Callable[[str], None] = print) -> Path:
    """Download Tiny Shakespeare to `path`; a DownloadError says what can be done instead."""
    say(f"downloading Tiny Shakespeare (1.1 MB) to {path}")
    try:
        return download(SHAKESPEARE, path, SHAKESPEARE_SHA256, say=say)
    except DownloadError as error:
        raise DownloadError(
            f"{error} Try again later, or go on without a network: leave --text out for the text "
            "that comes with minigrad, or give --text PATH for a file of your own."
        ) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ArgumentError(
            f'a text is "alice", "shakespeare" or the path of a UTF-8 file; '
            f"{path} cannot be read: {reason}."
        ) from error
