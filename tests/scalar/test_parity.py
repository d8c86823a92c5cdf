"""The GPT of plain numbers and CharGPT: the same weights, the same logits and gradients."""

import numpy as np
import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad.models import CharGPT
from minigrad.scalar import GPT


@pytest.mark.parametrize("layers", [1, 2])
def test_the_same_weights_give_the_same_logits_and_gradients(layers: int) -> None:
    scalar = GPT(11, layers=layers, std=0.4)
    model = CharGPT(11, context=8, dim=16, heads=4, layers=layers, ffn="relu", bias=False)
    matrices = {}
    for name, parameter in model.named_parameters():
        parameter.array = parameter.array.astype(np.float64)
        if "norm" not in name:  # the scalar norms have no weight: CharGPT's are 1
            matrices[name] = parameter
            parameter.array = np.array([[v.data for v in row] for row in scalar.weights[name]])
    assert matrices.keys() == scalar.weights.keys()

    ids = [0, 3, 10, 7, 3, 1, 1, 9, 0]
    logits = model(minigrad.tensor([ids[:-1]]))
    expected = [[v.data for v in row] for row in scalar(ids[:-1])]
    np.testing.assert_allclose(logits.array[0], expected, atol=1e-12)

    loss = F.cross_entropy(logits[0], minigrad.tensor(ids[1:]))
    loss.backward()
    scalar_loss = scalar.loss(ids)
    scalar_loss.backward()
    assert loss.item() == pytest.approx(scalar_loss.data, abs=1e-12)
    for name, parameter in matrices.items():
        assert parameter.grad is not None
        expected = [[v.grad for v in row] for row in scalar.weights[name]]
        np.testing.assert_allclose(parameter.grad.array, expected, atol=1e-12, err_msg=name)
