"""The course in a notebook: cells that are exercises, labs that show themselves."""

import json

import pytest

import minigrad
from minigrad import course, lab
from minigrad.course import notebook
from minigrad.course.progress import Progress
from minigrad.errors import ArgumentError
from tests.labs.small import make_small

CELLS = """
from minigrad import course

@course.exercise
def linear_moment(q, fan_in, var_w):
    return {}
"""


def run_cell(tmp_path, answer):
    """What a notebook's cell does: a function whose source can be looked up."""
    from minigrad.files import load_module

    file = tmp_path / f"cell_{answer.replace(' ', '')}.py"
    file.write_text(CELLS.format(answer), encoding="utf-8")
    return load_module(file, file.stem)


def test_a_cell_is_written_checked_and_counted(workspace, tmp_path, capsys):
    run_cell(tmp_path, "var_w * q")
    said = capsys.readouterr().out
    assert "→ fan_in is missing" in said and 'course.hint("linear_moment")' in said
    run_cell(tmp_path, "fan_in * var_w * q")
    assert "linear_moment: passed" in (said := capsys.readouterr().out)
    assert f"1 of {len(workspace.course.exercises)} exercises pass" in said
    assert Progress(workspace).passed == ["linear_moment"]
    text = workspace.course.lab("00").file.read_text(encoding="utf-8")
    assert "    return fan_in * var_w * q\n" in text and "@course" not in text
    assert "def relu_moment" in text  # the others are left alone
    (kept,) = (workspace.root / "backups").rglob("exercise-*.py")
    assert "return var_w * q" in kept.read_text(encoding="utf-8")


def test_a_page_and_a_hint(workspace, capsys):
    page = course.read("kaiming_normal")
    assert page._repr_markdown_().startswith("## Kaiming") and "<!-- check" not in page
    course.left("00")
    said = capsys.readouterr().out
    assert "still to write: linear_moment, relu_moment" in said and "`minigrad quiz 00`" in said
    course.hint("kaiming_normal")
    assert "Hint 1 of 3" in capsys.readouterr().out


def test_a_run_shows_its_table_and_figures_and_whose_code_ran(workspace, tmp_path, capsys):
    make_small(workspace, "00")
    run_cell(tmp_path, "var_w * q")
    ran = course.run("00", quick=True)
    html = ran._repr_html_()
    assert html.count("data:image/png;base64,") == len(ran.figures) == 3
    assert "With your own linear_moment (fails its check: fan_in is missing" in html
    assert "✗ it did not" in html and all(f.variant in str(ran) for f in ran.findings)
    assert ran.path.parent.name == "00_variance_walk" and "results.json" in ran.records
    plain = lab.run("00", quick=True)
    assert not plain.own and "With your own" not in plain._repr_html_()
    with pytest.raises(ArgumentError):
        lab.run("00", quick=True, seeds=0)


def test_a_prediction_shows_itself():
    html = minigrad.predict(depth=50, lr=0.1)._repr_html_()
    p = minigrad.predict(depth=50, lr=0.1)
    assert p.verdict in html and "<svg" in html and "depth 50" in html and "nan" not in html


@pytest.mark.parametrize("number", ["00", "01", "02", "03"])
def test_a_labs_notebook_runs_from_its_first_cell_to_its_last(
    workspace, minigrad, monkeypatch, number
):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    said = minigrad("notebook", number).output
    (file,) = (workspace.root / "labs").rglob("*.ipynb")
    assert file.name in said and minigrad("notebook", number).exit_code == 2  # never over it
    make_small(workspace, number)
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    book = nbformat.reads(file.read_text(encoding="utf-8"), 4)
    nbclient.NotebookClient(book, resources={"metadata": {"path": str(file.parent)}}).execute()
    outputs = [o for cell in book.cells if cell.cell_type == "code" for o in cell.outputs]
    shown = json.dumps(outputs, ensure_ascii=False)
    exercises = workspace.course.lab(number).exercises
    assert shown.count("not written yet") == len(exercises)
    assert "data:image/png;base64," in shown and "✓ it came out" in shown
    assert sum("stream" in o.output_type for o in outputs) <= 2 * len(exercises)  # no frames


def test_the_notebook_says_what_the_lab_says_before_the_outcome(workspace):
    one = workspace.course.lab("01")
    made = json.loads(notebook.as_json(one))
    text = "".join(made["cells"][0]["source"])
    readme = (one.path / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(text) and "What came out" not in text
