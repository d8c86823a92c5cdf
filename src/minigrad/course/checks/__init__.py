"""The checks of each lab: `CHECKS` maps an exercise to its probes. A module has its lab's name."""
