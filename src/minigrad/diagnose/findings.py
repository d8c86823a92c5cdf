"""What is unusual about a network, in sentences that name the layer, the gravest first."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from minigrad.diagnose.features import weighted
from minigrad.diagnose.layers import Layer
from minigrad.diagnose.measure import Measured

LOWER = "a lower rate"


@dataclass(frozen=True)
class Finding:
    """One thing found: its name, a sentence, what would mend it, and how grave it is (log₁₀ of how
    far beyond what is harmless; 0 is worth a mention)."""

    name: str
    sentence: str
    change: str
    grave: float


def findings(m: Measured, steps: int) -> list[Finding]:
    """All of them, the gravest first."""
    out: list[Finding] = []
    _wiring(m, out)
    if math.isfinite(m.start) and math.isfinite(m.gradient):
        _units(m, out)
        _scale(m, out)
        _depth(m, out)
        _speed(m, steps, out)
    return sorted(out, key=lambda found: -found.grave)


def _owners(names: list[str]) -> str:
    """The modules that own these parameters, for a sentence."""
    owners = list(dict.fromkeys(name.rpartition(".")[0] or name for name in names))
    shown = ", ".join(owners[:3])
    return shown + (f" and {len(owners) - 3} more" if len(owners) > 3 else "")


def _wiring(m: Measured, out: list[Finding]) -> None:
    if m.left_out:
        who = _owners(m.left_out)
        text = f"{who} will not be trained: without requires_grad, or not in the optimizer"
        out.append(Finding("frozen", text, f"give {who} to the optimizer", 1.5))
    if m.nothing:
        who = _owners(m.nothing)
        text = f"no gradient reaches {who}: what it computes is multiplied by 0 or not used"
        out.append(Finding("zeroed", text, f"connect {who} to the loss", 2.0))
    if m.twice:
        text = (
            "a softmax stands before the cross-entropy, which has its own: however sure and wrong "
            f"the logits are, the loss stays near {_short(m.guess)}"
        )
        out.append(Finding("softmax twice", text, "give the loss the logits themselves", 2.0))


def _units(m: Measured, out: list[Finding]) -> None:
    for name, what, most, change in (
        ("dead", "of the units at {} are 0 for every example", 0.9, "a smaller bias or init at {}"),
        (
            "saturated",
            "of the values at {} stand at the edge of tanh or sigmoid, where the slope is nearly 0",
            0.5,
            "a smaller init before {}",
        ),
    ):
        worst = max(m.layers, key=lambda layer: getattr(layer, name))
        share = getattr(worst, name)
        if share > most:
            text = f"{share:.0%} {what.format(_called(worst))}"
            out.append(Finding(name, text, change.format(worst.name), 1.0 + share))
    sharp = [layer for layer in m.layers if layer.entropy < 0.2]
    if sharp:
        worst = min(sharp, key=lambda layer: layer.entropy)
        text = (
            f"attention at {_called(worst)} has {worst.entropy:.0%} of the greatest entropy: each "
            "query sees one key, as scores without the scale 1/√d give"
        )
        out.append(Finding("attention scale", text, f"smaller scores at {worst.name}", 1.7))


def _scale(m: Measured, out: list[Finding]) -> None:
    matrices = [x for x in weighted(m.layers) if x.q_in > 0 and math.isfinite(x.q)]
    if matrices:
        worst = max(matrices, key=lambda x: x.q / x.q_in)
        factor = worst.q / worst.q_in
        if factor > 30:
            text = (
                f"{_called(worst)} multiplies the mean square by {_short(factor)}: its weights "
                "lack a scale of 1/√fan_in"
            )
            change = f"init of {worst.name} × {_short(math.sqrt(1 / factor))}"
            out.append(Finding("missing scale", text, change, math.log10(factor) / 2))
    if m.guess > 1e-9 and m.start > 3 * m.guess:
        text = f"the loss starts at {_short(m.start)}, guessing costs {_short(m.guess)}"
        grave = math.log10(m.start / m.guess) - 0.5
        out.append(Finding("wrong start", text, "a smaller init of the last layer", grave))


def _rows(layers: list[Layer]) -> list[list[Layer]]:
    """Layers of one class, three or more, whose names differ in one number (as the same part of
    each block does) or in any."""
    rows: dict[tuple[str, str], list[Layer]] = {}
    for layer in layers:
        name = layer.name
        numbers = [found.span() for found in re.finditer(r"\d+", name)]
        for key in {re.sub(r"\d+", "#", name), *(f"{name[:a]}#{name[b:]}" for a, b in numbers)}:
            rows.setdefault((key, layer.kind), []).append(layer)
    return [row for row in rows.values() if len(row) > 2]


def _depth(m: Measured, out: list[Finding]) -> None:
    alike = _rows(m.layers)
    sizes = [
        (x[0], x[len(x) // 2], x[-1], group)
        for group in alike
        for x in ([layer.q_in for layer in group], [layer.q for layer in group])
        if min(x) > 0 and math.isfinite(sum(x))
    ]
    if sizes:
        # over both halves: what only adds up, as a pre-norm stream does, at most doubles over the
        # later one, and a single layer without a scale is in one of them
        factor, group = max(
            ((min(half / first, last / half) ** 2, group) for first, half, last, group in sizes),
            key=lambda pair: pair[0],
        )
        each = factor ** (1 / (len(group) - 1))
        if factor > 100:
            text = (
                f"the mean square grows {_short(factor)}-fold from {group[0].name} to "
                f"{group[-1].name}, {_short(each)}-fold each: a residual scale or a norm is missing"
            )
            grave = math.log10(factor) / 3
            out.append(Finding("residual scale", text, "a scale 1/√L on the branches", grave))
        factor, group = min(
            ((last / first, group) for first, _, last, group in sizes), key=lambda pair: pair[0]
        )
        if factor < 1e-4:
            text = (
                f"of the mean square at {group[0].name} {_short(factor)} is left at "
                f"{group[-1].name}"
            )
            grave = -math.log10(max(factor, 1e-30)) / 4
            out.append(Finding("vanishing signal", text, "a greater init, or a norm", grave))
    layers = weighted(m.layers) or m.layers
    least = min(layers, key=lambda x: x.alike if math.isfinite(x.alike) else 1.0)
    if least.alike < 1e-4:
        text = (
            f"two examples leave {_called(least)} with 1 − cos = {_short(least.alike)}: what "
            "follows cannot tell them apart"
        )
        grave = -math.log10(max(least.alike, 1e-20)) / 4 - 0.5
        out.append(Finding("alike", text, "a norm, a skip, or fewer layers", grave))
    # between layers of one kind: a mean over positions or a small branch dims what lies before it
    dimmed = [(group[0], group[-1]) for group in alike if 0 < group[0].gradient < math.inf]
    if dimmed:
        low, top = min(dimmed, key=lambda pair: pair[0].gradient / max(pair[1].gradient, 1e-300))
        share = low.gradient / max(top.gradient, 1e-300)
        if share < 1e-6:
            text = (
                f"{_short(share)} of the squared gradient at {_called(top)} reaches {_called(low)}"
            )
            grave = -math.log10(max(share, 1e-30)) / 6 - 0.2
            out.append(
                Finding("vanishing gradient", text, "a norm, a skip, or fewer layers", grave)
            )


def _speed(m: Measured, steps: int, out: list[Finding]) -> None:
    over = m.curvature / m.limit
    if over > 1:
        text = (
            f"rate × sharpness is {_short(m.curvature)} where the stability limit is "
            f"{m.limit:.2g}: {_short(over)}-fold"
        )
        out.append(Finding("unstable", text, LOWER, min(math.log10(over), 4.0)))
    moving = [layer for layer in m.layers if math.isfinite(layer.change_in)]
    if moving:  # what enters: a branch's own output may be next to nothing beside the skip
        most = max(moving, key=lambda layer: layer.change_in)
        if most.change_in > 0.5:
            text = (
                f"one update changes what enters {_called(most)} by {_short(most.change_in)} times "
                "its size"
            )
            grave = min(math.log10(most.change_in) + 0.3, 3.9)
            out.append(Finding("scrambled", text, LOWER, grave))
    if m.guess > 1e-9:
        covered = m.descent * steps / (1 - m.momentum) / max(m.guess, m.start)
        if covered < 0.3:
            text = (
                f"lr {m.rate:g} is too slow: {steps} steps cover {_short(max(covered, 0.0))} of "
                "the loss there is to lose"
            )
            grave = 0.3 - math.log10(max(covered, 1e-20))
            out.append(Finding("slow", text, "a higher rate", min(grave, 4.0)))


def _called(layer: Layer) -> str:
    name = f"layer {layer.name}" if layer.name[:1].isdigit() else layer.name or "the model"
    return f"{name} ({layer.kind})"


def _short(x: float) -> str:
    """A number for a sentence: 0.056, 3.2, 26, 2e-15."""
    if x == 0 or 1e-2 <= abs(x) < 1e4:
        return f"{x:.2g}" if abs(x) < 100 else f"{x:.0f}"
    return f"{x:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def trains(m: Measured, grave: list[Finding]) -> str:
    """Why nothing stands in the way, or what does and is survived."""
    layers = weighted(m.layers) or m.layers
    sizes = [layer.q for layer in layers if math.isfinite(layer.q) and layer.q > 0]
    low, high = (min(sizes), max(sizes)) if sizes else (0.0, 0.0)
    text = (
        f"the mean square stays between {_short(low)} and {_short(high)}, rate × sharpness is "
        f"{_short(m.curvature)} of {m.limit:.2g}, and "
        f"{len(m.losses)} updates take the loss from {m.start:.3g} to {m.losses[-1]:.3g}"
    )
    return text + (f"; but {grave[0].sentence}" if grave else "")
