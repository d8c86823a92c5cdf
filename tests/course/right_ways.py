"""Right implementations, each written in another way than the solution: none may be accused."""

# What learners write: cramped lines, lambdas with names, the same name again. Tidied up it would be
# one style, the one the solutions have already.
# ruff: noqa: E501, E701, E702, E731, F811, B905, RUF005
# fmt: off
import functools
import itertools
import math
import time
from fractions import Fraction

import numpy as np

import minigrad
from minigrad import nn
from minigrad.nn import functional as F
from minigrad.scalar import total

CASES = []


def R(exercise):
    """Keep what follows as a right implementation of this exercise."""
    return lambda f: CASES.append((exercise, f)) or f


class Words(dict): pass
class Word(str): pass


# of other types, all of which do as well
R("linear_moment")(lambda q, fan_in, var_w: Fraction(fan_in) * Fraction(var_w) * Fraction(q))
R("relu_moment")(lambda v: np.float32(v) * np.float32(0.5))
R("mul_backward")(lambda g, x, y: np.stack([g * y, g * x]))
R("grad_norm")(lambda ps: sum((p.grad * p.grad).sum() for p in ps if p.grad is not None) ** 0.5)
R("sum_backward")(lambda g, x, axis: np.moveaxis(np.broadcast_to(g, (x.shape[axis],) + g.shape), 0, axis))
R("symptoms_without_skip")(lambda: Words({Word("gradient before"): Word("healthy"), "gradient after": "vanished", "loss": "stalled"}))
R("pow_backward")(lambda g, x, n: np.multiply(g, np.power(x, n - 1.0)) * n)
R("matmul_backward")(lambda g, x, y: (np.einsum("ij,kj->ik", g, y), np.einsum("ij,ik->kj", g, x)))
@R("unbroadcast")
def f(g, shape):
    padded = (1,) * (g.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i, (a, b) in enumerate(zip(g.shape, padded)) if b == 1 and a != 1)
    return np.add.reduce(g, axis=axes, keepdims=True).reshape(shape) if axes else g.reshape(shape)
R("cross_entropy")(lambda logits, labels: np.mean(np.logaddexp.reduce(logits, axis=1) - [row[y] for row, y in zip(logits, labels)]))
@R("cross_entropy_backward")
def f(logits, labels):
    out = []
    for row, y in zip(logits, labels):
        e = [math.exp(v - max(row)) for v in row]
        out.append([a / sum(e) - (i == y) for i, a in enumerate(e)])
    return np.array(out) / len(labels)
def order(root):
    out, seen, stack = [], set(), [(root, 0)]
    while stack:
        n, k = stack.pop()
        if k == 0 and id(n) in seen: continue
        seen.add(id(n))
        if k < len(n.edges): stack.append((n, k + 1)); stack.append((n.edges[k][0], 0))
        else: out.append(n)
    return out[::-1]
@R("backward")
def f(root):
    nodes = order(root); grads = {id(root): np.ones_like(root.value)}
    for n in nodes:
        g = grads.pop(id(n))
        n.grad = g if n.edges or n.grad is None else n.grad + g
        for p, pull in n.edges: grads[id(p)] = grads[id(p)] + pull(g) if id(p) in grads else pull(g)
@R("relu_moment")
def f(v):
    z = np.linspace(0, 12 * math.sqrt(v), 20001)
    return float((z**2 * np.exp(-z**2 / (2 * v))).sum() * (z[1] - z[0]) / math.sqrt(2 * math.pi * v))
@R("tanh_moment")
def f(v):
    z = np.linspace(-10, 10, 4001); d = np.exp(-z**2 / 2) / math.sqrt(2 * math.pi)
    return float((np.tanh(math.sqrt(v) * z) ** 2 * d).sum() * (z[1] - z[0]))
@R("predicted_walk")
def f(depth, fan_in, var_w, activation_moment):
    walk = [1.0]
    while len(walk) <= depth: walk.append(activation_moment(fan_in * var_w * walk[-1]))
    return walk[1:]
@R("measured_walk")
def f(x, weights, activation):
    out, h = [], x.T
    for w in weights: h = activation(w @ h); out.append(np.vdot(h, h) / h.size)
    return out
