# %% [markdown]
# # Regularisation
#
# A network with more weights than examples can learn them by heart, errors of measurement and all. The loss falls to nothing,
# and what it says between the examples is nonsense.
#
# You will watch that happen, and stop it in four ways: by ending early, by pulling the weights to zero, by noise, and by
# moving the images. One recipe comes from a slide, and is wrong; you will see by how much. At the end you can say what each
# costs. About 20 minutes; the lesson on [bumps](04_universal_approximation_by_bumps.ipynb) says why a layer can be anything.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
from functools import partial

import numpy as np

import adkit
from adkit import nn
from lesson import BLUE, GREY, ORANGE, Slider, bare, plt, referee, with_rule

# %% [markdown]
# ## Learning by heart
#
# Fourteen points of a sine, measured with an error of about 0.3; forty steep units, 121 weights.
#
# **The mean squared error on the points, and the distance from the true curve: how will each go on, over 1500 steps?**

# %%
rng = np.random.default_rng(4)
x = rng.uniform(-1, 1, (14, 1))
t = np.sin(3 * x) + rng.normal(0, 0.3, x.shape)
grid = np.linspace(-1, 1, 100)[:, None]
truth = np.sin(3 * grid)
net = nn.Sequential(nn.Linear(1, 40, init=6.0), nn.Tanh(), nn.Linear(40, 1))


def train(net=net, **how):
    return nn.fit(net, nn.squared_error, (x, t), nn.Adam(0.01), epochs=1500, seed=0, test=(grid, truth), every=50,
                  progress=False, **how)  # fmt: skip


plain = train()
for row in plain.history.rows[::7]:
    print(f"step {row['step']:4d}: on the points {row['train_loss']:.2f}, from the true curve {row['test_loss']:.2f}")

# %% [markdown]
# The first falls and falls. The second falls, turns, and ends far above where it was: from there on the network learns the
# errors of measurement.
#
# ## 1. Stop in time
#
# The simplest cure: watch points that are not trained on, and keep the weights that did best on them. (Here the true curve
# plays that part; who has only data keeps some of it back.)
#
# **After how many steps will that be, roughly?**

# %%
stop = nn.EarlyStopping(patience=5)
early = train(callbacks=[stop])


def from_truth(run):
    return float(np.mean((net(run.params, grid) - truth) ** 2))


print(f"kept: the weights after {stop.best_epoch} steps; from the true curve {from_truth(early):.2f}, at the end it was "
      f"{from_truth(plain):.2f}")  # fmt: skip

# %%
figure, axis = plt.subplots()
steps = [row["step"] for row in plain.history.rows]
axis.plot(steps, [row["train_loss"] for row in plain.history.rows], color=BLUE, label="on the points")
axis.plot(steps, [row["test_loss"] for row in plain.history.rows], "--", color=ORANGE, label="from the true curve")
axis.axvline(stop.best_epoch, color=GREY, linewidth=1)
axis.set(xlabel="steps", ylabel="mean squared error", ylim=(0, None), xlim=(0, 1500))
axis.text(stop.best_epoch + 15, 0.17, "stop", color=GREY)
axis.legend()
plt.show()

# %% [markdown]
# ## 2. Small weights
#
# A curve that bends between the points needs large weights. So add $\tfrac{\lambda}{2} \sum W^2$ to the loss: *weight decay*. Its
# gradient is $\lambda W$, a pull towards zero at each step.
#
# **The slider moves $\lambda$. What will the curve look like for the largest?**

# %%
def with_decay(figure, strength):
    run = train(penalty=partial(nn.weight_decay, strength=strength)) if strength else plain
    axis = figure.subplots()
    axis.plot(grid, truth, ":", color=GREY, label="the truth")
    axis.plot(grid, net(run.params, grid), color=BLUE, label="the network")
    axis.plot(x, t, "o", color=ORANGE, label="the points")
    axis.set(ylim=(-1.8, 1.8))
    axis.legend(loc="upper left")
    return f"from the true curve {from_truth(run):.2f}"


Slider("strength of decay", [0.0, 0.001, 0.01, 0.1], with_decay, start=0)

# %% [markdown]
# Too little leaves the bends, too much flattens the curve. In between it ends ten times nearer to the truth than without,
# although it sits worse on the points.
#
# ## 3. Dropout, and a mistake on a slide
#
# In training each unit is silent with a probability $f$: no unit can rely on another. When the network is used, all speak, so
# the next layer hears more than in training, and the sum must be scaled. A slide says: *by the dropout fraction*, $f$.
#
# **A unit says 1, with $f = 0.2$. What does the next layer hear in training, on average? And with the slide's scaling?**

