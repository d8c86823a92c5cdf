"""`pytest labs/02_norm_ablation` checks exercise.py; `minigrad check 02` does the same."""

from minigrad.course.testing import lab_tests

test_exercise = lab_tests(__file__)
