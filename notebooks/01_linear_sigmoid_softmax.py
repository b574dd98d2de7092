# %% [markdown]
# # Linear, sigmoid, softmax
#
# A weighted sum makes a score. A curve makes a probability of one score, and another makes probabilities of ten. These
# three are the ends of nearly every network.
#
# You will turn a line by hand, overflow a formula from a textbook, and read digits with 650 numbers. At the end you can say
# how a probability answers to a score. You need NumPy and school calculus, and about 20 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit import nn
from adkit.data import playground
from lesson import BLUE, GREY, ORANGE, Slider, bare, plt, referee, with_rule

# %% [markdown]
# ## One score: a line
#
# Two clouds of points in the plane. A linear unit gives each point a score, $z = w_1 x_1 + w_2 x_2 + b$, and says "blue" where
# $z > 0$. The border is the line $z = 0$.
#
# **Take $w = (1, 0)$ and $b = 0$: where is the border, and which way does $w$ point? Which $w$ would be best?**

# %%
points, labels = playground.gauss(200, noise=0.2, seed=3)


def scores(w, b):
    return points @ w + b


for w in (np.array([1.0, 0.0]), np.array([1.0, -1.0]), np.array([1.0, 1.0])):
    right = np.sum((scores(w, 0.0) > 0) == (labels > 0))
    print(f"w = {w}: {right} of {len(labels)} right")

# %% [markdown]
# The slider turns $w$. **How do the arrow and the border lie to one another? What happens at 225 degrees?**

# %%
def turned(figure, degrees):
    axis, angle = figure.subplots(), np.radians(degrees)
    w = np.array([np.cos(angle), np.sin(angle)])
    for sign, color, mark in (1, BLUE, "o"), (-1, ORANGE, "s"):
        axis.plot(*points[labels == sign].T, mark, color=color, markersize=4, alpha=0.8)
    along = np.array([-w[1], w[0]]) * 6
    axis.plot([-along[0], along[0]], [-along[1], along[1]], color="black")
    axis.annotate("", 2.5 * w, (0, 0), arrowprops={"arrowstyle": "-|>", "linewidth": 2})
    bare(axis)
    axis.set(xlim=(-7, 7), ylim=(-5, 5))
    return f"w = ({w[0]:.2f}, {w[1]:.2f}), {np.sum((scores(w, 0.0) > 0) == (labels > 0))} of 200 right"


Slider("degrees", [0, 45, 90, 135, 180, 225], turned, start=1)

# %% [markdown]
# The border is perpendicular to $w$. Turned by half a circle, the same line calls every point by the wrong name: $w$ says where
# "more" is.
#
# ## A probability: the sigmoid
#
# A score can be any number. $\sigma(z) = \frac{1}{1 + e^{-z}}$ squeezes it between 0 and 1.
#
# **What are $\sigma(0)$, and $\sigma(2) + \sigma(-2)$? Where is the curve steepest, and how steep?**

# %%
z = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
value, slope = adkit.jvp(adkit.sigmoid, (z,), (np.ones(5),))
print("z      ", z)
print("sigma  ", np.round(value, 4))
print("slope  ", np.round(slope, 4))
print("p(1-p) ", np.round(value * (1 - value), 4))

# %% [markdown]
# At 0, with a slope of $1/4$. The slope is $p (1 - p)$: where the unit is sure, it hardly learns (it is *saturated*).
#
# ## A mistake: two formulas from two books
#
# One book writes $\frac{1}{1 + e^{-z}}$, another $\frac{e^z}{1 + e^z}$. They are the same function.
#
# **At $z = 1000$ both should be 1. Which one is, in NumPy? What of their slopes, which should be 0?**

# %%
def first_book(z):
    return 1 / (1 + np.exp(-z))


def second_book(z):
    return np.exp(z) / (1 + np.exp(z))


with np.errstate(all="ignore"):
    for name, sigma in ("first book", first_book), ("second book", second_book), ("adkit", adkit.sigmoid):
        print(f"{name:12s} sigma(2) = {sigma(2.0):.6f}   sigma(1000) = {sigma(1000.0):.6f}   "
              f"slope there {abs(adkit.grad(sigma)(1000.0)):.6f}")  # fmt: skip

# %% [markdown]
# $e^{1000}$ is larger than any float: infinity over infinity is `nan`, "not a number", and one `nan` spoils every weight
# that it touches. Equal in mathematics is not equal in floats. `adkit.sigmoid` overflows nowhere.
#
# ## Learning: three modules and a step
#
# Score, sigmoid, loss. With the label $t$ (1 or 0) the loss is $-t \log p - (1 - t)\log(1 - p)$: how surprised the model is.
#
# Here is one point, $x = (1, 2)$ with $t = 1$, and $w = (0.5, -1)$. **Is the score positive? What will $dL/dz$ be: $p$, $p - t$ or
# $1/p$?**

# %%
def surprise(w, b):
    z = w @ np.array([1.0, 2.0]) + b
    p = adkit.sigmoid(z)
    loss = -np.log(p)
    return loss


print(adkit.trace(surprise)(np.array([0.5, -1.0]), 0.0).table(cotangent=1.0))

# %% [markdown]
# $p = 0.1824$, and $dL/dz = -0.8176 = p - t$. From there each weight gets its input's share: $-0.8176 \cdot (1, 2)$.
#
# *Gradient descent*: a step goes against the gradient. **After 50 steps from $w = (0, 0)$: which way will $w$ point?**

# %%
targets = (labels > 0).astype(float)


def loss(params):
    return np.mean(nn.logistic_loss(scores(params["w"], params["b"])[:, None], targets[:, None], "none"))


