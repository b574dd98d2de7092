"""Optimisers: when gradient descent diverges, what momentum and scaling do in a ravine, and on digits."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit
from adkit import nn
from adkit.data import load_digits

from .common import BLACK, BLUE, GREEN, PURPLE, RED, SOFT, THEORY, Page, caption, legend

TITLE = "Optimisers: the rate at which descent diverges, and what momentum and scaling do about a ravine"
CLAIM = (
    "On a quadratic, gradient descent converges if and only if its rate lies below 2 over the largest eigenvalue. Momentum "
    "shortens the way along a ravine; RMSProp and Adam scale each parameter's step, and Adam's first step has the size of its rate."
)
SOURCE = "Osindero, Neural Nets, Backprop, Automatic Differentiation (UCL x DeepMind lecture); Kingma & Ba (2015), arXiv:1412.6980"

STYLES = {"SGD": (BLACK, "-"), "Momentum": (BLUE, "--"), "Nesterov": (GREEN, "-."), "RMSProp": (PURPLE, ":"),
          "Adam": (RED, (0, (5, 1)))}  # fmt: skip


def quadratic(theta: Any) -> Any:
    """A ravine: eigenvalues 1 and 25."""
    return 0.5 * (theta[0] ** 2 + 25.0 * theta[1] ** 2)


def walk(optimizer: nn.Optimizer, steps: int, at: tuple[float, float] = (-4.0, 1.0)) -> Any:
    """The places that an optimiser passes through."""
    theta, gradient = np.array(at), adkit.grad(quadratic)
    places, memory = [theta], optimizer.init(theta)
    for _ in range(steps):
        theta, memory = optimizer.update(theta, gradient(theta), memory)
        places.append(theta)
    return np.array(places)


def on_digits(optimizer: nn.Optimizer, seed: int, steps: int) -> Any:
    """The loss at each step on digits, 64-64-10."""
    x, labels, _, _ = load_digits().split()
    t, net, rng = nn.one_hot(labels, 10), nn.NETWORKS["digits-mlp"].module, np.random.default_rng((seed, 1))
    params, found = net.init(seed), []
    gradient, memory = nn.gradient_of("reverse", net, nn.softmax_cross_entropy, compile=True), optimizer.init(params)
    for _ in range(steps):
        batch = rng.integers(0, len(x), 64)
        loss, g, _ = gradient(params, {}, x[batch], t[batch])
        params, memory = optimizer.update(params, g, memory)
        found.append(float(loss))
    return np.array(found)


def main(out: Any, seed: int = 0, quick: bool = False) -> dict[str, Any]:
    """Draw the figure into a folder."""
    page = Page(__name__, seed, quick)
    page.seeds = [seed] if quick else [seed + k for k in range(3)]
    steps = 200 if quick else 600
    page.settings = f"quadratic of eigenvalues 1 and 25; digits 64-64-10 tanh, batches of 64, {steps} steps, means of the seeds"
    largest = float(np.linalg.eigvalsh(adkit.hessian(quadratic)(np.zeros(2))).max())
    page.within("largest eigenvalue of the Hessian", largest, 25, 1e-12, THEORY)
    rates = (0.5, 1.0, 1.9, 1.99, 2.01, 2.1)
    paths = {r: walk(nn.SGD(r / largest), 60) for r in rates}
    for r, path in paths.items():
        page.equal(f"rate {r} / largest eigenvalue: the loss falls along the steep axis", bool(abs(path[-1, 1]) < abs(path[0, 1])),
                   r < 2, THEORY)  # fmt: skip
    g = adkit.grad(quadratic)(np.array([-4.0, 1.0]))
    first = walk(nn.Adam(0.1), 1)
    away = np.abs(first[0] - first[1] - 0.1 * np.sign(g)).max()
    page.at_most("Adam's first step: distance from rate times the sign of the gradient", away, 1e-8, THEORY)
    by_hand = np.array([-4.0, 1.0])
    velocity = np.zeros(2)
    for _ in range(3):
        velocity = 0.9 * velocity + adkit.grad(quadratic)(by_hand)
        by_hand = by_hand - 0.02 * velocity
    away = np.abs(walk(nn.Momentum(0.02), 3)[-1] - by_hand).max()
    page.at_most("momentum: three steps, distance from those by hand", away, 1e-14, THEORY)
    ravine = {"SGD": nn.SGD(0.06), "Momentum": nn.Momentum(0.02, 0.8), "Nesterov": nn.Nesterov(0.02, 0.8),
              "RMSProp": nn.RMSProp(0.1), "Adam": nn.Adam(0.2)}  # fmt: skip
    walks = {name: walk(optimizer, 60) for name, optimizer in ravine.items()}
    heights = {name: quadratic(path[-1]) for name, path in walks.items()}
    page.at_most("momentum over SGD: height after 60 steps in the ravine", heights["Momentum"] / heights["SGD"], 0.5, THEORY)
    rules = {"SGD": nn.SGD(0.1), "Momentum": nn.Momentum(0.1), "Nesterov": nn.Nesterov(0.1), "RMSProp": nn.RMSProp(0.003),
             "Adam": nn.Adam(0.003)}  # fmt: skip
    curves = {name: np.mean([on_digits(optimizer, s, steps) for s in page.seeds], axis=0) for name, optimizer in rules.items()}
    late = {name: curve[-50:].mean() for name, curve in curves.items()}
    for name in list(rules)[1:]:
        page.at_most(f"digits: loss of the last 50 steps, {name} over SGD", late[name] / late["SGD"], 0.8, THEORY)

    left, middle, right = page.panels(1, 3)
    colours, dashes = (SOFT, GREEN, BLUE, PURPLE, RED, BLACK), (":", "-.", "-", "--", "-", "--")
    for (r, path), colour, dash in zip(paths.items(), colours, dashes, strict=True):
        left.semilogy(np.maximum(np.abs(path[:, 1]), 1e-9), color=colour, linestyle=dash, label=f"{r} / λ")
    left.set_xlabel("steps")
    left.set_ylabel("distance along the steep axis")
    left.set_ylim(1e-6, 1e3)
    caption(left, "SGD diverges from 2 / λ on")
    legend(left, loc="lower right", ncols=2)
    u, v = np.meshgrid(np.linspace(-4.6, 1.6, 160), np.linspace(-1.5, 1.5, 120))
    middle.contour(u, v, quadratic(np.stack([u, v])), levels=np.logspace(-2, 1.7, 10), colors=SOFT, linewidths=0.5)
    for name, path in walks.items():
        colour, dash = STYLES[name]
        middle.plot(*path.T, color=colour, linestyle=dash, linewidth=1.4, label=f"{name} {ravine[name].lr:g}")
    middle.plot(0, 0, "*", color=BLACK, markersize=9)
    middle.set_xlim(-4.6, 1.6)
    middle.set_ylim(-1.5, 2.6)
    middle.set_xlabel("θ₁")
    middle.set_ylabel("θ₂")
    caption(middle, "sixty steps in a ravine")
    legend(middle, ncols=2, loc="upper right")
    for name, curve in curves.items():
        colour, dash = STYLES[name]
        right.semilogy(np.arange(20, steps + 1), np.convolve(curve, np.ones(20) / 20, mode="valid"), color=colour, linestyle=dash,
                       label=f"{name} {rules[name].lr:g}")  # fmt: skip
    right.set_xlabel("steps")
    right.set_ylabel("cross-entropy, mean of 20 steps")
    caption(right, "digits")
    legend(right)
    return page.save(out)
