"""Look inside a network as it runs: hooks that measure and can be taken away."""

from minigrad.probe.histogram import Histograms, histogram
from minigrad.probe.layers import LayerHistory
from minigrad.probe.probe import Probe, gradient_norm
from minigrad.probe.sharpness import sharpness
from minigrad.probe.statistics import Statistics, statistics

__all__ = [
    "Histograms",
    "LayerHistory",
    "Probe",
    "Statistics",
    "gradient_norm",
    "histogram",
    "sharpness",
    "statistics",
]
