"""A GPT in Python floats: lists for vectors, `Value`s for numbers, every step in sight.

The design is GPT-2's with what is not needed left out (RMSNorm without a gain before attention
and MLP, ReLU, no biases), as in A. Karpathy's microgpt. The weights carry the names and shapes of
`minigrad.models.CharGPT`, so that one can be loaded into the other and compared.
"""

from collections.abc import Callable, Sequence
from random import Random

from minigrad.scalar.value import Value, dot, total

Vector = list[Value]
Matrix = list[Vector]


def linear(x: Vector, weight: Matrix) -> Vector:
    """y = W x, one dot product per row of W."""
    return [dot(row, x) for row in weight]


def rms_norm(x: Vector, eps: float = 1e-5) -> Vector:
    """x / √(mean x² + ε)  (Zhang & Sennrich 2019). [3, 4, 0] becomes [1.039, 1.386, 0]."""
    scale = (dot(x, x) * (1 / len(x)) + eps) ** -0.5
    return [v * scale for v in x]


def softmax(x: Vector) -> Vector:
    """exp xᵢ / Σ exp xⱼ, with the largest x taken off first: exp cannot overflow."""
    largest = max(v.data for v in x)
    exps = [(v - largest).exp() for v in x]
    inverse = total(exps) ** -1
    return [e * inverse for e in exps]


def cross_entropy(logits: Vector, target: int) -> Value:
    """−log softmax(logits)[target], as log Σ exp(logits) − logits[target]."""
    largest = max(v.data for v in logits)
    return total((v - largest).exp() for v in logits).log() + largest - logits[target]


def attention(x: Matrix, qkv: Matrix, proj: Matrix, heads: int) -> Matrix:
    """Causal multi-head self-attention of T vectors (Vaswani et al. 2017)."""
    dim = len(x[0])
    size = dim // heads
    projected = [linear(row, qkv) for row in x]  # T rows of q, k and v side by side
    mixed: Matrix = [[] for _ in x]
    for head in range(0, dim, size):
        q = [row[head : head + size] for row in projected]
        k = [row[dim + head : dim + head + size] for row in projected]
        v = [row[2 * dim + head : 2 * dim + head + size] for row in projected]
        columns = list(zip(*v, strict=True))  # one per channel of the head
        for t, query in enumerate(q):  # position t sees 0 … t
            weights = softmax([dot(query, key) * size**-0.5 for key in k[: t + 1]])
            mixed[t] += [dot(weights, column[: t + 1]) for column in columns]
    return [linear(row, proj) for row in mixed]


def add(x: Vector, y: Vector) -> Vector:
    """x + y, element by element."""
    return [a + b for a, b in zip(x, y, strict=True)]


class GPT:
    """A character GPT: token ids to logits.

    `weights` maps CharGPT's parameter names to matrices; all start as N(0, std²). `norm` stands
    before attention, MLP and head.
    """

    def __init__(
        self,
        vocab: int,
        *,
        context: int = 8,
        dim: int = 16,
        heads: int = 4,
        layers: int = 1,
        std: float = 0.08,
        seed: int = 0,
        norm: Callable[[Vector], Vector] = rms_norm,
    ) -> None:
        if dim % heads:
            raise ValueError(f"dim must be a multiple of heads, got dim={dim}, heads={heads}.")
        random = Random(seed)

        def matrix(rows: int, columns: int) -> Matrix:
            return [[Value(random.gauss(0, std)) for _ in range(columns)] for _ in range(rows)]

        self.context, self.heads, self.layers, self.norm = context, heads, layers, norm
        self.weights = {
            "token_embedding.weight": matrix(vocab, dim),
            "position_embedding.weight": matrix(context, dim),
            "head.weight": matrix(vocab, dim),
        }
        for i in range(layers):
            self.weights[f"blocks.{i}.attention.qkv.weight"] = matrix(3 * dim, dim)
            self.weights[f"blocks.{i}.attention.proj.weight"] = matrix(dim, dim)
            self.weights[f"blocks.{i}.ffn.up.weight"] = matrix(4 * dim, dim)
            self.weights[f"blocks.{i}.ffn.down.weight"] = matrix(dim, 4 * dim)

    def parameters(self) -> list[Value]:
        """Every weight, in the order of `weights`."""
        return [value for matrix in self.weights.values() for row in matrix for value in row]

    def __call__(self, ids: Sequence[int]) -> Matrix:
        """T ids, T ≤ context, to T rows of logits, one per character of the alphabet."""
        if not 0 < len(ids) <= self.context:
            raise ValueError(f"expected 1 to {self.context} ids (the context), got {len(ids)}.")
        w = self.weights
        tokens, positions = w["token_embedding.weight"], w["position_embedding.weight"]
        if not 0 <= min(ids) <= max(ids) < len(tokens):
            raise ValueError(
                f"ids must lie in 0 … {len(tokens) - 1} (the vocabulary), got {list(ids)}."
            )
        x = [add(tokens[i], position) for i, position in zip(ids, positions, strict=False)]
        for i in range(self.layers):
            block = f"blocks.{i}."
            qkv, proj = w[block + "attention.qkv.weight"], w[block + "attention.proj.weight"]
            up, down = w[block + "ffn.up.weight"], w[block + "ffn.down.weight"]
            normed = [self.norm(row) for row in x]
            x = [
                add(*pair) for pair in zip(x, attention(normed, qkv, proj, self.heads), strict=True)
            ]
            for t, row in enumerate(x):
                hidden = [v.relu() for v in linear(self.norm(row), up)]
                x[t] = add(row, linear(hidden, down))
        return [linear(self.norm(row), w["head.weight"]) for row in x]

    def loss(self, ids: Sequence[int]) -> Value:
        """Mean cross-entropy of predicting ids[1:] from what stands before each."""
        rows = self(ids[:-1])
        losses = [cross_entropy(row, target) for row, target in zip(rows, ids[1:], strict=True)]
        return total(losses) * (1 / len(losses))
