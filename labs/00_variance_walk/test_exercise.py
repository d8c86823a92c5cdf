"""`pytest labs/00_variance_walk` checks exercise.py; `minigrad check 00` does the same."""

from minigrad.course.testing import lab_tests

test_exercise = lab_tests(__file__)