params = {"w": np.zeros(2), "b": 0.0}
for step in range(51):
    value, gradient = adkit.value_and_grad(loss)(params)
    if step in (0, 1, 10, 50):
        right = np.sum((scores(params["w"], params["b"]) > 0) == (labels > 0))
        print(f"step {step:2d}   loss {value:.3f}   w {np.round(params['w'], 2)}   right {right}")
    params = {name: params[name] - 0.5 * gradient[name] for name in params}

# %% [markdown]
# Up and to the right, from cloud to cloud. At step 0 all probabilities are $1/2$, and the loss is $\log 2$.
#
# ## Ten scores: softmax
#
# With $K$ classes there are $K$ scores. Taking the largest, *argmax*, is a decision; it has no slope. Softmax is its soft form:
# $p_i = e^{z_i / T} / \sum_k e^{z_k / T}$.
#
# $T$ is the *temperature*. **What do the probabilities become for a very small $T$? For a very large one?**

# %%
def bars(figure, T):
    axis = figure.subplots()
    p = adkit.softmax(np.array([2.0, 1.0, 0.5, -1.0]) / T)
    axis.bar(range(4), p, color=[BLUE, ORANGE, GREY, GREY])
    for place, height in enumerate(p):
        axis.text(place, height + 0.02, f"{height:.3f}", ha="center")
    axis.set(xticks=range(4), xticklabels=["z = 2", "z = 1", "z = 0.5", "z = -1"], ylim=(0, 1.1), ylabel="p")
    return "p = " + ", ".join([f"{v:.3f}" for v in p])


Slider("temperature", [0.1, 0.3, 1.0, 3.0, 10.0], bars, start=2)

# %% [markdown]
# Small: the largest takes all. Large: everyone gets the same.
#
# **Three more predictions.** What do all $p$ add up to? What changes if 100 is added to every score? With two classes, which
# familiar function of $z_1 - z_2$ is $p_1$?

# %%
z = np.array([2.0, 1.0, 0.5, -1.0])
p = adkit.softmax(z)
print("sum          ", round(p.sum(), 12))
print("100 added    ", np.allclose(adkit.softmax(z + 100.0), p, rtol=1e-12))
two = adkit.softmax(np.array([1.2, 0.4]))
print(f"two classes   {two[0]:.6f}, sigmoid(0.8) = {adkit.sigmoid(0.8):.6f}")
print("ten classes, all alike: loss", round(-np.log(adkit.softmax(np.zeros(10))[3]), 6), "= log 10")

# %% [markdown]
# ## 650 numbers that read digits
#
# 64 pixels, ten scores: a linear layer with $64 \times 10$ weights and 10 biases, then softmax. `adkit.nn` has it, with its data.
#
# **Each class has an image of weights. What will that of 0 look like?**

# %%
network = nn.NETWORKS["digits-softmax"]
trained = network.train(epochs=15)
W = trained.params["linear1"]["W"]
print("numbers to learn:", network.parameters())
print("more than 94 % of the test images right:", network.scores(trained.params)["test_accuracy"] > 0.94)
figure, axes = plt.subplots(1, 10, figsize=(10, 1.5))
for digit, axis in enumerate(axes):
    axis.imshow(W[digit].reshape(8, 8), cmap="PuOr_r", vmin=-np.abs(W).max(), vmax=np.abs(W).max())
    axis.set_title(digit)
    axis.axis("off")
plt.show()

# %% [markdown]
# Orange: ink there speaks for the class. Purple: ink speaks against it, as in the hole of the 0.
#
# ## Exercise
#
# You saw the sigmoid's slope, $p(1 - p)$. Now $\tanh$, whose values lie between $-1$ and 1: $\tanh z = 2\sigma(2z) - 1$. Write its
# slope, from its own value $y = \tanh z$. The prover is the judge, for all $z$.

# %%
def tanh_backward(inputs, g):
    y = np.tanh(inputs[0])
    return (g * y * (1 - y),)  # the sigmoid's: mend it


print(referee(with_rule(np.tanh, tanh_backward), 0.5))

# %% [markdown]
# <details><summary>A hint</summary>
#
# The slope of $2\sigma(2z) - 1$ is $4 p (1 - p)$, with $p = \sigma(2z) = (1 + y)/2$. Put that in.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def tanh_backward_answer(inputs, g):
    y = np.tanh(inputs[0])
    return (g * (1 - y * y),)


print(referee(with_rule(np.tanh, tanh_backward_answer), 0.5))

# %% [markdown]
# ## What you can say now
#
# - A linear unit's border is perpendicular to its weights.
# - The sigmoid's slope is $p(1-p)$, at most $1/4$; softmax is its form for many classes.
# - Through sigmoid or softmax, the loss reaches the score as $p - t$.
#
# One more, which nothing above showed: three equal scores, at temperature $T = 2$. **How does $p_1$ answer to $z_1$, and how to
# $z_2$? What does each row of that Jacobian add up to?**

# %%
J = adkit.jacobian(lambda z: adkit.softmax(z / 2.0))(np.zeros(3))
print(np.round(J, 4))
print("rows add up to", np.abs(np.round(J.sum(axis=1), 12)))

# %% [markdown]
# <details><summary>The answer</summary>
#
# $\frac{1}{T} p_1 (1 - p_1) = \frac12 \cdot \frac13 \cdot \frac23 = 0.1111$, and
# $-\frac{1}{T} p_1 p_2 = -0.0556$. Each row adds up to 0: the same added to all scores changes nothing.
# The next lesson: [what no line can do](02_xor_by_folding_space.ipynb).
#
# </details>
