# %% [markdown]
# # One graph, two sweeps
#
# A program is a graph: each value is a node, each use of a value is an arrow. Put the right number on each arrow,
# and both modes of automatic differentiation become the same six lines, run along the arrows or against them.
#
# You will do both on a graph from a lecture, see every number, break the order once, and count why a million million
# paths cost no more than 160 arrows. You need the chain rule, and about 20 minutes.
#
# A question in **bold** stands before most cells. Write your answer down, then run the cell.

# %%
from collections import defaultdict
from textwrap import fill

import numpy as np

import adkit
from adkit.compare.__main__ import main as compare
from lesson import BLUE, ORANGE, plt

# %% [markdown]
# ## The graph
#
# The input $x$ feeds two paths. $f$ joins them, and $g$ is the result. (The sigmoid squeezes any number
# to between 0 and 1. Its slope is $g\,(1 - g)$.)
#
# `adkit.trace` runs a function once and writes down each value that it computes.
#
# **At $x = 0.7$: will $g$ grow or fall when $x$ grows? Guess; in a minute you will know.**

# %%
def slide(x):
    a = np.sin(x)
    b = a**2
    c = np.exp(b)
    d = c + 1
    e = np.log(d)
    h = np.cos(x)
    i = 3 * h
    j = np.tanh(i)
    f = j * e
    g = adkit.sigmoid(f)
    return g


v = {row.name: float(row.primal) for row in adkit.trace(slide)(0.7).table().rows}
print(fill("  ".join(f"{name}={value:.4f}" for name, value in v.items()), 80))

# %% [markdown]
# ## A number on each arrow
#
# An arrow goes from a value to one that is computed from it. Its number is the *local* derivative: how the head
# answers to the tail, with all else held still. For $b = a^2$ it is $2a$. For $f = j \cdot e$ there are two arrows: from
# $j$ the number is $e$, and from $e$ it is $j$.
#
# Look at the values above. **Which arrow will have the number nearest to 0?**

# %%
edges = [
    ("x", "a", np.cos(v["x"])),
    ("a", "b", 2 * v["a"]),
    ("b", "c", v["c"]),
    ("c", "d", 1.0),
    ("d", "e", 1 / v["d"]),
    ("x", "h", -np.sin(v["x"])),
    ("h", "i", 3.0),
    ("i", "j", 1 - v["j"] ** 2),
    ("j", "f", v["e"]),
    ("e", "f", v["j"]),
    ("f", "g", v["g"] * (1 - v["g"])),
]
print(fill("  ".join(f"{tail}→{head}={local:.3f}" for tail, head, local in edges), 80))

# %% [markdown]
# Arrows with their numbers, nodes with their values: find your arrow. No sweep has run yet, so both derivatives are still
# *not computed*.

# %%
adkit.trace(slide)(0.7).draw(direction="down")

# %% [markdown]
# From $i$ to $j$: at $i = 2.29$ tanh is nearly flat, and lets little through.
#
# ## Along each path, multiply; then add
#
# The chain rule says: multiply the numbers along a path, and add up the paths.
#
# **One path has a negative arrow, so it pulls $g$ down. Which path wins?**

# %%
def paths(edges, node, end, product=1.0, names=""):
    """Every path from a node to the end: its nodes, and its product."""
    if node == end:
        yield names + node, product
    for tail, head, local in edges:
        if tail == node:
            yield from paths(edges, head, end, product * local, names + node)


for names, product in paths(edges, "x", "g"):
    print(f"{names:9s} {product:12.8f}")
print(f"{'sum':9s} {sum(product for _, product in paths(edges, 'x', 'g')):12.8f}")

# %% [markdown]
# The path by way of $a$ wins, and $g$ grows: $dg/dx = 0.10477378$.
#
# ## One sweep
#
# Both paths went through $f \to g$, and we multiplied by that number twice. A sweep does it once: add up what arrives
# at a node, *then* hand on the sum.
#
# Here is all of it. `d` starts with 1 at one node. Each arrow multiplies, each node adds.
#
# **What will the number at $f$ mean? And the one at $g$?**

# %%
def sweep(edges, start):
    d = defaultdict(float)
    d[start] = 1.0
    for tail, head, local in edges:
        d[head] += local * d[tail]
    return dict(d)


