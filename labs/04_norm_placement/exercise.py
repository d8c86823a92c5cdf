"""Lab 04: what a transformer is made of, and the loss of one that has learned nothing.

Arrays are NumPy's: T positions, d channels.
"""

import numpy as np


def causal_attention(q, k, v):
    """softmax(q kᵀ / √d) v, where position t sees positions 0 … t only.

    q, k, v: (T, d). Returns (T, d).
    """
    # TODO: scores, the mask on them, softmax over the positions that are looked at, the mixture.
    raise NotImplementedError


def unigram_loss(train_counts, held_out_counts):
    """Held-out cross-entropy, in nats per character, of guessing by frequency alone.

    Both: (V,), how often each of V characters occurs; the frequencies are those of the training
    text (all at least 1), the characters to guess are those of the held-out text.
    """
    # TODO: the mean of −ln p over the held-out characters, p from the training counts.
    raise NotImplementedError
