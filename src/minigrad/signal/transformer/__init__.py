"""The theory of `models.CharGPT`: signal and gradient at init, and how training moves them."""

from minigrad.signal.transformer.curves import transformer

__all__ = ["transformer"]
