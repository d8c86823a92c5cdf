"""`pytest labs/03_residual_depth` checks exercise.py; `minigrad check 03` does the same."""

from minigrad.course.testing import lab_tests

test_exercise = lab_tests(__file__)
