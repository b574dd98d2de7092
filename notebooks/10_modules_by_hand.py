# %% [markdown]
# # Modules by hand, and when logarithms explode
#
# A network is a chain of modules. Each knows three things: its output, how to turn $dL/dy$ into $dL/dx$, and how to turn
# it into the gradients of its own parameters. With these three, backpropagation is a loop over the chain.
#
# You will write three modules, join them to a classifier, transpose a matrix that should not be, and watch a right formula
# return `nan`. At the end you can say which two modules should always be one. You need NumPy and the chain rule, and about
# 25 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
import numpy as np

import adkit
from adkit import nn
from adkit.compare.__main__ import main as compare
from lesson import BLUE, ORANGE, PURPLE, Slider, referee, with_rule

# %% [markdown]
# ## The first module: linear
#
# $y = Wx + b$, with $x$ of 3 numbers and $y$ of 2. Write $g = dL/dy$, two numbers. Follow one arrow at a time:
#
# - $x_j$ reaches every $y_i$, with $W_{ij}$. So $dL/dx_j = \sum_i g_i W_{ij}$.
# - $W_{ij}$ reaches only $y_i$, with $x_j$. So $dL/dW_{ij} = g_i x_j$.
# - $b_i$ reaches only $y_i$, with 1.
#
# **Which shape must each of the three gradients have?**

# %%
class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward_pass(self, x):
        self.x = x  # remembered for the way back
        return self.W @ x + self.b

    def backward_pass(self, g):
        return g @ self.W

    def param_gradients(self, g):
        return {"W": np.outer(g, self.x), "b": g}

# %%
linear = Linear(np.array([[1.0, -1.0, 0.5], [0.0, 2.0, 1.0]]), np.array([0.1, -0.1]))
x, g = np.array([1.0, 2.0, 3.0]), np.array([1.0, -1.0])
print("y     ", linear.forward_pass(x))
print("dL/dx ", linear.backward_pass(g))
print("dL/dW ", linear.param_gradients(g)["W"].tolist())
print("dL/db ", linear.param_gradients(g)["b"])

# %% [markdown]
# A gradient has the shape of what it belongs to: 3 numbers for $x$, a $2 \times 3$ matrix for $W$, 2 numbers for $b$.
#
# ## A mistake that shapes don't catch
#
# Somebody remembers "and then multiply by the transpose", and writes `self.W.T` in `backward_pass`: `g @ self.W.T`.
#
# **For the $2 \times 3$ matrix, what will NumPy say? And for a square one?**

# %%
class Transposed(Linear):
    def backward_pass(self, g):
        return g @ self.W.T


try:
    layer = Transposed(linear.W, linear.b)
    layer.forward_pass(x)
    layer.backward_pass(g)
except ValueError as error:
    print("2 x 3: ValueError:", str(error)[:60])
square = np.array([[1.0, 2.0], [0.0, 1.0]])
print("square, transposed:", Transposed(square, np.zeros(2)).backward_pass(g))
print("square, right:     ", Linear(square, np.zeros(2)).backward_pass(g))

# %% [markdown]
# For a square matrix nothing complains, and the numbers are wrong. Hidden layers are often square.
#
# `with_rule` makes a function whose derivative is whatever formula we give. The `referee` runs the formula on symbols,
# and compares it with SymPy's derivative at every point. **Which of the two passes at $2 \times 2$?**

# %%
for kind in Transposed, Linear:
    layer = kind(square, np.zeros(2))
    backward = lambda inputs, g, layer=layer: (layer.backward_pass(g),)
    print(f"{kind.__name__:11s}", referee(with_rule(lambda x: square @ x, backward), np.array([0.5, -1.0])))

# %% [markdown]
# ## Two more: softmax and cross-entropy
#
# Softmax makes probabilities $p_i = e^{z_i} / \sum_k e^{z_k}$. Each $z_j$ reaches every $p_i$: $dp_i/dz_j = p_i(\delta_{ij} -
# p_j)$, where $\delta_{ij}$ is 1 if $i = j$, else 0.
#
# Cross-entropy asks how little the true class got: $L = -\sum_i t_i \log p_i$, so $dL/dp_i = -t_i / p_i$.
#
# **If the true class got $p = 0.001$, how large is its entry in $dL/dp$?**

