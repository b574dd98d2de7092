"""The lecture's networks: modules, losses, initialisers, optimisers, regularisers, diagnostics and the training loop.

A module is an ordinary function of its parameters, which any mode differentiates, and an object with the lecture's
``forward_pass``, ``backward_pass`` and ``param_gradients``, whose formulas were derived by hand.

One thing has many names.  *Unit*: neuron.  *Layer*: a row of units; *module*: any part with a forward and a backward pass.
*Linear layer*: fully connected, dense, affine.  *Pre-activation*: what goes into an activation, *activation*: the function,
and what comes out.  *Sigmoid*: logistic function.  *Logits*: scores before a softmax or a sigmoid.  *Parameters*: weights
and biases.  *Cross-entropy* against one-hot targets: negative log-likelihood, log loss.

>>> import numpy as np, adkit
>>> from adkit import nn
>>> net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
>>> params, optimizer = net.init(0), nn.Adam(lr=0.01)
>>> x, t = np.ones((4, 2)), np.zeros((4, 1))
>>> gradient = adkit.grad(lambda p: nn.squared_error(net(p, x), t))(params)
>>> params, state = optimizer.update(params, gradient, optimizer.init(params))
"""

from __future__ import annotations

from .activations import (
    Abs, Activation, Elu, LeakyRelu, LogSoftmax, LogSumExp, Relu, Sigmoid, Softmax, Softplus, Softsign, Tanh,
)  # fmt: skip
from .approximation import arc_cosine_kernel, bump, bump_2d, staircase, xor_network
from .augment import augment_images, rotate_images, shift_images
from .checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from .combine import Add, Concat, Conditional, Max, Multiply, Sum, Switch
from .criteria import CrossEntropy, SoftmaxCrossEntropy, SquaredError
from .diagnose import Diagnosis, dead_units, gradient_flow, overfit_check, update_ratio
from .events import Event
from .gates import Dueling, LSTMCell, SoftRouter
from .gradients import MODES, gradient_of, random_direction
from .graph import Graph
from .history import History
from .initializers import gaussian, he, orthonormal, uniform, xavier, zeros
from .learned import LearnedOptimizer
from .lecture import NETWORKS, Network
from .linear import Linear
from .losses import (
    LOSSES, cross_entropy, half_squared_error, logistic_cross_entropy, logistic_loss, nll, one_hot,
    softmax_cross_entropy, squared_error,
)  # fmt: skip
from .lsuv import lsuv
from .module import Memory, Module, Run
from .networks import dueling_head, inception_block, slide_graph
from .normalization import BatchNorm
from .optimizers import OPTIMIZERS, SGD, Adam, Momentum, Nesterov, Optimizer, RMSProp
from .parameters import count_parameters, pack
from .regions import (
    activation_patterns, breakpoints, count_regions, fold_network, regions_of_layers, regions_of_one_layer, zigzag_network,
)  # fmt: skip
from .regularizers import Dropout, EarlyStopping, Noise, all_masks, monte_carlo, weight_decay
from .sequential import Sequential
from .synthetic import Decoupled, SyntheticGradient
from .train import Trained, describe_checkpoint, fit
from .watch import Watch

__all__ = [
    "Abs",
    "Activation",
    "Adam",
    "Add",
    "BatchNorm",
    "CheckpointError",
    "Concat",
    "Conditional",
    "CrossEntropy",
    "Decoupled",
    "Diagnosis",
    "Dropout",
    "Dueling",
    "EarlyStopping",
    "Elu",
    "Event",
    "Graph",
    "History",
    "LOSSES",
    "LSTMCell",
    "LeakyRelu",
    "LearnedOptimizer",
    "Linear",
    "LogSoftmax",
    "LogSumExp",
    "MODES",
    "Max",
    "Memory",
    "Module",
    "Momentum",
    "Multiply",
    "NETWORKS",
    "Nesterov",
    "Network",
    "Noise",
    "OPTIMIZERS",
    "Optimizer",
    "RMSProp",
    "Relu",
    "Run",
    "SGD",
    "Sequential",
    "Sigmoid",
    "SoftRouter",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Softplus",
    "Softsign",
    "SquaredError",
    "Sum",
    "Switch",
    "SyntheticGradient",
    "Tanh",
    "Trained",
    "Watch",
    "activation_patterns",
    "all_masks",
    "arc_cosine_kernel",
    "augment_images",
    "breakpoints",
    "bump",
    "bump_2d",
    "count_parameters",
    "count_regions",
    "cross_entropy",
    "dead_units",
    "describe_checkpoint",
    "dueling_head",
    "fit",
    "fold_network",
    "gaussian",
    "gradient_flow",
    "gradient_of",
    "half_squared_error",
    "he",
    "inception_block",
    "load_checkpoint",
    "logistic_cross_entropy",
    "logistic_loss",
    "lsuv",
    "monte_carlo",
    "nll",
    "one_hot",
    "orthonormal",
    "overfit_check",
    "pack",
    "random_direction",
    "regions_of_layers",
    "regions_of_one_layer",
    "rotate_images",
    "save_checkpoint",
    "shift_images",
    "slide_graph",
    "softmax_cross_entropy",
    "squared_error",
    "staircase",
    "uniform",
    "update_ratio",
    "weight_decay",
    "xavier",
    "xor_network",
    "zeros",
    "zigzag_network",
]
