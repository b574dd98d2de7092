"""The layout: layers, crossings, and that nothing lies on anything, for graphs of every form."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from geometry import faults

from adkit.draw.cards import card_scene
from adkit.draw.graph import Edge, Graph, Node
from adkit.draw.layout import arrange
from adkit.draw.ordering import count_crossings, order_layers
from adkit.draw.scene import Box, Part, Scene, Text


def made_up(n: int, reach: int, seed: int) -> Graph:
    """A graph of n nodes with up to four operands each, not further back than ``reach``."""
    rng = np.random.default_rng(seed)
    nodes, edges = [], []
    for k in range(n):
        words = ["x", "logaddexp(first, second)", "a · b", "f(x)"][rng.integers(4)]
        value = [0.5, -1.23456789, np.ones((3, 4)), np.array([0.1, -0.2])][rng.integers(4)]
        node = Node(k, f"v{k}", words, "op", "op", value, np.float64(-rng.random()), None)
        nodes.append(node)
        before = range(max(0, k - reach), k)
        for s in rng.choice(before, size=min(len(before), int(rng.integers(0, 5))), replace=False) if k else []:
            edges.append(Edge(int(s), k, np.float64(-rng.random() * 10.0 ** rng.integers(-5, 5)) if rng.random() < 0.8 else None))
    return Graph("made up", nodes, edges, (True, False))


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize(("n", "reach", "seed"), [(1, 1, 0), (2, 1, 1), (9, 9, 2), (25, 6, 3), (25, 25, 4), (60, 12, 5), (60, 60, 6), (150, 8, 7)])
def test_nothing_lies_on_anything(n: int, reach: int, seed: int, direction: str) -> None:
    assert faults(card_scene(made_up(n, reach, seed), direction, "A title")) == []


def test_the_measure_finds_what_is_planted() -> None:
    scene = card_scene(made_up(9, 9, 2), "right")
    part = next(p for p in scene.parts if "node" in p.data)
    box = next(s for s in part.shapes if isinstance(s, Box))
    for shapes in ([Box(box.x + 9, box.y + 9, 40, 40, "card")], [Box(scene.w - 5, 0, 40, 40, "card")]):
        planted = Part(shapes, "", {"node": "z", "key": "z"})
        assert faults(Scene(scene.w, scene.h, [*scene.parts, planted], "")) != []
    words = next(s for s in part.shapes if isinstance(s, Text))
    label = Part([Text(words.x, words.y, "0.25", "local")])
    assert len(faults(Scene(scene.w, scene.h, [*scene.parts, label], ""))) >= 2
    over = Part([Box(box.x + box.w + 4, 0, 30, scene.h, "card")], "", {"node": "z", "key": "z"})
    assert any("passes behind" in fault for fault in faults(Scene(scene.w, scene.h, [*scene.parts, over], "")))


def test_layers_are_longest_paths_and_operands_come_before() -> None:
    graph = made_up(60, 20, 8)
    edges = [(e.source, e.target) for e in graph.edges]
    layers = arrange([(50.0, 30.0)] * 60, edges).layers
    assert all(layers[s] < layers[t] for s, t in edges)
    longest = [0] * 60
    for s, t in sorted(edges, key=lambda e: e[1]):
        longest[t] = max(longest[t], longest[s] + 1)
    assert max(layers) == max(longest)


def test_the_same_graph_gives_the_same_picture() -> None:
    first, second = [arrange([(50.0, 30.0)] * 40, [(e.source, e.target) for e in made_up(40, 40, 9).edges]) for _ in range(2)]
    assert first.boxes == second.boxes
    assert first.routes == second.routes


def test_crossings_are_counted() -> None:
    # Complete between layers of 3 and 3: 9 crossings, however they are ordered.
    downs = [[3, 4, 5]] * 3 + [[]] * 3
    assert count_crossings([[0, 1, 2], [3, 4, 5]], downs, [0, 1, 2, 0, 1, 2]) == 9


@pytest.mark.parametrize("seed", range(6))
def test_few_crossings_are_left(seed: int) -> None:
    """Between two layers of six the order is at most twice as bad as the best of all orders, and mostly the best."""
    rng = np.random.default_rng(seed)
    pairs = [(a, 6 + b) for a, b in itertools.product(range(6), range(6)) if rng.random() < 0.35]
    ups = [[a for a, b in pairs if b == k] for k in range(12)]
    downs = [[b for a, b in pairs if a == k] for k in range(12)]

    def crossings(top: tuple[int, ...]) -> int:
        place = [*top, *[0] * 6]
        mean = {b: np.mean([place[a] for a in ups[b]]) if ups[b] else 0 for b in range(6, 12)}
        for at, b in enumerate(sorted(mean, key=lambda b: mean[b])):
            place[b] = at
        columns = [sorted(range(6), key=lambda k: top[k]), sorted(range(6, 12), key=lambda k: place[k])]
        return count_crossings(columns, downs, place)

    reachable = min(crossings(top) for top in itertools.permutations(range(6)))
    found = order_layers([list(range(6)), list(range(6, 12))], ups, downs)
    assert found <= max(2 * reachable, reachable + 1)


def test_a_planar_tree_is_drawn_without_crossings() -> None:
    edges = [((k - 1) // 2, k) for k in range(1, 63)]
    assert arrange([(40.0, 20.0)] * 63, edges).crossings == 0


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        arrange([(1, 1)] * 2, [(0, 1), (1, 0)])


def test_nothing_at_all_can_be_laid_out() -> None:
    assert arrange([], []).extent == (0.0, 0.0)