# %%
class Softmax:
    def forward_pass(self, z):
        e = np.exp(z)
        self.p = e / np.sum(e)
        return self.p

    def backward_pass(self, g):
        s = g * self.p
        return s - self.p * np.sum(s)


class CrossEntropy:
    def forward_pass(self, p, t):
        self.p, self.t = p, t
        return -np.sum(t * np.log(p))

    def backward_pass(self):
        return -self.t / self.p

# %%
unlikely = CrossEntropy()
print(f"L {unlikely.forward_pass(np.array([0.001, 0.999]), np.array([1.0, 0.0])):.4f}   dL/dp {unlikely.backward_pass() + 0.0}")

# %% [markdown]
# −1000. Keep that in mind.
#
# ## The chain, with numbers at every node
#
# Three classes, an input of two numbers, and the second class is true. Forward from left to right, then back.
#
# **$dL/dp$ has two zeros. How many zeros will $dL/dz$ have? What does it add up to?**

# %%
first = Linear(np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]), np.zeros(3))
second, third = Softmax(), CrossEntropy()
x, t = np.array([2.0, 1.0]), np.array([0.0, 1.0, 0.0])

z = first.forward_pass(x)
p = second.forward_pass(z)
L = third.forward_pass(p, t)
dp = third.backward_pass()
dz = second.backward_pass(dp)
dx = first.backward_pass(dz)
for name, value, gradient in ("x", x, dx), ("z", z, dz), ("p", p, dp):
    print(f"{name}  {np.array2string(value, precision=4):24s} dL/d{name} {np.array2string(gradient + 0.0, precision=4)}")
print(f"L  {L:.4f}")

# %% [markdown]
# No zeros: all classes share one cake, so they add up to 0. Look at $dL/dz$ beside $p$ and $t$.
#
# **What is the formula that three lines of algebra would have given?**

# %%
print("p - t  ", np.round(p - t, 4))
print("dL/dz  ", np.round(dz, 4))
print("dL/dW\n", np.round(first.param_gradients(dz)["W"], 4))

# %% [markdown]
# $dL/dz = p - t$: what the model says, less what is true. The 1000 of $dL/dp$ has gone, for the softmax multiplies
# it by $p = 0.001$ again.
#
# `adkit.nn` has these modules, for batches too, with the lecture's names. They and the tape must agree.
#
# A chain of backward passes *is* reverse mode: one sweep back from the one loss, whatever the number of parameters. Forward mode
# takes a sweep for each parameter. **How many are there here?**

# %%
net = nn.Sequential(nn.Linear(2, 3), nn.Softmax())
net.params = {"linear1": {"W": first.W, "b": first.b}}
by_hand = net.param_gradients(nn.cross_entropy.by_hand(net.forward_pass(x[None]), t[None]))
loss = lambda params: nn.cross_entropy(net(params, x[None]), t[None])
with adkit.count_sweeps() as counts:
    by_tape, ahead = adkit.grad(loss)(net.params), adkit.jacfwd(loss)(net.params)
print(np.round(by_hand["linear1"]["W"], 4).tolist())
print("tape, modules and ours agree:", np.allclose(by_tape["linear1"]["W"], by_hand["linear1"]["W"], rtol=1e-12),
      np.allclose(by_hand["linear1"]["W"], first.param_gradients(dz)["W"], rtol=1e-12))  # fmt: skip
print("sweeps: forward", counts.forward_directions, " reverse", counts.reverse_directions)

# %% [markdown]
# ## The explosion
#
# All formulas are right. Now the model becomes sure of itself: $z = (0, \text{gap})$, and the *first* class is
# true. So $L = \log(1 + e^{\text{gap}})$, about the gap itself: nothing dramatic.
#
# **At which gap will the composed modules fail first: 30, 100, 710 or 746? How?**

# %%
def composed(gap, shift):
    z, t = np.array([0.0, gap]), np.array([1.0, 0.0])
    with np.errstate(all="ignore"):
        e = np.exp(z - np.max(z) if shift else z)
        p = e / np.sum(e)
        dp = -t / p
        s = np.where(t > 0, dp * p, 0.0)
        return -np.log(p[0]), (s - p * np.sum(s))[0]


print("  gap    loss as it stands   loss, largest z taken off   dL/dz1, likewise   exact loss")
for gap in 1.0, 30.0, 700.0, 710.0, 740.0, 746.0:
    (raw, _), (shifted, slope) = composed(gap, False), composed(gap, True)
    print(f"{gap:5.0f}   {raw:17.4f}   {shifted:25.4f}   {slope:16.4f}   {np.logaddexp(0, gap):10.4f}")

