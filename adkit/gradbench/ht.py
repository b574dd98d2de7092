"""ht: hand tracking, the distance of points from the surface of a posed hand; a compressed Jacobian.

All 26 pose parameters reach every residual: 26 tangents, in one batch.  The two barycentric coordinates of a point reach
its own residual alone, so one tangent serves those of all points at once: two more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..forward import jacfwd
from .evaluation import Evaluation
from .fields import Fields, InputError

__all__ = ["FUNCTIONS", "Hand", "jacobian", "objective"]

ANGLES = 26
STILL = 1e-4
"""Below this norm a global rotation is none, and has no derivative."""

# Bone 2 + 4f of finger f turns about x and z, the two after it about x: which angle each takes.
_TURNS_X = {2 + 4 * f + joint: 6 + 4 * f + k for f in range(5) for joint, k in ((0, 0), (1, 2), (2, 3))}
_TURNS_Z = {2 + 4 * f: 7 + 4 * f for f in range(5)}


def _placed(*entries: tuple[int, int]) -> Any:
    """For each term its sign at its place in a flattened 4 by 4 matrix."""
    matrix = np.zeros((len(entries), 16))
    for term, (place, sign) in enumerate(entries):
        matrix[term, place] = sign
    return matrix


#: diag(Rz(b) Rx(a), 1) from cos b, sin b cos a, sin b sin a, sin b, cos b cos a, cos b sin a, sin a, cos a and 1.
_ROTATION = _placed((0, 1), (1, -1), (2, 1), (4, 1), (5, 1), (6, -1), (9, 1), (10, 1), (15, 1))
#: The matrix of the product with a vector, k x v, from the vector k.
_CROSS = np.array([[0, 0, 0, 0, 0, -1, 0, 1, 0], [0, 0, 1, 0, 0, 0, -1, 0, 0], [0, -1, 0, 1, 0, 0, 0, 0, 0]], dtype=float)


@dataclass(frozen=True)
class Hand:
    """A model and what was measured: constant while the pose is sought.

    Bones are ordered by their distance from a root; ``depths`` holds the bones of each distance, as a slice, and the
    places of their parents among those before.
    """

    depths: tuple[tuple[slice, Any], ...]
    turns_x: Any  # (B, 26), which angle turns which bone
    turns_z: Any
    base: Any  # (B, 4, 4)
    inverse: Any  # (B, 4, 4)
    positions: Any  # (V, 4)
    weights: Any  # (V, B)
    mirror: Any  # (3)
    corners: Any  # (C) vertices, or (C, 3) the corners of triangles
    points: Any  # (C, 3)


def surface(np: Any, theta: Any, *, hand: Hand) -> Any:
    """Where the pose ``theta`` (26) puts the vertices: (V, 3)."""
    a, b = hand.turns_x @ theta, hand.turns_z @ theta
    cos_a, sin_a, cos_b, sin_b = np.cos(a), np.sin(a), np.cos(b), np.sin(b)
    terms = (cos_b, sin_b * cos_a, sin_b * sin_a, sin_b, cos_b * cos_a, cos_b * sin_a, sin_a, cos_a, np.ones(len(hand.base)))
    moved = hand.base @ np.reshape(np.stack(terms, axis=1) @ _ROTATION, (-1, 4, 4))
    reached: list[Any] = []
    for bones, parents in hand.depths:
        reached.append(reached[-1][parents] @ moved[bones] if reached else moved[bones])
    pose = np.concatenate(reached) @ hand.inverse
    blended = np.reshape(hand.weights[:, :, None] * hand.positions[:, None, :], (len(hand.positions), -1))
    vertices = blended @ np.reshape(np.transpose(pose[:, :3, :], (0, 2, 1)), (-1, 3)) * hand.mirror
    return vertices @ _rotation(np, theta[:3]).T + theta[3:6]


def _rotation(np: Any, r: Any) -> Any:
    """Rodrigues' matrix of an axis times an angle."""
    square = np.sum(r * r)
    if square < STILL * STILL:
        return np.eye(3)
    angle = np.sqrt(square)
    k = r / angle
    cos, sin = np.cos(angle), np.sin(angle)
    return cos * np.eye(3) + sin * np.reshape(k @ _CROSS, (3, 3)) + (1.0 - cos) * np.outer(k, k)


