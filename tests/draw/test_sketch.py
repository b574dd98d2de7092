"""Networks drawn in the lecture's two styles: one graph, equal edges, the right weights."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from geometry import faults, sketch_faults

from adkit import nn
from adkit.draw import draw
from adkit.draw.scene import Circle, Part, Path, Scene, Text

NETWORKS: dict[str, Any] = {
    "circle": lambda: nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1), nn.Tanh()),
    "slide": lambda: nn.slide_graph(3, 4, 2),
    "residual": lambda: nn.Graph({"inner": (nn.Linear(2, 2), "x"), "bent": (nn.Relu(), "inner"), "y": (nn.Add(), "bent", "x")}),
    "branches": lambda: nn.Graph({"a": (nn.Linear(3, 2), "x"), "b": (nn.Tanh(), "x"), "c": (nn.Softplus(), "x"), "y": (nn.Concat(), "a", "b", "c")}),
    "wide": lambda: nn.Sequential(nn.Linear(64, 100), nn.Relu(), nn.BatchNorm(100), nn.Dropout(0.5), nn.Linear(100, 10), nn.Softmax()),
    "nested": lambda: nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.Relu()), nn.Graph({"a": (nn.Linear(3, 3), "x"), "b": (nn.Add(), "a", "x")})),
    "one": lambda: nn.Linear(3, 2),
    "dueling": lambda: nn.dueling_head(4, 3),
}  # fmt: skip


def edges(svg: str) -> set[str]:
    return {g.attrib["data-edge"] for g in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g") if "data-edge" in g.attrib}


@pytest.mark.parametrize("name", NETWORKS)
def test_one_graph_two_styles_equal_edges(name: str) -> None:
    """LECTURE.md, row 2."""
    net = NETWORKS[name]()
    sketch, cards = draw(net, style="network"), draw(net, style="graph")
    assert edges(sketch.svg) == edges(cards.svg) == {f"{a}->{b}" for a, b in sketch.graph.names()}
    assert sketch.graph.names() == cards.graph.names()
    if isinstance(net, nn.Graph):
        assert set(sketch.graph.names()) == set(net.edges())
    drawn = {p.data["node"] for p in sketch.scene.parts if "node" in p.data}
    assert drawn == {n.name for n in sketch.graph.nodes}


def test_row_25_the_slides_graph_has_its_nodes() -> None:
    graph = nn.slide_graph().draw().graph
    kinds: dict[str, int] = {}
    for node in graph.nodes:
        kinds[node.op] = kinds.get(node.op, 0) + 1
    assert kinds == {"input": 1, "linear": 5, "sigmoid": 3, "relu": 1, "sum": 1}
    assert len(graph.edges) == 11


@pytest.mark.parametrize("values", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_lies_on_anything(name: str, values: bool) -> None:
    net = NETWORKS[name]().initialize(0)
    n = {"circle": 2, "residual": 2, "wide": 64, "nested": 2, "dueling": 4}.get(name, 3)
    x = np.linspace(-1, 1, n)
    picture = net.draw(x=x, title="A network") if values else net.draw()
    assert sketch_faults(picture.scene) == []
    if values:
        y = net(net.params, x)
        np.testing.assert_allclose(picture.graph.nodes[-1].value, y)
    assert faults(net.draw(style="graph").scene) == []


def test_the_measure_of_a_sketch_finds_what_is_planted() -> None:
    scene = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).draw().scene
    disc = next(s for p in scene.parts for s in p.shapes if isinstance(s, Circle))
    for planted in (Circle(disc.x + 9, disc.y, disc.r, "card"), Text(disc.x, disc.y, "much too long", "head", size=9),
                    Path([(disc.x - 40, disc.y), (disc.x + 40, disc.y + 1)], bent=False)):  # fmt: skip
        extra = Part([planted], "", {"edge": "a->b"})
        assert sketch_faults(Scene(scene.w, scene.h, [*scene.parts, extra], "")) != []


def test_weights_are_drawn_by_sign_and_size() -> None:
    layer = nn.Linear(2, 2)
    params = {"W": np.array([[1.0, -0.5], [0.0, 0.25]]), "b": np.zeros(2)}
    picture = layer.draw(params=params)
    part = next(p for p in picture.scene.parts if "edge" in p.data)
    found = {(round(s.points[0][1]), round(s.points[-1][1])): s for s in part.shapes if isinstance(s, Path)}
    ys = sorted({y for y, _ in found})
    assert [found[ys[i], sorted({z for _, z in found})[j]].kind for j in range(2) for i in range(2)] == ["plus", "minus", "plus", "plus"]
    strongest, negative = found[ys[0], sorted({z for _, z in found})[0]], found[ys[1], sorted({z for _, z in found})[0]]
    assert strongest.weight > negative.weight
    assert negative.dashed
    assert not strongest.dashed


def test_a_network_without_known_lengths_asks_for_an_example() -> None:
    with pytest.raises(ValueError, match=r"how long the input 'x'.*module.draw\(x="):
        nn.Tanh().draw()
    assert nn.Tanh().draw(x=np.zeros(3)).graph.nodes[-1].units == 3


def test_weights_are_not_made_up() -> None:
    net = nn.Linear(2, 2)
    kinds = {s.kind for p in net.draw().scene.parts if "edge" in p.data for s in p.shapes}
    assert kinds == {"edge"}


def test_the_networks_style_is_for_networks() -> None:
    import adkit

    with pytest.raises(TypeError, match="for modules of adkit"):
        adkit.trace(np.sin)(0.5).draw(style="network")
    with pytest.raises(ValueError, match="style must be graph or network"):
        nn.Linear(1, 1).draw(style="sketch")
    with pytest.raises(TypeError, match=r"int is none of what can be drawn: adkit.trace"):
        draw(3)