# %% [markdown]
# At 710 $e^{\text{gap}}$ is larger than any float: the loss is `inf`. Taking off the largest $z$ first changes nothing in the
# softmax, and mends that. But the gradient is `nan` all the same: $1/p_1$ is now larger than any float. At 740 the loss
# loses digits, and at 746 $p_1$ is 0, so $\log p_1$ is $-\infty$.
#
# One `nan` in one example, and after the next step every weight is `nan`. The true gradient was −1.
#
# **Here are the probabilities for two gaps. Could a better module *behind* the softmax tell them apart?**

# %%
for gap in 746.0, 1e6:
    p = adkit.softmax(np.array([0.0, gap]))
    print(f"gap {gap:9.0f}   p {p}   true loss {np.logaddexp(0, gap):.1f}")

# %% [markdown]
# No: what told them apart is lost.
#
# So make one module of the two, which never forms $p$ for the loss (the first part is called *log-sum-exp*;
# $z_t$ is the score of the true class):
#
# $$L = \log \sum_k e^{z_k} - z_t = m + \log \sum_k e^{z_k - m} - z_t, \qquad m = \max_k z_k, \qquad \frac{dL}{dz} = p - t$$
#
# **What can still overflow in it?**

# %%
def fused(z, t):
    m = np.max(z)
    return m + np.log(np.sum(np.exp(z - m))) - np.sum(t * z)


t = np.array([1.0, 0.0])
for gap in 1.0, 746.0, 1e6:
    z = np.array([0.0, gap])
    print(f"gap {gap:9.0f}   ours {fused(z, t):14.4f}   adkit {adkit.cross_entropy_logits(z, t):14.4f}   "
          f"gradient {np.round(adkit.grad(fused)(z, t), 4)}")  # fmt: skip

# %% [markdown]
# Nothing: the largest exponent is 0. `adkit.cross_entropy_logits` and `nn.SoftmaxCrossEntropy` are this module.
#
# Single and half precision fail sooner. The smallest number above 0 is $5 \cdot 10^{-324}$ in double
# precision, and $6 \cdot 10^{-8}$ in half precision. **At which gap does the latter fail?**

# %%
def first_failure(kind):
    def infinite(gap):
        e = np.exp(np.array([-gap, 0.0], dtype=kind))
        return np.isinf(np.log(e[0] / np.sum(e)))

    with np.errstate(all="ignore"):
        return next(gap for gap in range(1, 1000) if infinite(gap))


for kind in np.float64, np.float32, np.float16:
    print(f"{kind.__name__}: softmax, then log, is infinite from a gap of {first_failure(kind)}")

# %% [markdown]
# 18: $e^{-17} = 4 \cdot 10^{-8}$ is still rounded up to the smallest number, $e^{-18}$ down to 0. A gap of 18 between two logits
# (scores before a softmax) is nothing unusual.
#
# The slider shows the three losses for growing gaps.

# %%
def losses(figure, gap):
    gaps, worst = np.linspace(0, gap, 400), []
    figure.supylabel("loss")
    for axis, label, color, loss in zip(
        figure.subplots(1, 3, sharey=True),
        ("as it stands", "largest z taken off", "one module"), (ORANGE, PURPLE, BLUE),
        (lambda g: composed(g, False)[0], lambda g: composed(g, True)[0], lambda g: np.logaddexp(0, g)), strict=True,
    ):  # fmt: skip
        values = np.array([loss(g) for g in gaps])
        axis.plot(gaps, np.where(np.isfinite(values), values, np.nan), color=color, linewidth=2.5)
        axis.set(title=label, xlabel="gap", xlim=(0, 900), ylim=(0, 900), xticks=[0, 400, 800])
        worst.append(f"{label} {values[-1]:.0f}")
    return ", ".join(worst)


Slider("gap", [10, 100, 600, 720, 760, 900], losses, start=4)

# %% [markdown]
# ## Zero times infinity
#
# One term remains: a class that is not true contributes $0 \cdot \log p$. If $p = 0$ too, NumPy says `nan`. In mathematics
# $x \log x \to 0$.
#
# **What does `xlogy` say, and what slope does it have there?**

# %%
with np.errstate(all="ignore"):
    print("0 * log(0)    ", 0.0 * np.log(0.0))
