"""Labs 00 to 03 as small as a run can be that reaches its end and has something to say."""

SMALL = {
    "00": {"seeds": 2, "depth": 4, "width": 16},
    "01": {"seeds": 2, "steps": 4, "width": 16},
    "02": {
        "seeds": 2,
        "steps": 4,
        "width": 16,
        "timing_rows": 16,
        "timing_width": 8,
        "timing_repeats": 4,
        "step_repeats": 4,
    },
    "03": {"seeds": 2, "steps": 4, "width": 16, "depth": 3, "four_steps": 2},
}


def make_small(workspace, number):
    """Change the lab in a workspace, which is the learner's to change, so that --quick is small."""
    small = SMALL[number] | {"seeds": 1}
    small.pop("four_steps", None)  # not in quick mode
    file = workspace.course.lab(number).path / "run.py"
    text = file.read_text(encoding="utf-8")
    before, main, after = text.rpartition('\n\nif __name__ == "__main__":')
    assert main
    file.write_text(f"{before}\nQUICK |= {small}\n{main}{after}", encoding="utf-8")
