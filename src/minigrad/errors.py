"""Every error minigrad raises on purpose: what must hold, what was received, what to do.

Each class also derives from the built-in that a PyTorch user would catch.
"""

from collections.abc import Iterable
from difflib import get_close_matches


def meant(name: object, known: Iterable[object], most: int = 1) -> str:
    """ " Did you mean relu?" for a name that is not among the known; "" where none is near."""
    near = {str(k).lower(): str(k) for k in known}
    found = [near[k] for k in get_close_matches(str(name).lower(), near, most)]
    return f" Did you mean {' or '.join(found)}?" if found else ""


class MinigradError(Exception):
    """Base of all minigrad errors."""


class ShapeError(MinigradError, RuntimeError, ValueError):
    """Shapes that do not fit (PyTorch: RuntimeError from ops, ValueError from losses)."""


class DtypeError(MinigradError, RuntimeError, TypeError):
    """A dtype the operation is not defined for, or an object that is no tensor."""


class DimError(MinigradError, IndexError):
    """A dimension the tensor does not have."""


class IndexRangeError(MinigradError, IndexError):
    """An index or class label out of range."""


class ArgumentError(MinigradError, ValueError):
    """A value outside what the argument allows."""


class GraphError(MinigradError, RuntimeError):
    """A backward pass that cannot be run."""


class InplaceError(GraphError):
    """A tensor modified in place although its old value is still needed for gradients."""


class AnomalyError(MinigradError, RuntimeError):
    """The first NaN or inf, found by detect_anomaly()."""


class GradcheckError(MinigradError, AssertionError):
    """A gradient that differs from central differences, found by gradcheck()."""


class StateDictError(MinigradError, RuntimeError, KeyError):
    """A state_dict that does not match the module."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""  # KeyError would show the repr


class ModuleError(MinigradError, AttributeError):
    """A module used before its __init__ called super().__init__()."""
