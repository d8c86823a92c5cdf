"""`pytest labs/05_prenorm_postnorm` checks exercise.py; `minigrad check 05` does the same."""

from minigrad.course.testing import lab_tests

test_exercise = lab_tests(__file__)
