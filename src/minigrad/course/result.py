"""What a check found: one exercise's result, and its words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass
class Result:
    """The answer to one exercise. ``status`` is "passed", "not written", "failed" or "stopped"."""

    exercise: str
    status: str
    sentence: str = ""
    what: str = ""  # what the probe computed
    received: str = ""
    expected: str = ""
    where: str = ""
    mistake: str = ""
    question: str = ""
    see: str = ""  # "01-initialization.md#kaiming", below theory/
    inputs: str = ""  # the arguments of the probe that failed, on request
    printed: str = ""

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    def pointing_to(self, theory: str) -> Result:
        """The result with the exercise's section, where its mistake has none of its own."""
        return self if self.passed else replace(self, see=self.see or theory)

    def to_dict(self) -> dict[str, Any]:
        """The fields that say something, for JSON."""
        return {k: v for k, v in asdict(self).items() if v}

    def short(self) -> str:
        """What is wrong, in a few words."""
        return self.mistake or self.sentence or f"{self.what} is not what is meant"

    def lines(self, inputs: bool = False) -> list[str]:
        """The message, one item a line; with the failing probe's ``inputs`` if asked for."""
        if self.passed:
            out = [f"{self.exercise}: passed"]
        elif self.status == "not written":
            out = [f"{self.exercise}: not written yet" + (f" ({self.where})" if self.where else "")]
        elif self.sentence:
            out = [f"{self.exercise}: {self.sentence}"]
            out += [f"  in {self.where}"] if self.where else []
            out += [f"  while computing {self.what}"] if self.what else []
        else:
            at = f" at {self.where}" if self.where else ""
            out = [f"{self.exercise}: {self.what}{at}"]
            if "\n" in self.received + self.expected:
                out += ["  received", *_indent(self.received)]
                out += ["  expected", *_indent(self.expected)]
            else:
                meant = f", expected {self.expected}" if self.expected else ""
                out += [f"  received {self.received}{meant}"]
        if self.mistake:
            out += [f"  → {self.mistake}", f"  {self.question}"]
        if self.see and self.status in ("failed", "stopped"):
            out += [f"  theory/{self.see}"]
        if inputs and self.inputs:
            out += ["  (the inputs of this probe:)", *_indent(self.inputs)]
        if self.printed:
            out += ["  (your code printed, and the check ignored:)", *_indent(self.printed)]
        return out

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _indent(text: str) -> list[str]:
    return [f"    {line}" for line in text.rstrip("\n").split("\n")]
