# %% [markdown]
# # The practical clinic
#
# A network that does not learn says nothing. The loss just stays where it is, and everything can be the cause.
#
# Four patients come in. Each has another illness, and each illness leaves a trace in numbers that you can ask for: how many
# units are dead, how the gradient changes from layer to layer, how large a step is. A fifth looks healthy and is not. At the
# end you can say which question to ask first. About 20 minutes; [modules by hand](10_modules_by_hand.ipynb) says what a
# module is.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit import nn
from adkit.data import load_digits
from lesson import BLUE, ORANGE, Slider, plt, referee, with_rule

X, labels, _, _ = load_digits().split()
T = adkit.one_hot(labels, 10)

# %% [markdown]
# ## Patient 1: the loss stands still after a good start
#
# Two layers of relu units, learning rate 2. The first steps were large; since then nothing.
#
# **A relu passes a gradient where its input is positive. What if it is positive for no image at all?**

# %%
def trained(activation, rate, steps=20):
    net = nn.Sequential(nn.Linear(64, 64, init="he"), activation(), nn.Linear(64, 64, init="he"), activation(),
                        nn.Linear(64, 10))  # fmt: skip
    params, optimizer = net.init(0), nn.SGD(rate)
    gradient = adkit.grad(lambda p: nn.softmax_cross_entropy(net(p, X), T))
    for _ in range(steps):
        params, _ = optimizer.update(params, gradient(params), {})
    return net, params


for activation, rate in (nn.Relu, 2.0), (nn.Relu, 0.1), (nn.LeakyRelu, 2.0):
    found = nn.dead_units(*trained(activation, rate), X)
    much = "more than half" if found.numbers["fraction"] > 0.5 else "less than a tenth"
    print(f"{activation.__name__:9s} rate {rate}: {much} of the units are dead; {'well' if found.ok else 'ill'}")

# %% [markdown]
# One step that is too large pushes a unit so far that no image reaches it any more. Then its gradient is 0, for ever: no later
# step brings it back. A smaller rate prevents it. A leaky relu cannot die, since it passes a little everywhere.
#
# Each bar is one unit; its height says how many of the images pass. **From which rate on do units die?**

# %%
def activity(figure, rate):
    found = nn.dead_units(*trained(nn.Relu, rate, 8), X)
    for axis, (name, passing) in zip(figure.subplots(2, 1), found.numbers["activity"].items(), strict=True):
        axis.bar(range(64), np.sort(passing)[::-1], color=BLUE)
        axis.set(ylim=(0, 1), xlim=(-1, 64), ylabel=name, xticks=[])
    figure.supylabel("share of images that pass")
    return "many units are dead" if found.numbers["dead"] > 6 else "few units are dead, or none"


Slider("learning rate", [0.1, 0.5, 2.0], activity, size=(7, 3.6))

# %% [markdown]
# ## Patient 2: the last layer learns, the first does not
#
# Six layers of a hundred sigmoid units; then the same with *batch normalisation*, which gives each score mean 0 and variance 1
# over the images before the sigmoid. **A sigmoid's slope is at most 1/4. How much of the last layer's gradient reaches the
# first?**

# %%
def deep(normalised):
    modules = []
    for n in (64, 100, 100, 100, 100, 100):
        modules += [nn.Linear(n, 100), *([nn.BatchNorm(100)] if normalised else []), nn.Sigmoid()]
    return nn.Sequential(*modules, nn.Linear(100, 10))


flows = {}
for name, normalised in ("plain", False), ("with batch normalisation", True):
    net = deep(normalised)
    loss = lambda p, net=net: nn.softmax_cross_entropy(net(p, X[:200], training=True), T[:200])
    flows[name] = nn.gradient_flow(adkit.grad(loss)(net.init(0)))
    print(f"{name}: {flows[name].verdict.split(':')[0]}, first / last about {flows[name].numbers['ratio']:.0e}")

# %%
figure, axis = plt.subplots()
for (name, flow), colour, dash in zip(flows.items(), (ORANGE, BLUE), ("--", "-"), strict=True):
    axis.plot(range(1, 8), list(flow.numbers["size"].values()), "o" + dash, color=colour, label=name)
axis.set(yscale="log", xlabel="layer", ylabel="root mean square of dL/dW")
axis.legend()
plt.show()

# %% [markdown]
# About a ten-thousandth, a *vanishing gradient*: six factors of at most 1/4, times the weights. The first layer would need ten
# thousand times as many steps. Batch normalisation keeps the signals where the sigmoid is steep; relus with He's weights, or
# wires around the layers, do as well.
#
# ## Patient 3: is the learning rate right?
#
# Compare a step with what it changes: the norm of the update over the norm of the weights. About a thousandth is right.
#
# **Three rates: 0.00001, 0.01 and 10. Which verdicts?**

# %%
net = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
params = net.init(0)
slopes = adkit.grad(lambda p: nn.softmax_cross_entropy(net(p, X), T))(params)
for rate in 1e-5, 1e-2, 10.0:
    moved, _ = nn.SGD(rate).update(params, slopes, {})
    print(f"rate {rate:g}: {nn.update_ratio(params, moved).verdict.split(' in ')[0].split(':')[0]}")

