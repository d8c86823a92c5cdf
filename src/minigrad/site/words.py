"""The words of the frame and the home page, by language."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, str]]:
    text = Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def languages() -> dict[str, str]:
    """Every language's code and its own name for itself; English first."""
    return {code: words["name"] for code, words in _table().items()}


def words(language: str) -> dict[str, str]:
    """Its words, with English for what is not translated yet."""
    table = _table()
    return {**table["en"], **table[language]}
