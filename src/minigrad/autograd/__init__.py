"""Gradients: backward and grad, what checks them, and what is built on them."""

from minigrad.autograd.anomaly import detect_anomaly
from minigrad.autograd.backward import backward, grad
from minigrad.autograd.gradcheck import gradcheck
from minigrad.core.graph import record
from minigrad.core.mode import enable_grad, no_grad, set_grad_enabled
from minigrad.core.saved import OUT

__all__ = [
    "OUT",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "no_grad",
    "record",
    "set_grad_enabled",
]
