"""Layers: state and the functional op that uses it."""
