"""`pytest labs/08_nan_clinic` checks exercise.py; `minigrad check 08` does the same."""

from minigrad.course.testing import lab_tests

test_exercise = lab_tests(__file__)
