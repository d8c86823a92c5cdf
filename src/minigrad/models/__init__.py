"""Whole models, built of nn's layers."""

from minigrad.models.char_gpt import CharGPT

__all__ = ["CharGPT"]
