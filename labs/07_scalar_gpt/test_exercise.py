"""`pytest labs/07_scalar_gpt` checks exercise.py; `minigrad check 07` does the same."""

from minigrad.course.testing import lab_tests

test_exercise = lab_tests(__file__)
