"""`pytest labs/autograd` checks exercise.py; `minigrad check autograd` does the same."""

from minigrad.course.testing import lab_tests

test_exercise = lab_tests(__file__)
