"""DIFFERENCES.md says what each library answers, and each does."""

import ast
import warnings

import numpy as np
import pytest

import minigrad.torch
from tests.differences import DIFFERENCES, PATH, ROWS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def answer(lib, code):
    """What the code's last expression gives, as it stands in the document, or the error's name."""
    *first, last = ast.parse(code).body
    names = {"torch": lib, "nn": lib.nn, "F": lib.nn.functional, "optim": lib.optim, "np": np}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(ast.Module(first, []), "<row>", "exec"), names)
            value = eval(compile(ast.Expression(last.value), "<row>", "eval"), names)
    except Exception as error:
        return type(error).__name__
    return repr(value.tolist() if hasattr(value, "tolist") else value)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_library_answers_as_the_document_says(name):
    row = DIFFERENCES[name]
    assert row.minigrad != row.pytorch
    assert answer(minigrad.torch, row.code) == row.minigrad
    assert answer(torch, row.code) == row.pytorch


def test_no_row_hides_another():
    assert len(ROWS) == len(DIFFERENCES) > 20


def test_the_readme_leads_there():
    assert f"]({PATH.name})" in (PATH.parent / "README.md").read_text(encoding="utf-8")
