"""Look inside a network as it runs: hooks that measure and can be taken away."""

from minigrad.probe.layers import LayerHistory
from minigrad.probe.probe import Probe, gradient_norm
from minigrad.probe.statistics import Statistics, statistics

__all__ = ["LayerHistory", "Probe", "Statistics", "gradient_norm", "statistics"]
