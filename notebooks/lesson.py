"""What the lessons share: colours that everyone can tell apart, and pictures under a slider.

Importing it prepares Matplotlib: white paper in light and in dark pages, and type that can be read.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
from PIL import Image  # Matplotlib brings it

import adkit
from adkit.testing import assert_proved

__all__ = ["BLUE", "GREEN", "GREY", "ORANGE", "PURPLE", "Slider", "bare", "referee", "with_rule"]

# Wong (2011), darkened where text is written in them: they differ for every kind of colour vision, and in grey.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#B04A00", "#00735C", "#8E4585", "#555555"

plt.rcParams.update({
    "figure.facecolor": "white", "savefig.facecolor": "white", "font.size": 12, "figure.figsize": (7, 3.4),
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False, "figure.dpi": 90,
})  # fmt: skip


def bare(axis: Any) -> None:
    """Take the frame and the ticks from a picture of points in the plane, and give both axes one scale."""
    axis.set(xticks=[], yticks=[], aspect="equal")
    for side in axis.spines.values():
        side.set_visible(False)


def with_rule(value: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the given value whose derivative is whatever formula is given, right or wrong: ``backward(inputs, g)``."""
    f = adkit.custom_vjp(value)
    f.defvjp(lambda *inputs: (value(*inputs), inputs), backward)
    return f


def referee(f: Callable[..., Any], *args: Any) -> str:
    """What the prover says of the derivatives of ``f``: ``proved``, or a pair of numbers that should be equal."""
    try:
        assert_proved(f, *args)
    except AssertionError as error:
        point = re.search(r"gives (\S+), it should be ([^\s,;]+)", str(error))
        return f"wrong: the rule gives {point[1]}, right is {point[2]}" if point else f"wrong: {error}"
    except adkit.DerivativeError as error:
        return f"wrong: {error}"
    return "proved"


class Slider:
    """Pictures under a slider, one for each value, in one piece of HTML that needs no network and no server.

    Parameters
    ----------
    name : what the slider changes.
    values : the values, one a picture.
    draw : ``draw(figure, value)`` draws a picture, and returns the words that stand beneath it.
    start : the number of the picture that is shown first, and alone where scripts do not run.
    size : of a picture, in inches.
    """

    def __init__(self, name: str, values: Sequence[Any], draw: Callable[[Any, Any], str], start: int = 0,
                 size: tuple[float, float] = (7, 3.4)) -> None:  # fmt: skip
        self.name, self.values, self.start = name, list(values), start
        self.words: list[str] = []
        self.pictures: list[str] = []
        for value in self.values:
            figure = plt.figure(figsize=size, layout="constrained")
            self.words.append(draw(figure, value))
            stream = io.BytesIO()
            figure.savefig(stream, format="png", dpi=90)
            plt.close(figure)
            small = io.BytesIO()
            Image.open(stream).convert("RGB").quantize(64).save(small, format="png", optimize=True)
            self.pictures.append("data:image/png;base64," + base64.b64encode(small.getvalue()).decode("ascii"))

    def __repr__(self) -> str:
        """What stands beneath each picture: all that a text shows of them."""
        return "\n".join([f"{self.name} = {value}: {words}" for value, words in zip(self.values, self.words, strict=True)])

    def _repr_html_(self) -> str:
        mark = "slider-" + hashlib.sha256(repr(self).encode()).hexdigest()[:10]
        frames = [{"value": str(v), "words": w, "picture": p}
                  for v, w, p in zip(self.values, self.words, self.pictures, strict=True)]  # fmt: skip
        data = json.dumps({"mark": mark, "name": self.name, "start": self.start, "frames": frames}).replace("</", "<\\/")
        first = html.escape(self.words[self.start])
        return (
            f'<figure data-slider="{mark}" style="margin:0;max-width:46em">'
            f'<img alt="{first}" src="{self.pictures[self.start]}" style="max-width:100%;border-radius:4px">'
            f'<figcaption aria-live="polite">{html.escape(f"{self.name} = {self.values[self.start]}")}: {first}</figcaption>'
            f"</figure><script>({_SCRIPT})({data})</script>"
        )


# The control is made by the script, so that a page without scripts shows a picture and no control that does nothing.
_SCRIPT = """function (data) {
  document.querySelectorAll('[data-slider="' + data.mark + '"]').forEach(function (figure) {
    if (figure.querySelector("input")) return;
    var image = figure.querySelector("img"), caption = figure.querySelector("figcaption");
    var label = document.createElement("label"), input = document.createElement("input");
    label.textContent = data.name + " ";
    input.type = "range"; input.min = 0; input.max = data.frames.length - 1; input.step = 1; input.value = data.start;
    input.style.cssText = "width:60%;vertical-align:middle;touch-action:manipulation";
    input.addEventListener("input", function () {
      var frame = data.frames[+input.value];
      image.src = frame.picture; image.alt = frame.words;
      caption.textContent = data.name + " = " + frame.value + ": " + frame.words;
      input.setAttribute("aria-valuetext", data.name + " " + frame.value);
    });
    input.addEventListener("keydown", function (event) { event.stopPropagation(); });
    label.appendChild(input);
    figure.insertBefore(label, image);
  });
}"""
