"""autograd under the path PyTorch users expect: grad, gradcheck, detect_anomaly."""

from minigrad.core.graph import backward, grad
from minigrad.core.mode import detect_anomaly, enable_grad, no_grad, set_grad_enabled
from minigrad.functional.gradcheck import gradcheck

__all__ = [
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "no_grad",
    "set_grad_enabled",
]
