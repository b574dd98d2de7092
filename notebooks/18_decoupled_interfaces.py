# %% [markdown]
# # Decoupled interfaces
#
# In backprop the first layer waits. It has long passed its output on, and may not learn until the last layer has spoken and
# every layer between has passed the word back.
#
# What if somebody *guessed* the word? You will put a small predictor between two layers, train the lower one on its guesses
# alone, see it fail where the guesser is not told enough, and watch the guesses grow true. At the end you can say what a layer
# must know to learn by itself. About 20 minutes; [modules by hand](10_modules_by_hand.ipynb) says what is passed back.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit import nn
from adkit.data import load_digits
from lesson import BLUE, GREEN, GREY, ORANGE, Slider, plt, referee, with_rule

X, labels, X_test, labels_test = load_digits().split()
T = adkit.one_hot(labels, 10)
WIDTH = 64

# %% [markdown]
# ## Nobody answers
#
# Two hidden layers and an output layer, on digits. First with no word passed down at all: the last layer learns, the two
# below stay as they were drawn.
#
# **Will the digits be read at all, with two layers that never learn?**

# %%
def layers():
    return [nn.Sequential(nn.Linear(n, WIDTH, "he"), nn.Relu()) for n in (64, WIDTH)] + [nn.Linear(WIDTH, 10)]


def train(net, steps=400, gradients=None):
    params, optimizer, losses = net.init(0), nn.Adam(1e-3), []
    memory, rng = optimizer.init(params), np.random.default_rng(1)
    for _ in range(steps):
        batch = rng.integers(0, len(X), 64)
        loss, g = (gradients or net.gradients)(params, X[batch], T[batch])
        params, memory = optimizer.update(params, g, memory)
        losses.append(float(loss))
    return params, losses

# %%
def right(net, params):
    return float(np.mean(net(params, X_test).argmax(axis=1) == labels_test))


alone = nn.Decoupled(layers(), [None, None])
params, losses_alone = train(alone)
print("test accuracy above 70 %:", right(alone, params) > 0.7, "  above 93 %:", right(alone, params) > 0.93)

# %% [markdown]
# It will: layers drawn at random still tell digits apart, and the last layer sorts out what they say. But they were not
# *made* for that.
#
# ## The answer, from above
#
# The other end is backprop: the loss of the whole, differentiated for all three layers. `Decoupled` is an ordinary module, too,
# so `value_and_grad` takes it.
#
# **How much better, after the same 400 steps?**

# %%
whole = adkit.value_and_grad(lambda p, x, t: nn.softmax_cross_entropy(alone(p, x), t))
params_backprop, losses_backprop = train(alone, gradients=whole)
print("backprop: test accuracy above 93 %:", right(alone, params_backprop) > 0.93)

# %% [markdown]
# ## A guess
#
# A *synthetic gradient* (Jaderberg et al., 2017) is a small network $M(h)$ that looks at a layer's output $h$ and says what
# $dL/dh$ will be. The layer below learns from that at once. Later the true word comes, and $M$ learns from its error: that is
# all that waits, and nobody waits for $M$.
#
# For the top layer the true word is known. **For one example of class $t$ it is $(\mathrm{softmax}(W h) - t)\, W$. What in it
# can be seen from $h$, and what can not?**

# %%
def word(W, h, t):
    return adkit.grad(lambda h: nn.softmax_cross_entropy(W @ h, t))(h)


W, h = np.array([[1.0, 0.5], [-1.0, 2.0]]), np.array([0.3, -0.2])
for name, t in ("class 0", np.array([1.0, 0.0])), ("class 1", np.array([0.0, 1.0])):
    print(f"{name}: dL/dh =", word(W, h, t).round(3))

# %% [markdown]
# The softmax part can be seen; the class can not. From the same $h$ come two opposite words.
#
# ## A mistake: to guess without the answer
#
# The first predictors are not told the class, $M(h)$. Then the others are, $M(h, t)$, as labels are at hand in training (the
# paper's *conditional* form, cDNI).
#
# **Can the first kind be of any use?**

# %%
def guessed(told, steps=400):
    predictors = [nn.SyntheticGradient(WIDTH, n_targets=10 if told else 0, hidden=(32,)) for _ in range(2)]
    net = nn.Decoupled(layers(), predictors)
    params, losses = train(net, steps)
    return net, params, losses


runs = {told: guessed(told) for told in (False, True)}
final = {"nobody answers": losses_alone, "guess, class unknown": runs[False][2], "guess, class known": runs[True][2],
         "backprop": losses_backprop}  # fmt: skip
ends = {name: float(np.mean(losses[-50:])) for name, losses in final.items()}
print("from worst to best:", ", ".join(sorted(ends, key=lambda name: -ends[name])))

# %%
figure, axis = plt.subplots(figsize=(7, 3.8))
for (name, losses), colour, dash in zip(final.items(), (GREY, ORANGE, GREEN, BLUE), (":", "-.", "--", "-"), strict=True):
    axis.plot(np.convolve(losses, np.ones(25) / 25, "valid"), dash, color=colour, label=name)
