"""The theory of `models.CharGPT`: signal and gradient at init, and what becomes of it."""
