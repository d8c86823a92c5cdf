"""`pytest labs/04_norm_placement` checks exercise.py; `minigrad check 04` does the same."""

from minigrad.course.testing import lab_tests

test_exercise = lab_tests(__file__)
