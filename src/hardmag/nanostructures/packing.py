"""Grains of given volumes that fill a box: seeds and weights by Newton's method, log-normal sizes, platelets.

The weights whose cells have given volumes are those of an optimal transport from the box to the seeds: the volumes follow from
∂V_i/∂w_j = −A_ij / 2 d_ij over the face of area A_ij between seeds at a distance d_ij. Steps are damped so that no cell
vanishes and the error falls: then it converges (Kitagawa, Mérigot & Thibert, J. Eur. Math. Soc. 21, 2019).
"""

import numpy as np
import scipy  # whose parts are loaded when they are used: most commands need none

from hardmag.nanostructures.tessellation import power_diagram

ROUNDS = 4  # of moving each seed to its cell's centroid, which makes the grains equiaxed
ROUGH = 0.3  # relative error of a volume before such a move
TOLERANCE = 1e-3  # in the end
MOST_STEPS = 100
SMALLEST = 2.0**-20  # part of a step


def polycrystal_cells(count, spread, aspect, box_nm, periodic, rng):
    """Grains that fill a box: list of Polyhedron in nm, in the order in which their sizes were drawn.

    spread: standard deviation of ln d, d the diameter of the sphere of equal volume, 0 for grains of one size; aspect: how many
    times wider than thick along z they are on the average; periodic: for each direction, where grains stick out of the box.
    Raises ValueError where no such volumes are reached.
    """
    stretch = np.array([1.0, 1.0, aspect])
    box = np.asarray(box_nm, dtype=float) * stretch
    volumes = np.exp(3 * spread * rng.standard_normal(count))
    volumes *= box.prod() / volumes.sum()
    diagram = with_volumes(rng.random((count, 3)) * box, volumes, box, periodic)
    return [cell.scaled(1 / stretch) for cell in diagram.cells]


def with_volumes(seeds, volumes, box, periodic=(False,) * 3, rounds=ROUNDS):
    """PowerDiagram whose cells have volumes (n,) to 1e-3, which add up to the box's; seeds (n, 3) are moved to their cells'
    centroids `rounds` times. Raises ValueError where that is not reached."""
    seeds, volumes, box = (np.asarray(a, dtype=float) for a in (seeds, volumes, box))
    if not (volumes > 0).all() or abs(volumes.sum() / box.prod() - 1) > 1e-6:
        raise ValueError("volumes must be > 0 and add up to the box's")
    found = power_diagram(seeds, np.zeros(len(seeds)), box, periodic)
    for k in range(rounds):  # towards them in steps: far from it, Newton's method gets on slowly
        between = volumes ** ((k + 1) / rounds)
        found = _moved(_fitted(found, between * (box.prod() / between.sum()), ROUGH))
    return _fitted(found, volumes, TOLERANCE)


def _moved(found):
    """The seeds at the centroids of their cells, with as much of the weights as leaves no cell empty."""
    seeds = np.where(found.periodic, found.centroids % found.box, found.centroids)
    weights = found.weights
    while True:
        moved = power_diagram(seeds, weights, found.box, found.periodic)
        if moved.volumes.min() > 0:
            return moved
        weights = weights / 2 if np.ptp(weights) > 1e-12 * found.box.max() ** 2 else np.zeros(len(seeds))


def _fitted(found, volumes, tolerance):
    """With weights whose cells have these volumes, to a relative tolerance."""
    least = min(found.volumes.min(), volumes.min()) / 2
    if least <= 0:
        raise ValueError("two seeds are one")
    for _ in range(MOST_STEPS):
        error = volumes - found.volumes
        if (np.abs(error) <= tolerance * volumes).all():
            return found
        step, part = _newton_step(found, error), 1.0
        while True:
            trial = power_diagram(found.seeds, found.weights + part * step, found.box, found.periodic)
            smaller = np.linalg.norm(volumes - trial.volumes) <= (1 - part / 2) * np.linalg.norm(error)
            if smaller and trial.volumes.min() >= least:
                break
            part /= 2
            if part < SMALLEST:
                raise ValueError(f"volumes are reached to {np.abs(error / volumes).max():.1%} only")
        found = trial
    raise ValueError(f"volumes are reached to {np.abs(error / volumes).max():.1%} only, in {MOST_STEPS} steps")


def _newton_step(found, error):
    """By which the weights change the volumes by that error, to first order."""
    pairs, areas, distances = found.contacts
    n, rate = len(error), areas / (2 * distances)
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    diagonal = np.bincount(rows, np.concatenate([rate, rate]), n)
    matrix = scipy.sparse.coo_matrix((-np.concatenate([rate, rate]), (rows, columns)), shape=(n, n)).tocsr()
    matrix += scipy.sparse.diags_array(diagonal)
    step, _ = scipy.sparse.linalg.cg(matrix, error, rtol=1e-6, M=scipy.sparse.diags_array(1 / diagonal))
    return step - step.mean()