def residuals(np: Any, theta: Any, us: Any = None, *, hand: Hand) -> Any:
    """The way from the surface to each measured point: (C, 3).

    The surface is met at a vertex, or with ``us`` (C, 2) within a triangle, at barycentric coordinates.
    """
    vertices = surface(np, theta, hand=hand)
    if us is None:
        return hand.points - vertices[hand.corners]
    u0, u1 = us[:, :1], us[:, 1:]
    j, k, l = hand.corners.T
    last = vertices[l]
    return hand.points - (last + u0 * (vertices[j] - last) + u1 * (vertices[k] - last))


def objective(theta: Any, us: Any, hand: Hand) -> Any:
    """The residuals, (C, 3)."""
    return residuals(np, theta, us, hand=hand)


def jacobian(theta: Any, us: Any, hand: Hand) -> Any:
    """The compressed Jacobian, (C, 3, 28): with respect to the point's own two coordinates, then to the pose."""
    if us is None:
        return jacfwd(lambda theta: residuals(np, theta, hand=hand))(theta)
    # Moving all points' coordinates together moves each residual by its own.
    by_shift, by_theta = jacfwd(lambda shift, theta: residuals(np, theta, us + shift, hand=hand), (0, 1))(np.zeros(2), theta)
    return np.concatenate([by_shift, by_theta], axis=2)


def _read(fields: Fields) -> tuple[Any, Any, Hand]:
    data = fields.part("data")
    model = data.part("model")
    bones = model.whole("bone_count")
    parents = model.indices("parents", bones, bones, least=-1).tolist()
    depth: list[int] = []
    for bone, parent in enumerate(parents):
        if parent >= bone:
            raise InputError(f"parents must name each bone's parent before it, and not {parent} for bone {bone}")
        depth.append(0 if parent < 0 else depth[parent] + 1)
    order = sorted(range(bones), key=lambda bone: depth[bone])
    turns_x, turns_z = np.zeros((2, bones, ANGLES))
    for turns, table in ((turns_x, _TURNS_X), (turns_z, _TURNS_Z)):
        for place, bone in enumerate(order):
            if bone in table:
                turns[place, table[bone]] = 1.0
    positions = model.array("base_positions", None, 4)
    triangles = model.indices("triangles", len(positions), None, 3)
    us = fields.get("us")
    if us == []:
        corners = data.indices("correspondences", len(positions), None)
    else:
        corners = triangles[data.indices("correspondences", len(triangles), None)]
    hand = Hand(
        _depths([depth[bone] for bone in order], [order.index(parents[bone]) if parents[bone] >= 0 else -1 for bone in order]),
        turns_x, turns_z, model.array("base_relatives", bones, 4, 4)[order],
        model.array("inverse_base_absolutes", bones, 4, 4)[order], positions,
        model.array("weights", len(positions), bones)[:, order],
        np.array([-1.0 if model.flag("is_mirrored") else 1.0, 1.0, 1.0]), corners, data.array("points", len(corners), 3),
    )  # fmt: skip
    return fields.array("theta", ANGLES), None if us == [] else fields.array("us", len(corners), 2), hand


def _depths(depth: list[int], parents: list[int]) -> tuple[tuple[slice, Any], ...]:
    """The bones of each depth, in an order by depth, and the places of their parents in the depth before."""
    starts = [depth.index(d) for d in range(depth[-1] + 1)] + [len(depth)]
    found: list[tuple[slice, Any]] = []
    for d, (start, stop) in enumerate(zip(starts, starts[1:], strict=False)):
        found.append((slice(start, stop), np.array(parents[start:stop]) - starts[d - 1] if d else None))
    return tuple(found)


FUNCTIONS = {
    "objective": Evaluation(_read, objective, lambda found: found.reshape(-1).tolist()),
    "jacobian": Evaluation(_read, jacobian, lambda found: found.reshape(-1, found.shape[-1]).tolist()),
}
