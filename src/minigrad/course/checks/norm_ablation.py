"""Checks of lab 02: the norms forward, as layers, and backward by hand; and timing."""

from minigrad.course.checks import layer_norm, norm_backward, norm_layers, rms_norm, timing

CHECKS = {
    **rms_norm.CHECKS,
    **layer_norm.CHECKS,
    **norm_layers.CHECKS,
    **norm_backward.CHECKS,
    **timing.CHECKS,
}
