from pathlib import Path

import pytest

from minigrad.scalar import cities, read_names
from minigrad.scalar.names import Alphabet


def test_the_cities_are_sorted_plain_and_many() -> None:
    names = cities()
    assert names == sorted(set(names)) and len(names) > 400
    assert {"paris", "new york", "zurich"} <= set(names)
    assert set("".join(names)) <= set("abcdefghijklmnopqrstuvwxyz ")


def test_an_alphabet_spells_names_between_marks() -> None:
    alphabet = Alphabet(["bad", "cab"])
    assert len(alphabet) == 5
    assert alphabet.encode("bad") == [0, 2, 1, 4, 0]
    assert alphabet.decode([0, 2, 1, 4, 0]) == "bad"


def test_a_file_of_names(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("Zoë\n\n ada \nAda\n", encoding="utf-8")
    assert read_names(path) == ["ada", "zoë"]
    path.write_text("\n ada\n")
    with pytest.raises(ValueError, match="at least two names, one a line"):
        read_names(path)
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(ValueError, match="UTF-8 text file"):
        read_names(path)
