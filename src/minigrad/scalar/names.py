"""Lists of names to learn from, and the alphabet that spells them."""

from importlib import resources
from pathlib import Path


def cities() -> list[str]:
    """Places that name a time zone in the IANA tz database (public domain), in lower case.

    The list travels with the package, so that every machine learns from the same names.
    """
    return (
        (resources.files(__package__) / "cities.txt").read_text(encoding="utf-8").split("\n")[:-1]
    )


def read_names(path: str | Path) -> list[str]:
    """The names in a UTF-8 text file, one a line, in lower case; blank lines are passed over.

    Raises ValueError where fewer than two different names are left, or the file is not text.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"--names needs a UTF-8 text file, one name a line; {path} is not."
        ) from error
    names = sorted({line.strip().lower() for line in lines} - {""})
    if len(names) < 2:
        raise ValueError(f"--names needs at least two names, one a line; {path} has {len(names)}.")
    return names


class Alphabet:
    """Characters ↔ ids. Id 0 is the mark before and after every name."""

    def __init__(self, names: list[str]) -> None:
        self.characters = sorted(set("".join(names)))
        self._ids = {character: i for i, character in enumerate(self.characters, start=1)}

    def __len__(self) -> int:
        return len(self.characters) + 1

    def encode(self, name: str) -> list[int]:
        """The ids of a name between its two marks."""
        return [0, *(self._ids[character] for character in name), 0]

    def decode(self, ids: list[int]) -> str:
        """The characters of some ids; marks are left out."""
        return "".join(self.characters[i - 1] for i in ids if i)