forward = sweep(edges, "x")
print(fill("  ".join(f"{name}={number:.6f}" for name, number in forward.items()), 80))
print(f"dg/dx = {forward['g']:.8f}")

# %% [markdown]
# Each number is d(node)/d$x$. That was forward mode.
#
# ## A mistake: another order
#
# It relied on something that we did not say. Let us break it: the same eleven arrows, written path by path. First the
# path by way of $a$, all the way to $g$; then the one by way of $h$, as far as $f$.
#
# **Same arrows, same numbers, same sweep. What is $dg/dx$ now?**

# %%
by_a = [edge for edge in edges if edge[0] in "abcde" or edge[1] == "a"]
by_h = [edge for edge in edges if edge[0] in "hij" or edge[1] == "h"]
shuffled = [*by_a, edges[-1], *by_h]
print(" ".join(tail + head for tail, head, _ in shuffled))
wrong = sweep(shuffled, "x")
print(f"dg/dx = {wrong['g']:.8f}   at f {wrong['f']:.6f}, before {forward['f']:.6f}")

# %% [markdown]
# 0.11934013: the path by way of $a$ alone. $f$ handed on its sum before the other path had arrived. In the end $f$ itself is
# right, and nobody tells $g$. There is no error message.
#
# So: **a node hands on only when all its arrows have come in.** The order in which a program computes its values
# guarantees it. That is why a *tape*, the record that reverse mode reads back, is a list in that order.
#
# ## The other sweep
#
# Now turn each arrow around, read the list from its end, and start at $g$. The numbers on the arrows stay. The
# function stays too.
#
# **What will the number at $f$ mean this time? At which node will $0.10477378$ appear?**

# %%
turned = [(head, tail, local) for tail, head, local in reversed(edges)]
reverse = sweep(turned, "g")
print(fill("  ".join(f"{name}={number:.6f}" for name, number in reverse.items()), 80))
print(f"dg/dx = {reverse['x']:.8f}")

# %% [markdown]
# Each number is d$g$/d(node): reverse mode, by the same function. The answer stands at $x$.
#
# Below, each mode can be walked through node by node. Blue → is d(node)/d$x$, orange ← is d$g$/d(node). (Where scripts do not
# run, the picture shows the end of both walks.) In reverse mode, stop at $f$ and say what will arrive at $e$ and at $j$.
#
# **At which node will blue be $dg/dx$, at which will orange, and why must the two agree?**

# %%
adkit.trace(slide)(0.7).stepper(tangents=1.0, cotangent=1.0)

# %% [markdown]
# Blue at $g$ and orange at $x$: both are $dg/dx$.
#
# adkit puts the same numbers in a table, for any NumPy program: blue is called `tangent`, orange `cotangent`, and the
# value itself `primal`. It has no list of arrows from us: it finds them.
#
# **In which direction is the column `tangent` to be read, and in which `cotangent`?**

# %%
table = adkit.trace(slide)(0.7).table(tangents=1.0, cotangent=1.0)
print(table)
agree = [np.isclose(row.tangent, forward[row.name], rtol=1e-12) and
         np.isclose(row.cotangent, reverse[row.name], rtol=1e-12) for row in table.rows]  # fmt: skip
print("\nrows that agree with our sweeps:", sum(agree), "of", len(agree))

# %% [markdown]
# `tangent` downwards, `cotangent` upwards.
#
# ## Cut the graph anywhere
#
# Multiply blue by orange at one node. At $f$: (how $f$ answers to $x$) × (how $g$ answers to $f$).
#
# Cut the graph in two, so that each path is cut exactly once: at one of $a$ to $e$ and one of $h$ to $j$. There are
# 5 × 3 such cuts. Add up blue × orange over the cut.
#
# **How many different sums will there be? And what do you get at $a$ alone?**

# %%
through = {name: forward[name] * reverse[name] for name in forward}
print("        ", "           ".join("hij"))
for top in "abcde":
    print(top, " ", "  ".join(f"{through[top] + through[bottom]:.8f}" for bottom in "hij"))
