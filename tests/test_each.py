"""Every case runs, on numbers of its own, and every one that fails is named with what was wrong."""

import pytest

import minigrad as mg
from tests.each import each, op_of


def run(by, test, **axes):
    """What fails in each group."""
    merged = each(by, **axes)(test)
    (mark,) = merged.pytestmark
    said = {}
    for group in mark.args[1]:
        try:
            merged(group)
        except pytest.fail.Exception as failure:
            said[group] = failure.msg
    return list(mark.args[1]), said


def test_each_combination_runs_once_in_the_group_of_its_first_name():
    seen = []

    def test(case, dtype):
        seen.append((case, dtype))

    groups, failed = run(op_of, test, case={"add-0": 1, "mul-0": 3, "add-1": 2}, dtype=["a", "b"])
    assert groups == ["add", "mul"] and not failed
    assert seen == [(1, "a"), (1, "b"), (2, "a"), (2, "b"), (3, "a"), (3, "b")]


def test_every_case_that_fails_is_named_with_its_reason():
    def test(case):
        if case == 1:
            raise ValueError("of the first")
        with pytest.raises(KeyError):
            {}.get(case)

    (said,) = run(lambda name: "all", test, case={"a": 1, "b": 2})[1].values()
    assert said.startswith("2 of 2 cases: a, b\n")
    assert said.index(" a ") < said.index("ValueError: of the first")
    assert said.index("DID NOT RAISE") > said.rindex(" b ")
    assert "tests/each.py" not in said  # the test's lines alone


def test_a_case_does_not_skip_and_hide_those_after_it():
    def test(case):
        if case == 1:
            pytest.skip("not here")
        raise ValueError

    assert run(str, test, case=[1])[1]["1"].startswith("1 of 1 cases: 1")


def test_each_case_draws_the_same_numbers():
    drawn = []

    def test(case):
        drawn.append(mg.rand(2).tolist())

    run(len, test, case=["a", "b", "cc"])
    assert drawn[0] == drawn[1] == drawn[2]


def test_two_values_of_one_name_are_refused():
    with pytest.raises(AssertionError, match="one name"):
        each(case=[1, "1"])