# %% [markdown]
# ## Patient 4: nothing helps
#
# No unit is dead, no gradient vanishes, the steps are of the right size. Then give it an exam that every healthy network
# passes: *ten images, to be learned by heart*. Whoever fails has no weak memory, but an error in the gradient.
#
# This patient's softmax layer has the backward pass of a [slide](09_find_the_bug_on_the_slide.ipynb): $s - \sum s_i$, with a
# $y$ forgotten. **Will it pass, with 400 steps for ten images?**

# %%
class SlideSoftmax(nn.Softmax):
    def input_gradients(self, params, dL_dy, memory):
        s = dL_dy * memory.y
        return (s - s.sum(axis=-1, keepdims=True),)


for softmax in nn.Softmax, SlideSoftmax:
    net = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10), softmax())
    exam = nn.overfit_check(net, nn.cross_entropy, X, T, by_hand=True)
    print(f"{softmax.__name__:12s}: {exam.verdict.split(':')[0]}")

# %% [markdown]
# The exam costs a second, and comes first in the clinic: before any tuning.
#
# ## Patient 5 looks healthy
#
# Here the leaky relu's own backward pass is wrong. Forwards it leaks a tenth, $y = 0.1 x$ for negative $x$; backwards its
# author forgot that, and passes nothing. **Will the exam notice?**

# %%
def leaky(x):
    return np.where(x > 0, x, 0.1 * x)


def leaky_backward(inputs, g):
    (x,) = inputs
    return (np.where(x > 0, g, 0.0),)


class Forgetful(nn.LeakyRelu):
    def input_gradients(self, params, dL_dy, memory):
        return leaky_backward(memory.xs, dL_dy)


net = nn.Sequential(nn.Linear(64, 32, init="he"), Forgetful(0.1), nn.Linear(32, 10))
print("exam:   ", nn.overfit_check(net, nn.softmax_cross_entropy, X, T, by_hand=True).verdict.split(":")[0])
print("referee:", referee(with_rule(leaky, leaky_backward), -0.5))

# %% [markdown]
# Passed: half a gradient is still downhill. It learns, only worse, and nobody will ever ask. That is the mistake in relying on
# the exam alone: it finds what is upside down, not what is a little wrong. The prover finds that too.
#
# ## Exercise
#
# Cure patient 5. The referee proves what you write, on both sides of the kink.

# %%
def check(backward):
    verdicts = [referee(with_rule(leaky, backward), at) for at in (-0.5, 0.7)]
    return "correct" if verdicts == ["proved", "proved"] else next(v for v in verdicts if v != "proved")

# %% [markdown]
# Write `leaky_backward_cured(inputs, g)`.

# %%
def leaky_backward_cured(inputs, g):
    (x,) = inputs
    return (np.where(x > 0, g, 0.0),)  # mend this line


print(check(leaky_backward_cured))

# %% [markdown]
# <details><summary>A hint</summary>
#
# The function is a line on each side. Its slope on the negative side is not 0.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def leaky_backward_answer(inputs, g):
    (x,) = inputs
    return (np.where(x > 0, g, 0.1 * g),)


print(check(leaky_backward_answer))

# %% [markdown]
# ## What you can say now
#
# | you see | ask | it may be |
# |---|---|---|
# | nothing helps | `overfit_check` | an error in the gradient, the data or the loss |
# | a good start, then nothing | `dead_units` | a rate that was too large |
# | only the last layers learn | `gradient_flow` | saturated units, bad initial weights |
# | slow, or wild | `update_ratio` | the learning rate |
#
# And a gradient written by hand goes to the prover.
#
# One more, which nothing above showed. Thirty relu layers, weights drawn with standard deviation 0.01, so each shrinks what
# passes; $dL/dW$ is the signal that came in, times the cotangent that came back. **What will `gradient_flow` say, is it right,
# and with He's weights?**

# %%
for init in 0.01, "he":
    modules = [part for _ in range(30) for part in (nn.Linear(64, 64, init=init), nn.Relu())]
    net = nn.Sequential(*modules, nn.Linear(64, 10))
    loss = lambda p, net=net: nn.softmax_cross_entropy(net(p, X[:100]), T[:100])
    flow = nn.gradient_flow(adkit.grad(loss)(net.init(0)))
    print(f"init {init}: {flow.verdict.split(':')[0]}; the largest dL/dW is about {max(flow.numbers['size'].values()):.0e}")

# %% [markdown]
# <details><summary>The answer</summary>
#
# It says healthy both times, and with 0.01 that is wrong. Each layer makes the signal about a twentieth of what it was, on the
# way there and on the way back. So the last layer's gradient, made of a signal that has died on the way there, is as small as
# the first one's, and their ratio is fine. He's weights keep the size of both. A verdict compares two layers: look at the
# numbers themselves, `.numbers["size"]`, too.
#
# </details>