print(f"\na alone {through['a']:.8f}   f alone {through['f']:.8f}   a, b and h {sum(through[n] for n in 'abh'):.8f}")

# %% [markdown]
# Fifteen cuts, one sum: $dg/dx$. At $a$ alone only one path is counted; at $a$, $b$ and $h$ that path is
# counted twice.
#
# Blue knows all that happened before the cut, orange all that happens after. Forward and reverse mode are the two
# extreme cuts: at the very end, and at the very beginning.
#
# ## The junction trick
#
# Two paths are no burden. But put such a fork behind itself, $k$ times:

# %%
def diamonds(k):
    """From y0 to yk: each y has two children u and w, which the next y joins."""
    edges = []
    for n in range(k):
        edges += [(f"y{n}", f"u{n}", 0.9), (f"y{n}", f"w{n}", -0.2)]
        edges += [(f"u{n}", f"y{n + 1}", 0.7), (f"w{n}", f"y{n + 1}", 1.1)]
    return edges


figure, axis = plt.subplots(figsize=(9, 1.6))
height = {"y": 0, "u": 1, "w": -1}
for tail, head, _ in diamonds(4):
    ends = [(2 * int(name[1:]) + (name[0] != "y"), height[name[0]]) for name in (tail, head)]
    axis.plot(*zip(*ends, strict=True), "o-", color="0.35", markersize=9, clip_on=False)
axis.axis("off")
plt.show()

# %% [markdown]
# At every $y$ a path can go up or down.
#
# **With four diamonds: how many paths are there, and how many arrows? And with twelve?**

# %%
counted = []
for k in range(1, 13):
    edges_k = diamonds(k)
    products = [product for _, product in paths(edges_k, "y0", f"y{k}")]
    swept = sweep(edges_k, "y0")[f"y{k}"]
    counted.append((k, len(products), len(edges_k)))
    if k in (1, 2, 4, 8, 12):
        print(f"k {k:2d}   paths {len(products):4d}   arrows {len(edges_k):2d}", end="   ")
        print(f"sum over paths {sum(products):.8f}   one sweep {swept:.8f}")

# %%
figure, axis = plt.subplots(figsize=(7, 3.4))
ks, path_counts, arrow_counts = zip(*counted, strict=True)
axis.semilogy(ks, path_counts, "s-", color=ORANGE)
axis.semilogy(ks, arrow_counts, "o-", color=BLUE)
axis.text(12.25, path_counts[-1], "paths", color=ORANGE, va="center")
axis.text(12.25, arrow_counts[-1], "arrows", color=BLUE, va="center")
axis.set(xlabel="diamonds in a row", ylabel="how many", xlim=(0.5, 13.7), xticks=ks)
axis.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# $2^k$ paths, $4k$ arrows. The paths double with each diamond, the sweep makes four more multiplications.
#
# That is the trick at a junction: $pr + qr = (p + q)\,r$. Add first, multiply once. Both modes are this one saving.
#
# A real program with 40 diamonds has $2^{40}$ paths, about a million million. **How many operations will adkit put on
# its tape?**

# %%
def chain(x, k=40):
    for _ in range(k):
        x = np.sin(x) * np.cos(x)
    return x


with adkit.count_sweeps() as counts:
    slope = adkit.grad(chain)(0.7)
print("paths     ", 2**40, "  arrows", len(diamonds(40)))
print("operations", counts.recorded_ops, "in", counts.reverse_sweeps, "sweep")
print(f"dy/dx      {slope:.10f} in reverse, {adkit.jvp(chain, (0.7,), (1.0,))[1]:.10f} forward")

# %% [markdown]
# 3 operations a diamond (sin, cos and the product), which have 4 arrows.
#
# ## How many sweeps?
#
# A forward sweep starts at one input and reaches *every* output. A reverse sweep starts at one output and reaches
# *every* input. The function below has $n$ inputs and $m$ outputs.
#
# All its derivatives, each output by each input, are its *Jacobian*.
#
# **Before you run: for 5 inputs and 2 outputs, how many starts does each mode need for the whole Jacobian?**

