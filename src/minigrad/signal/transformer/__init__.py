"""The theory of `models.CharGPT`: signal and gradient at init, how training moves them, the fate."""

from minigrad.signal.transformer.curves import transformer

__all__ = ["transformer"]
