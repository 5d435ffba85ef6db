"""Grains in space: a polycrystal by the direction of its easy axes, and which of its grains have reversed along the curve."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_rgb
from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection

from hardmag.figures.notation import MU0_H, curve_axes
from hardmag.figures.structures import TILT, TILTS, tilt_deg, tilt_scale
from hardmag.figures.style import BLUE, VERMILION, headline, quantity, save

LIGHT = np.array([0.35, -0.8, 0.5]) / np.linalg.norm([0.35, -0.8, 0.5])
DARKEST = 0.6  # of a colour, on faces that look away from the light
VIEW_DEG = (22, -62)  # elevation, azimuth
FRAME = "#BBBBBB"


def draw_reversal(grains, easy_axis, curve, fields_T, reversed_, title, output):
    """All grains by the tilt of their easy axes, the curve, and, below, at fields along it the grains that have reversed.

    grains: Grains; easy_axis: direction (3,) from which tilts are counted; curve: (µ0·H in T, m along it); fields_T: (n,),
    among those of the curve; reversed_: (n, g) bool.
    """
    tilts = tilt_deg(grains.axis, easy_axis)
    norm = tilt_scale([tilts])
    colours = TILTS(norm(tilts))[:, :3]
    count = len(fields_T)
    figure = plt.figure(figsize=(9, 6.8))
    left, right = figure.add_gridspec(1, 2, left=0.02, right=0.97, bottom=0.53, top=0.88, wspace=0.2, width_ratios=(1, 1.3))
    below = figure.add_gridspec(1, count, left=0.02, right=0.98, bottom=0.12, top=0.39, wspace=0.05)
    whole = figure.add_subplot(left, projection="3d")
    draw_bodies(whole, grains, colours, np.ones(len(tilts), bool))
    whole.set_title(f"all {len(tilts)} grains")
    loop = figure.add_subplot(right)
    curve_axes(loop)
    loop.plot(*curve, color=BLUE, lw=1.4)
    axes = [figure.add_subplot(place, projection="3d") for place in below]
    for number, (axis, field_T, flipped) in enumerate(zip(axes, fields_T, reversed_, strict=True)):
        letter = chr(ord("a") + number)
        moment = np.interp(field_T, curve[0][::-1], curve[1][::-1])
        loop.plot(field_T, moment, "o", color=VERMILION, ms=5)
        loop.annotate(letter, (field_T, moment), (8, -9), textcoords="offset points")
        draw_bodies(axis, grains, colours, flipped)
        axis.set_title(f"{letter}: {MU0_H} = {quantity(field_T, '.2f')} T,\n{flipped.sum()} reversed")
        axis.set_axis_off()
    scale = figure.add_axes((0.3, 0.085, 0.4, 0.02))
    figure.colorbar(ScalarMappable(norm, TILTS), cax=scale, label=TILT, orientation="horizontal")
    headline(figure, title)
    save(figure, output)


def draw_bodies(axis, grains, colours, shown):
    """Draw the grains of Grains that are `shown` (g,) in their colours (g, 3) on a 3-D axis, in nm, in the frame of all."""
    elevation, azimuth = np.radians(VIEW_DEG)
    towards = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    faces, shades = [], []
    for g in np.flatnonzero(shown):
        body = grains.bodies[g]
        light = DARKEST + (1 - DARKEST) * np.clip(body.normals @ LIGHT, 0, 1)
        for face, bright, seen in zip(body.faces, light, body.normals @ towards > 0, strict=True):
            if seen:  # of a closed body the others hide behind these
                faces.append(body.corners[list(face)] * 1e9)
                shades.append(np.array(to_rgb(colours[g])) * bright)
    corners = np.concatenate([body.corners for body in grains.bodies]) * 1e9
    low, high = corners.min(0), corners.max(0)
    box = [np.where(which, high, low) for which in np.ndindex(2, 2, 2)]
    frame = [np.array(ends) for ends in combinations(box, 2) if np.sum(ends[0] != ends[1]) == 1]
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))  # which holds for all that is added
    axis.computed_zorder = False  # the frame lies behind all grains
    axis.add_collection3d(Line3DCollection(frame, colors=FRAME, linewidths=0.6, zorder=0))
    if faces:
        axis.add_collection3d(Poly3DCollection(faces, facecolors=shades, edgecolors="black", linewidths=0.25, zorder=1))
    axis.set_box_aspect(high - low, zoom=1.1)
    axis.view_init(*VIEW_DEG)
    axis.set(xlabel="x (nm)", ylabel="y (nm)", zlabel="z (nm)")
    axis.locator_params(nbins=3)
    axis.tick_params(labelsize=7, pad=-2)