# %%
print("inputs  outputs  forward starts  reverse starts")
for n, m in (1, 1), (5, 2), (2, 5), (100, 1):
    A = np.arange(1.0, n * m + 1).reshape(m, n) / (n * m)
    f = lambda x, A=A: np.tanh(A @ x)
    with adkit.count_sweeps() as counts:
        ahead, back = adkit.jacfwd(f)(np.full(n, 0.1)), adkit.jacrev(f)(np.full(n, 0.1))
    assert np.allclose(ahead, back, rtol=1e-12)
    print(f"{n:6d}  {m:7d}  {counts.forward_directions:14d}  {counts.reverse_directions:14d}")

# %% [markdown]
# Exactly $n$ and exactly $m$. Our slide has one of each, so either mode would do.
#
# ## The same with letters
#
# `adkit.derive` shows both chains with formulas. `a_dot` is the number that travels forward to $a$, `a_bar` the one
# that comes back to it.
#
# **In the reverse part `x_bar` receives two contributions. What are they?**

# %%
print(adkit.derive(slide, 0.7))

# %% [markdown]
# The two paths: first −0.01456635 by way of $h$, then 0.11934013 by way of $a$. The last column is the sum so far.
#
# ## Exercise
#
# Count the paths from `start` to `end`, without walking them. There may be $2^{40}$ of them, so the list of arrows
# may be read once, not once a path. The next cell checks, and counts the readings.

# %%
class Watched(list):
    readings = 0

    def __iter__(self):
        self.readings += 1
        return super().__iter__()

# %%
def check(count_paths):
    for name, arrows, start, end, right in [
        ("the slide", edges, "x", "g", 2), ("from x to e", edges, "x", "e", 1), ("from h to e", edges, "h", "e", 0),
        ("8 diamonds", diamonds(8), "y0", "y8", 2**8), ("40 diamonds", diamonds(40), "y0", "y40", 2**40),
    ]:  # fmt: skip
        watched = Watched(arrows)
        found = count_paths(watched, start, end)
        if found is None:
            return "nothing returned yet"
        if found != right:
            return f"{name}: you found {found}, right is {right}"
        if watched.readings > 2:
            return f"{name}: {found} is right, but the arrows were read {watched.readings} times"
    return "correct: about a million million paths, counted in one sweep"

# %%
def count_paths(edges, start, end):
    return None  # your lines here


print(check(count_paths))

# %% [markdown]
# <details><summary>A hint</summary>
#
# A sweep adds, over all paths, the product of the numbers along each. Which number must stand on every arrow, so that
# each path adds exactly 1? And what does `sweep` say of a node that no path reaches?
#
# </details>
#
# Try before you go on: the answer comes next.

# %%
def count_paths_answer(edges, start, end):
    ones = [(tail, head, 1) for tail, head, _ in edges]
    return sweep(ones, start).get(end, 0)


print(check(count_paths_answer))

# %% [markdown]
# ## What you can say now
#
# - A sweep adds at each node, then multiplies: it pays for arrows, not for paths.
# - Forward and reverse are one sweep, along the arrows and against them.
# - At any cut, the sum of forward × reverse is the derivative.
#
# One more, which nothing above showed: 1 input, 10 layers of 100 units, 3 outputs, and each unit feeds all of the next
# layer. **How many paths lead to the first output? How many arrows are there? Which mode for the outputs' derivatives
# with respect to the *input*, and how many sweeps does it save?** The next cells count,
# and measure a smaller function that also has 1 input and 3 outputs.

# %%
widths = [1, *[100] * 10, 3]
layered = [((k, i), (k + 1, j), 1) for k in range(len(widths) - 1) for i in range(widths[k]) for j in range(widths[k + 1])]
print("arrows", len(layered), "  paths to the first output", sweep(layered, (0, 0))[(11, 0)])

# %% tags=["varies"]
status = compare(["tanh-affine", "--size", "1x3", "--operators", "jacobian", "--methods", "forward,reverse", "--quick",
                  "--no-progress"])  # fmt: skip

# %% [markdown]
# <details><summary>The answer</summary>
#
# $100^{10}$ paths; $100 + 9 \times 100^2 + 300 = 90\,400$ arrows. Forward: one sweep, where reverse needs 3, so it
# saves two. (Read the column `sweeps`; on functions as small as this, the times say more about Python than about sweeps.)
#
# </details>