# %%
masks, odds = nn.all_masks(3, 0.2)
print("all", len(masks), "masks of three units, weighed by their odds:", (odds @ masks).round(6))
dropout = nn.Dropout(0.2, scale="test")
h = np.ones(3)
print("used, adkit:    ", dropout({}, h))
print("used, the slide:", 0.2 * h)

# %% [markdown]
# Four times too little. The scale is the fraction that is *kept*, $1 - f$. (Or divide by it in training, and do nothing
# later: `scale="train"`, the default.)
#
# For one linear layer the scaled network *is* the mean over all masks. **For a network with a tanh behind the dropout, too?**

# %%
w = np.array([2.0, -1.0, 1.5])
mean_of_masks = odds @ np.tanh((masks * h) @ w)
scaled = np.tanh(0.8 * h @ w)
print(f"linear: mean {odds @ ((masks * h) @ w):.6f}, scaled {0.8 * h @ w:.6f}")
print(f"tanh:   mean {mean_of_masks:.6f}, scaled {scaled:.6f}")

# %% [markdown]
# Not exactly. The scaled network is the usual answer, and cheap; `nn.monte_carlo` averages over draws instead.
#
# ## 4. More examples than there are
#
# A digit that is moved a little is the same digit. So each image is moved anew whenever it is seen.
#
# **An image of 8 × 8 pixels, moved by two whole pixels or by half of one: which will a reader still take for the same?**

# %%
image = np.zeros((8, 8))
image[1:7, 2] = image[1, 2:6] = image[4, 2:5] = 1.0
figure, axes = plt.subplots(1, 4, figsize=(8, 2.2))
for axis, (name, moved) in zip(axes, {
    "as it is": image, "half a pixel": nn.shift_images(image, 0.5, 0.5), "turned by 10°": nn.rotate_images(image, 10.0),
    "two whole pixels": nn.shift_images(image, 2.0, 2.0),
}.items(), strict=True):  # fmt: skip
    axis.imshow(moved, cmap="Greys", vmin=0, vmax=1)
    axis.set_title(name, fontsize=10)
    bare(axis)
plt.show()

# %% [markdown]
# A pixel is an eighth of the whole picture. On the digits, moves by whole pixels make a network *worse* (a reference run:
# 95.0 % down to 92.9 %); parts of a pixel do not. What is invented must be possible.
#
# ## Exercise
#
# You write the loss with decay as one function of the weights, $\tfrac12 \lambda \sum w^2$ for the decay, and its gradient by
# hand.

# %%
LAMBDA = 0.1


def decay(w):
    return 0.5 * LAMBDA * np.sum(w * w)


def check(backward):
    return referee(with_rule(decay, backward), np.array([0.5, -2.0]))

# %% [markdown]
# Write `decay_backward(inputs, g)`, from $g = dL/dy$ to $dL/dw$. The one below *pulls large and small
# weights equally hard*.

# %%
def decay_backward(inputs, g):
    (w,) = inputs
    return (g * LAMBDA * np.sign(w),)  # mend this line


print(check(decay_backward))

# %% [markdown]
# <details><summary>A hint</summary>
#
# The derivative of $w^2$ is $2w$, and the factor one half is there to meet it.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def decay_backward_answer(inputs, g):
    (w,) = inputs
    return (g * LAMBDA * w,)


print(check(decay_backward_answer))

# %% [markdown]
# ## What you can say now
#
# | cure | costs | forgets |
# |---|---|---|
# | early stopping | some examples to watch | the last steps |
# | weight decay | a number to choose | large weights |
# | dropout | longer training; the scale $1 - f$ | units that lean on each other |
# | augmentation | knowing what may be changed | what depends on the exact pixel |
#
# One more, which nothing above showed: *noise on the inputs*. A single weight, $y = w x$, with $w = 2$; to each $x$ a coin adds
# $+0.3$ or $-0.3$. **Averaged over the coin, the gradient of the squared error is that of the clean one plus $\lambda w$. For
# which $\lambda$?**

# %%
inputs, targets = np.array([0.5, -1.0, 2.0]), np.array([0.7, -1.5, 3.0])
clean = adkit.grad(lambda w: np.mean((w * inputs - targets) ** 2))(2.0)
noisy = np.mean([adkit.grad(lambda w, e=e: np.mean((w * (inputs + e) - targets) ** 2))(2.0) for e in (0.3, -0.3)])
print(f"the coin adds {noisy - clean:.4f} to the gradient, which is {(noisy - clean) / 2.0:.4f} times w")

# %% [markdown]
# <details><summary>The answer</summary>
#
# $\lambda = 2 \cdot 0.3^2 = 0.18$. The error becomes $(w x - t + w e)^2$; the mixed term vanishes on average, since the coin is
# fair, and $w^2 e^2$ stays: weight decay, with twice the variance of the noise as its strength. Noise and small weights are
# one cure, for a linear unit exactly.
#
# </details>
