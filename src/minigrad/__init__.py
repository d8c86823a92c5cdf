"""minigrad: a small autograd engine on NumPy, with PyTorch's names and semantics."""