print("xlogy(0, 0)   ", adkit.xlogy(0.0, 0.0))
print("slope towards p at t = 0:", adkit.grad(adkit.xlogy, 1)(0.0, 0.0))

# %% [markdown]
# Zero, and slope zero: with $t = 0$ the product is 0 for every $p > 0$, and `xlogy` keeps to that at the end.
#
# ## A part of your own
#
# In adkit a derivative is stated once, and both modes read it: `g` is a tangent on the way forward, a cotangent on the way
# back. *Swish* is $y = x\,\sigma(x)$, of slope $\sigma + y(1 - \sigma)$. Somebody remembers the sigmoid's rule, and writes
# $\sigma + y(1 - y)$.
#
# **Will forward and reverse mode disagree, and so betray the mistake?**

# %%
def swish(name, rule):
    meaning = lambda sp, x: x / (1 + sp.exp(-x))  # for the prover, in SymPy
    return adkit.elementwise(lambda x: x * adkit.sigmoid(x), rule, name=name, symbol=meaning, domain=(-3, 3))


wrong = swish("swish_wrong", lambda g, y, x: g * (adkit.sigmoid(x) + y * (1 - y)))
right = swish("swish", lambda g, y, x: g * (adkit.sigmoid(x) + y * (1 - adkit.sigmoid(x))))
for f in wrong, right:
    print(f"forward {adkit.jvp(f, (0.5,), (1.0,))[1]:.6f}   reverse {adkit.grad(f)(0.5):.6f}   {referee(f, 0.5)}")

# %% [markdown]
# No: one rule, one mistake, in both modes alike. That they agree is no proof. The referee is.
#
# ## Exercise
#
# The logistic loss of one number: $p = \sigma(z)$, $L = -t \log p - (1 - t) \log(1 - p)$, with any $t$. It has the same
# disease, and the same cure: $L = \log(1 + e^z) - t z$.
#
# Write its backward pass towards $z$ and towards $t$, from $g$: how the end result
# answers to $L$ (1 if $L$ is the end result). The prover is the judge.

# %%
def logistic_loss(z, t):
    return adkit.softplus(z) - t * z  # softplus is log(1 + e^z), without overflow


def logistic_backward(inputs, g):
    z, t = inputs
    return 0.0 * g, -g * z  # mend the first


print(referee(with_rule(logistic_loss, logistic_backward), 0.5, 0.25))

# %% [markdown]
# <details><summary>A hint</summary>
#
# It is the softmax with two classes whose logits are $z$ and 0. What was $dL/dz$ there? `adkit.sigmoid` is at hand.
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def logistic_backward_answer(inputs, g):
    z, t = inputs
    return g * (adkit.sigmoid(z) - t), -g * z


print(referee(with_rule(logistic_loss, logistic_backward_answer), 0.5, 0.25))
print(f"at z = -2000, t = 1: loss {logistic_loss(-2000.0, 1.0):.1f}, slope {adkit.grad(logistic_loss)(-2000.0, 1.0):.1f}")

# %% [markdown]
# ## What you can say now
#
# - A module needs three formulas; a gradient has the shape of what it belongs to.
# - Softmax and logarithm belong in one module: $p - t$ is exact where its two factors are 0 and infinite.
# - Right formulas can give wrong numbers. A proof speaks of mathematics; try extreme inputs too.
#
# One more, which nothing above showed: $z = W_2 \tanh(W_1 x)$ has three classes, and softmax says
# $p = (0.2, 0.5, 0.3)$; the first is true. **What is the cotangent at $z$? And for a 2-6-1 network with 25 weights: how
# many sweeps does the gradient take in each mode?**

# %%
z = np.log(np.array([0.2, 0.5, 0.3]))  # logits with that softmax
print("at z:", np.round(adkit.grad(adkit.cross_entropy_logits)(z, np.array([1.0, 0.0, 0.0])), 6))

# %% tags=["varies"]
status = compare(["xor", "--operators", "gradient", "--methods", "forward,reverse", "--quick", "--no-progress"])

# %% [markdown]
# <details><summary>The answer</summary>
#
# $p - t = (-0.8, 0.5, 0.3)$, whatever stands before $z$. 25 tangents forward, one for each weight; 1 cotangent in reverse. On a
# network as small as this the tangents travel together cheaply: look at the times. (`x hand`: that many times as long as the
# derivative written by hand.)
#
# </details>
