"""`pytest labs/01_init_ablation` checks exercise.py; `minigrad check 01` does the same."""

from minigrad.course.testing import lab_tests

test_exercise = lab_tests(__file__)
