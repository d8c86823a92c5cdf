"""`pytest labs/06_half_precision` checks exercise.py; `minigrad check 06` does the same."""

from minigrad.course.testing import lab_tests

test_exercise = lab_tests(__file__)