@R("calculate_gain")
def f(nonlinearity, slope=0.01):
    keep = {"linear": 1.0, "relu": 0.5, "leaky_relu": 0.5 * (1 + slope**2)}
    return np.float32(5 / 3) if nonlinearity == "tanh" else keep[nonlinearity] ** -0.5
@R("fans")
def f(shape):
    out, inp, *window = shape
    size = 1
    for n in window: size *= n
    return inp * size, out * size
@R("xavier_normal")
def f(shape, rng, gain=1.0):
    fan_out, fan_in = shape
    return (gain * math.sqrt(2.0 / (fan_in + fan_out)) * rng.normal(0, 1, size=shape)).astype(np.float32)
@R("xavier_uniform")
def f(shape, rng, gain=1.0):
    b = gain * math.sqrt(6 / (shape[0] + shape[1])); return rng.uniform(low=-b, high=b, size=shape)
GAIN = {"relu": 2**.5, "linear": 1.0, "tanh": 5/3, "leaky_relu": (2 / (1 + 1e-4))**.5}
@R("kaiming_normal")
def f(shape, rng, mode="fan_in", nonlinearity="relu"): return rng.standard_normal(shape) * GAIN[nonlinearity] * shape[mode == "fan_in"] ** -0.5
@R("train_step")
def f(model, loss_fn, optimizer, x, y):
    prediction = model(x)
    loss = loss_fn(prediction, y)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return float(loss.detach().numpy())
@R("rms_norm")
def f(x, weight, eps=1e-5):
    wide = x.to(minigrad.float32) if x.dtype == minigrad.float16 else x
    r = ((wide ** 2).sum(dim=-1, keepdim=True) / x.shape[-1] + eps) ** 0.5
    return (weight * (wide / r)).to(x.dtype)
@R("layer_norm")
def f(x, weight, bias, eps=1e-5):
    mu = x.sum(dim=-1, keepdim=True) / x.shape[-1]
    return bias + weight * (x - mu) * (((x - mu) ** 2).mean(dim=-1, keepdim=True) + eps).rsqrt()
class Base(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__(); self.eps = eps; self.make(dim)
@R("RMSNorm")
class L(Base):
    def make(self, dim): self.weight = nn.Parameter(minigrad.full((dim,), 1.0))
    def forward(self, x): return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)
@R("LayerNorm")
class L(Base):
    def make(self, dim):
        self.bias = nn.Parameter(minigrad.zeros(dim)); self.weight = nn.Parameter(minigrad.ones(dim))
    def forward(self, x): return F.layer_norm(x, (x.shape[-1],), self.weight, self.bias, self.eps)
@R("rms_norm_backward")
def f(g, x, weight, eps=1e-5):
    inv = 1 / np.sqrt(np.square(x).sum(1) / x.shape[1] + eps)
    d = (g * weight * x).sum(1) / x.shape[1]
    return g * weight * inv[:, None] - x * (d * inv**3)[:, None], ((g * x) * inv[:, None]).sum(axis=0)
@R("layer_norm_backward")
def f(g, x, weight, eps=1e-5):
    d = x.shape[1]; mu = x.mean(1, keepdims=True); s = (x.var(1, keepdims=True) + eps) ** 0.5
    h = (x - mu) / s; dh = g * weight
    return (d * dh - dh.sum(1, keepdims=True) - h * (dh * h).sum(1, keepdims=True)) / (d * s), np.sum(g * h, 0), np.sum(g, 0)
@R("paired_ratio")
def f(f_, g_, repeats, clock=time.perf_counter):
    f_(); g_(); r = []
    for _ in range(repeats):
        t0 = clock(); f_(); t1 = clock(); g_(); t2 = clock(); r.append((t1 - t0) / (t2 - t1))
    r.sort(); k = len(r) // 2
    return r[k] if len(r) % 2 else (r[k - 1] + r[k]) / 2
def res(fwd):
    class Residual(nn.Module):
        def __init__(self, f, scale=1.0):
            super().__init__(); self.f, self.scale = f, scale
        def forward(self, x): return fwd(x, self.f, self.scale)
    return Residual
