"""What the tests measure on a scene: where cards, lines and texts are, and whether any two meet that should not."""

from __future__ import annotations

from adkit.draw.scene import Box, Circle, Path, Scene, Text, width
from adkit.draw.svg import handles, segments

Rect = tuple[float, float, float, float]


def cards(scene: Scene) -> dict[str, Rect]:
    """The card of each node: the rectangle around its boxes."""
    found = {}
    for part in scene.parts:
        if "node" in part.data:
            boxes = [s for s in part.shapes if isinstance(s, Box)]
            discs = [s for s in part.shapes if isinstance(s, Circle)]
            corners = [(b.x, b.y, b.x + b.w, b.y + b.h) for b in boxes]
            corners += [(c.x - c.r, c.y - c.r, c.x + c.r, c.y + c.r) for c in discs]
            xs, ys, xe, ye = zip(*corners, strict=True)
            found[part.data["key"]] = (min(xs), min(ys), max(xe), max(ye))
    return found


def points(path: Path, steps: int = 12) -> list[tuple[float, float]]:
    """Points along a line, bends included."""
    found = [path.points[0]]
    for a, b, bent in segments(path):
        p, q = handles(path, *a, *b) if bent else (a, b)
        for k in range(1, steps + 1):
            t = k / steps
            w = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            found.append(tuple(sum(wi * x[j] for wi, x in zip(w, (a, p, q, b), strict=True)) for j in (0, 1)))
    return found


def lines(scene: Scene) -> list[tuple[str, Path]]:
    return [(part.data["edge"], s) for part in scene.parts if "edge" in part.data for s in part.shapes if isinstance(s, Path)]


def texts(scene: Scene) -> list[tuple[Text, Rect]]:
    """Each text with the room that it takes."""
    found = []
    for part in scene.parts:
        for s in part.shapes:
            if isinstance(s, Text):
                wide = width(s.words, s.size)
                x = s.x - {"start": 0, "middle": wide / 2, "end": wide}[s.anchor]
                found.append((s, (x, s.y - 0.76 * s.size, x + wide, s.y + 0.2 * s.size)))
    return found


def overlap(a: Rect, b: Rect, least: float = 0.0) -> bool:
    return min(a[2], b[2]) - max(a[0], b[0]) > least and min(a[3], b[3]) - max(a[1], b[1]) > least


def faults(scene: Scene) -> list[str]:
    """Cards that overlap, lines that pass behind a card, texts that leave their card or meet another."""
    found = []
    at = cards(scene)
    keys = list(at)
    for k, a in enumerate(keys):
        found += [f"cards {a} and {b} overlap" for b in keys[k + 1 :] if overlap(at[a], at[b])]
        x, y, xe, ye = at[a]
        if x < 0 or y < 0 or xe > scene.w or ye > scene.h:
            found.append(f"card {a} leaves the picture")
    for name, path in lines(scene):
        for x, y in points(path)[1:-1]:
            for key, (x0, y0, x1, y1) in at.items():
                # A stack's shadow lies 6 to the right of and below its card, and over the beginning of its own lines.
                if x0 + 7 < x < x1 - 7 and y0 + 7 < y < y1 - 7:
                    found.append(f"line {name} passes behind card {key} at ({x:.0f}, {y:.0f})")
                    break
    words = texts(scene)
    for k, (s, a) in enumerate(words):
        found += [f"texts {s.words!r} and {t.words!r} overlap" for t, b in words[k + 1 :] if overlap(a, b, 1.0)]
        if a[0] < 0 or a[2] > scene.w or a[1] < 0 or a[3] > scene.h:
            found.append(f"text {s.words!r} leaves the picture")
        if s.kind == "local":
            found += [f"label {s.words!r} lies on card {key}" for key, b in at.items() if overlap(a, b, 1.0)]
    for part in scene.parts:
        if "node" in part.data:
            x, y, xe, ye = at[part.data["key"]]
            for s, a in texts(Scene(0, 0, [part], "")):
                if a[0] < x or a[2] > xe or a[1] < y or a[3] > ye:
                    found.append(f"text {s.words!r} leaves its card")
    return found


def sketch_faults(scene: Scene) -> list[str]:
    """In a sketch of circles: circles or texts that overlap, a text outside its circle, a line through a circle or a name."""
    found = []
    discs = [s for part in scene.parts for s in part.shapes if isinstance(s, Circle) and s.kind == "card"]
    for k, a in enumerate(discs):
        if a.x - a.r < 0 or a.y - a.r < 0 or a.x + a.r > scene.w or a.y + a.r > scene.h:
            found.append(f"circle {k} leaves the picture")
        found += [f"circles {k} and {b.x, b.y} overlap" for b in discs[k + 1 :] if (a.x - b.x) ** 2 + (a.y - b.y) ** 2 < (a.r + b.r) ** 2]
    words = texts(scene)
    for k, (s, a) in enumerate(words):
        found += [f"texts {s.words!r} and {t.words!r} overlap" for t, b in words[k + 1 :] if overlap(a, b, 1.0)]
        if a[0] < 0 or a[2] > scene.w or a[1] < 0 or a[3] > scene.h:
            found.append(f"text {s.words!r} leaves the picture")
        at = [d for d in discs if (d.x - s.x) ** 2 + (d.y - s.y) ** 2 < d.r**2]
        if at and (a[0] < at[0].x - at[0].r - 1 or a[2] > at[0].x + at[0].r + 1):
            found.append(f"text {s.words!r} leaves its circle")
    names = [(s, a) for s, a in words if s.kind in ("head", "note", "title") and s.size >= 12 and len(s.words) > 1]
    for name, path in lines(scene):
        inner = path.points[0][0] == path.points[-1][0]  # the border inside a circle
        for x, y in [] if inner else points(path, 40)[1:-1]:
            if any((d.x - x) ** 2 + (d.y - y) ** 2 < (d.r - 1.5) ** 2 for d in discs):
                found.append(f"line {name} passes through a circle at ({x:.0f}, {y:.0f})")
                break
            hit = [s.words for s, a in names if a[0] < x < a[2] and a[1] < y < a[3]]
            if hit:
                found.append(f"line {name} passes through the name {hit[0]!r}")
                break
    return found
