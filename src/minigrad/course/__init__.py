"""The learner's path: the table of exercises, checks that name the mistake, progress, quiz.

`labs/labs.toml` is the single table of what there is to learn and in which order; `checks/` holds,
for every exercise, the probes and the mistakes they name; the learner's files and progress live in
the workspace alone.
"""