R("Residual")(res(lambda x, f, s: minigrad.add(x, f(x) * s) if hasattr(minigrad, "add") else x + f(x) * s))
def blk(fwd):
    class B(nn.Module):
        def __init__(self, norm, f):
            super().__init__(); self.norm, self.f = norm, f
        def forward(self, x): return fwd(x, self.norm, self.f)
    return B
R("PreNormBlock")(blk(lambda x, n, f: (lambda h: h + x)(f(n(x)))))
R("pre_norm_stack")(lambda x, blocks, final_norm: functools.reduce(lambda h, layer: layer(h), [*blocks, final_norm], x))
R("remove_skip")(lambda block: lambda x: block.f(block.norm(x)))
@R("causal_attention")
def f(q, k, v):
    T = len(q); out = np.zeros_like(v)
    for t in range(T):
        s = k[: t + 1] @ q[t] / math.sqrt(q.shape[1]); w = np.exp(s - s.max())
        out[t] = (w / w.sum()) @ v[: t + 1]
    return out
@R("unigram_loss")
def f(train_counts, held_out_counts):
    n = held_out_counts.sum(); return math.log(train_counts.sum()) - sum(c * math.log(t) for c, t in zip(held_out_counts, train_counts)) / n
@R("multi_head")
def f(x, qkv, proj, heads):
    T, d = x.shape
    q, k, v = (a.reshape(T, heads, d // heads).transpose(1, 0, 2) for a in np.split(x @ qkv.T, 3, axis=1))
    s = q @ k.transpose(0, 2, 1) / math.sqrt(d // heads) + np.triu(np.full((T, T), -np.inf), 1)
    p = np.exp(s - s.max(-1, keepdims=True)); p /= p.sum(-1, keepdims=True)
    return (p @ v).transpose(1, 0, 2).reshape(T, d) @ proj.T
@R("update_ratio")
def f(before, after):
    d = [np.asarray(a) - np.asarray(b) for a, b in zip(after, before)]
    norm = lambda arrays: math.sqrt(math.fsum(float(v) ** 2 for a in arrays for v in a.flat))
    return norm(d) / norm(before)
@R("block")
def f(x, attention, ffn, norm1, norm2, placement):
    pre = placement == "pre"
    a = attention(norm1(x) if pre else x) + x
    a = a if pre else norm1(a)
    b = ffn(norm2(a) if pre else a) + a
    return b if pre else norm2(b)
@R("warmup_lr")
def f(step, lr, warmup):
    if step >= warmup: return lr
    return (step + 1) * lr / warmup
@R("stream_walk")
def f(norm, branches, gain):
    step = {"none": lambda q: q * (1 + gain), "pre": lambda q: q + gain, "post": lambda q: 1}[norm]
    return list(itertools.accumulate(range(branches), lambda q, _: step(q), initial=1.0))[1:]
@R("rms_norm_half")
def f(x, eps):
    h = np.asarray(x, dtype=np.float32)
    return (h * (np.einsum("...d,...d->...", h, h)[..., None] / h.shape[-1] + eps) ** -0.5).astype(np.float16)
R("largest_safe")(lambda limit, dim, sum_in_half: math.exp(0.5 * (math.log(limit) - (math.log(dim) if sum_in_half else 0))))
@R("loss_scale")
def f(gradients, limit=65504.0):
    big = max(np.max(np.abs(g)) for g in gradients)
    return math.ldexp(1.0, math.frexp(float(limit) / float(big))[1] - 1)
@R("scalar_rms_norm")
def f(x, eps=1e-5):
    r = (total(v ** 2 for v in x) * (1 / len(x)) + eps) ** 0.5
    return [v / r for v in x]
@R("scalar_softmax")
def f(x):
    k = sorted(v.data for v in x)[-1]; e = [(v - k).exp() for v in x]; inv = total(e) ** -1
    return tuple(a * inv for a in e)
@R("scalar_cross_entropy")
def f(logits, target):
    k = max(v.data for v in logits); z = [v - k for v in logits]
    return total(v.exp() for v in z).log() - z[target]
@R("diagnose")
def f(losses, classes, unigram):
    if any(not math.isfinite(v) for v in losses): return "died"
    if losses[0] > 2 * math.log(classes): return "sick at birth"
    end = np.mean(list(map(np.float64, losses[-10:])))
    return "stuck" if end > 0.93 * unigram else "leak" if end < 0.3 else "healthy"
@R("clip_gradients")
def f(gradients, max_norm):
    n = float(np.linalg.norm(np.hstack([np.ravel(g) for g in gradients])))
    return [np.array(g) * (max_norm / (n + 1e-6) if n > max_norm else 1) for g in gradients]
@R("where_it_grows")
def f(rms):
    ratios = {k: rms[k] / rms[k - 1] for k in range(1, len(rms))}
    if all(r > 1.5 for r in ratios.values()): return "every layer"
    k = max(ratios, key=ratios.get)
    return k if ratios[k] > 10 else "nowhere"
R("PostNormBlock")(blk(lambda x, n, f: n(f(x) + x)))
R("kaiming_uniform")(lambda shape, rng, mode="fan_in", nonlinearity="relu": (2 * rng.random(shape) - 1) * GAIN[nonlinearity] * math.sqrt(3 / shape[mode == "fan_in"]))


@R("shared_branch")
def f(x, f, norm, placement, s):
    rules = {"none": lambda: x + f(x) * s, "pre": lambda: x + f(norm(x)) * s, "post": lambda: norm(f(x) * s + x), "out": lambda: norm(f(x)) * s + x}
    return rules[placement]()
R("share_for")(lambda layers, together: (layers + layers) ** (-1 if together else -1 / 2))
R("deepnorm_share")(lambda layers, matrices: math.exp(-matrices / 4 * math.log(8 * layers) - math.log(2 * layers) / 4))
@R("first_update")
def f(gradient, optimizer, lr):
    if optimizer == "muon":
        values, vectors = np.linalg.eigh(gradient.T @ gradient)
        keep = values > 1e-10 * values.max()
        v = vectors[:, keep]
        return -lr * (gradient @ v / np.sqrt(values[keep])) @ v.T
    return (gradient if optimizer == "sgd" else (gradient > 0) * 1.0 - (gradient < 0)) * -lr
@R("newton_schulz")
def f(g, steps, a, b, c):
    u, s, vt = np.linalg.svd(g, full_matrices=False)
    s = s / np.sqrt((g * g).sum())
    for _ in range(steps): s = a * s + b * s ** 3 + c * s ** 5
    return u * s @ vt
@R("power_iteration")
def f(hvp, v, steps):
    value = 0.0
    while steps:
        v = v / np.sqrt(v @ v)
        h = hvp(v)
        value, v, steps = float(h @ v), h, steps - 1
    return value
@R("mup")
def f(layer, width, base):
    k = base / width
    return {"input": (1, 1), "hidden": (math.sqrt(k), k), "output": (k, k)}[layer]
@R("initial_loss")
def f(variance):
    t = np.arange(-9, 9, 1e-3) * variance ** 0.5 * 2 ** 0.5
    p = np.exp(-np.arange(-9, 9, 1e-3) ** 2 / 2) / math.sqrt(2 * math.pi) * 1e-3
    return (p * (np.maximum(-t, 0) + np.log1p(np.exp(-abs(t))))).sum()
R("plateau_rate")(lambda distinct, lr, momentum, inputs: sum(lr * d / inputs for d in distinct) / (1 - momentum))
@R("time_to_learn")
def f(rate, loss, momentum):
    p = math.exp(-loss); m = math.log(p / (1 - p))
    return (m + p / (1 - p) - 1) / rate + 1 / (1 - momentum) - 1
R("tail_slope")(lambda steps, losses: np.polyfit(np.log10(steps), np.log10(losses), 1)[0])
@R("forecast")
def f(variance, rate, steps, momentum):
    z = np.arange(-9, 9, 1e-3); p = np.exp(-z * z / 2); out = []
    for t in steps:
        tau = rate * (t - momentum / (1 - momentum) + momentum ** (t + 1) / (1 - momentum)); m = 0
        for _ in range(999): m -= (m + math.exp(m) - 1 - tau) / (1 + math.exp(m))
        out += [math.log(1 + math.exp(-m)) if t else p @ np.logaddexp(0, (2 * variance) ** 0.5 * z) / p.sum()]
    return np.array(out)
