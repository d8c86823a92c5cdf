"""Gradients: backward and grad, what checks them, and what is built on them."""

from minigrad.autograd import functional
from minigrad.autograd.anomaly import detect_anomaly
from minigrad.autograd.autocast import GradScaler, autocast
from minigrad.autograd.backward import backward_all as backward
from minigrad.autograd.backward import grad
from minigrad.autograd.function import Function
from minigrad.autograd.gradcheck import gradcheck, gradgradcheck
from minigrad.core.graph import record
from minigrad.core.mode import enable_grad, no_grad, set_grad_enabled
from minigrad.core.saved import OUT

__all__ = [
    "OUT",
    "Function",
    "GradScaler",
    "autocast",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "no_grad",
    "record",
    "set_grad_enabled",
]
