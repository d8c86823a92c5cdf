"""Lab 04: what a transformer is made of, and the loss of one that has learned nothing.

Arrays are NumPy's: T positions, d channels.
"""

import numpy as np


def causal_attention(q, k, v):
    """softmax(q kᵀ / √d) v, where position t sees positions 0 … t only.

    q, k, v: (T, d). Returns (T, d).
    """
    # TODO: scores, the mask on them, softmax over the positions that are looked at, the mixture.
    scores = q @ k.T / np.sqrt(q.shape[-1])  # (T, T): row t holds what position t compares
    scores[np.triu_indices(len(q), 1)] = -np.inf  # before the softmax, so that rows still sum to 1
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return (p / p.sum(axis=-1, keepdims=True)) @ v


def unigram_loss(train_counts, held_out_counts):
    """Held-out cross-entropy, in nats per character, of guessing by frequency alone.

    Both: (V,), how often each of V characters occurs; the frequencies are those of the training
    text (all at least 1), the characters to guess are those of the held-out text.
    """
    # TODO: the mean of −ln p over the held-out characters, p from the training counts.
    p = train_counts / train_counts.sum()
    return -(held_out_counts * np.log(p)).sum() / held_out_counts.sum()


def multi_head(x, qkv, proj, heads):
    """Causal self-attention with several heads side by side, without biases.

    x: (T, d). qkv: (3d, d), d rows for the queries, d for the keys, d for the values. proj: (d, d).
    The first d/heads channels of each are head 0's, the next d/heads head 1's, and so on; each head
    is causal_attention on its own channels. Returns (T, d).
    """
    # TODO: project, give each head its channels, put the heads' results side by side, mix them.
    parts = np.split(x @ qkv.T, 3, axis=-1)  # q, k, v: (T, d) each
    per_head = [np.split(part, heads, axis=-1) for part in parts]  # (T, d / heads) each
    mixed = [causal_attention(*share) for share in zip(*per_head, strict=True)]
    return np.concatenate(mixed, axis=-1) @ proj.T  # without proj no head would hear another


def update_ratio(before, after):
    """How far one step has moved a layer: ‖after − before‖ / ‖before‖.

    Both: lists of arrays, the layer's parameters before and after the step, taken as one vector.
    Where a run has got under way 1e-3 to 1e-2 is healthy, and 1e-8 a layer that learns no more.
    Adam's first step says nothing: at 0.02 it is 0.2 in lab 04's runs, in those that live as well.
    """
    # TODO: one norm of the change, one of what was there; all arrays of a list as one vector.
    moved = sum(((a - b) ** 2).sum() for a, b in zip(after, before, strict=True))
    return (moved / sum((b**2).sum() for b in before)) ** 0.5