axis.set(xlabel="step", ylabel="training loss, mean of 25", yscale="log", xlim=(0, 376))
axis.legend(fontsize=10)
plt.show()

# %% [markdown]
# Told the class, layers that never hear the true word learn, too, though more slowly: after 400 steps they are where backprop
# was after about a third as many. Untold, they are hardly better off than with no answer: what $h$ shows of the class is all
# that can be guessed.
#
# ## Does the guess grow true?
#
# Compare the guess with the true word by the cosine of the angle between them: 1 is the same direction, 0 is chance.
#
# **At the start the predictor says zero. After 100 steps, in which of the two kinds is the guess nearer?**

# %%
def between(net, params, h, first, last):
    for k in range(first, last + 1):
        layer = net.layers[k - 1]
        h = layer(params[f"layer{k}"], h)
    return h


def agreement(net, params, below):
    h, t = between(net, params, X[:200], 1, below), T[:200]
    true = adkit.grad(lambda h: nn.softmax_cross_entropy(between(net, params, h, below + 1, 3), t, "sum"))(h)
    predictor = net.predictors[below - 1]
    guess = predictor(params[f"predictor{below}"], *((h, t) if predictor.n_targets else (h,)))
    size = np.linalg.norm(guess) * np.linalg.norm(true)
    return float(np.sum(guess * true) / size) if size else 0.0

# %%
def bars(figure, steps):
    found = {}
    for told in (False, True):
        net, params, _ = guessed(told, steps)
        found[told] = [agreement(net, params, below) for below in (1, 2)]
    axis = figure.subplots()
    for k, (told, colour) in enumerate(((False, ORANGE), (True, GREEN))):
        axis.bar(np.arange(2) + 0.35 * k, found[told], 0.33, color=colour, label=f"class {'known' if told else 'unknown'}")
    axis.set(xticks=[0.17, 1.17], xticklabels=["below layer 2", "below the output"], ylim=(0, 1), ylabel="cosine")
    axis.legend(loc="upper left")
    return f"with the class {'nearer' if found[True][1] > found[False][1] else 'no nearer'} to the true word"


Slider("steps", [25, 100, 400], bars, start=1)

# %% [markdown]
# The class helps both times. The lower guess grows truer, late, since its teacher is itself a guess. The upper one is good soon
# and then loses a little: the layers change, the true word with them, and the guess runs after it.
#
# The guess need not be exact. Like the random directions of [training without backprop](12_training_without_backprop.ipynb) it
# must point downhill *on the average*, and here it does so with far less noise.
#
# ## Exercise
#
# The predictor's teacher is the true word. For one example and one linear layer above it,
# $L(h) = \log\sum_k e^{(Wh)_k} - t \cdot Wh$.

# %%
t = np.array([0.0, 1.0])


def loss_of(h):
    z = W @ h
    return np.log(np.sum(np.exp(z))) - np.sum(t * z)


def check(backward):
    return referee(with_rule(loss_of, backward), np.array([0.3, -0.2]))

# %% [markdown]
# Write it by hand: from $g$ to $dL/dh$. The one below has the sign of a step, not of a gradient.

# %%
def word_backward(inputs, g):
    (h,) = inputs
    y = np.exp(W @ h) / np.sum(np.exp(W @ h))
    return (g * ((t - y) @ W),)  # mend this line


print(check(word_backward))

# %% [markdown]
# <details><summary>A hint</summary>
#
# Where the class is right and sure, $y = t$ and the gradient is 0. Where $y$ is too large for the wrong class, the loss *grows*
# with that score.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def word_backward_answer(inputs, g):
    (h,) = inputs
    y = np.exp(W @ h) / np.sum(np.exp(W @ h))
    return (g * ((y - t) @ W),)


print(check(word_backward_answer))

# %% [markdown]
# ## What you can say now
#
# - A layer needs the gradient of the loss with respect to its output, and nothing else from above.
# - A predictor of it lets the layer learn at once. It must know what the gradient depends on: the class, too.
# - The predictor learns from the true word, later.
#
# One more, which nothing above showed: the tape. **Backprop through three layers records one tape. How many reverse sweeps does
# one step of the decoupled net make, with its two predictors, and is one of them as long as backprop's?**

# %%
net, params, _ = runs[True]
for name, work in ("backprop", lambda: whole(params, X[:64], T[:64])), ("decoupled", lambda: net.gradients(params, X[:64], T[:64])):
    with adkit.count_sweeps() as counts:
        work()
    print(f"{name:9s}: sweeps {counts.reverse_sweeps}, records in all {counts.recorded_ops}")

# %% [markdown]
# <details><summary>The answer</summary>
#
# Five: one for each layer, one for each predictor, each over a few records. Together they are more than backprop's single
# sweep, and none of them is longer than one layer or one predictor: no layer has to keep its values until the others are
# done. That is what the word "decoupled" buys.
#
# </details>
