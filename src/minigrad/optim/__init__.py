"""Optimizers: they change parameters in place, from the gradients backward left."""

from minigrad.nn.utils import clip_grad_norm_
from minigrad.optim import lr_scheduler
from minigrad.optim.adam import Adam, AdamW
from minigrad.optim.muon import Muon
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.rmsprop import RMSprop
from minigrad.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Muon",
    "Optimizer",
    "RMSprop",
    "clip_grad_norm_",
    "lr_scheduler",
]
