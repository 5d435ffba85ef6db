"""The crystal of R2T14B: its atoms, density and distances, and how it scatters X-rays."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from hardmag.errors import InvalidValue
from hardmag.materials.composition import AVOGADRO_PER_MOL, METALS, RARE_EARTHS, Composition

HOME = Path(__file__).parent
SAME = 1e-4  # of the cell: atoms no further apart are one
# The eight of P4_2/mnm (International Tables A, 136) that are not inversions of others: rows of a matrix, and a shift.
HALVES = (
    ((1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)),
    ((-1, 0, 0), (0, -1, 0), (0, 0, 1), (0, 0, 0)),
    ((0, -1, 0), (1, 0, 0), (0, 0, 1), (0.5, 0.5, 0.5)),
    ((0, 1, 0), (-1, 0, 0), (0, 0, 1), (0.5, 0.5, 0.5)),
    ((-1, 0, 0), (0, 1, 0), (0, 0, -1), (0.5, 0.5, 0.5)),
    ((1, 0, 0), (0, -1, 0), (0, 0, -1), (0.5, 0.5, 0.5)),
    ((0, 1, 0), (1, 0, 0), (0, 0, -1), (0, 0, 0)),
    ((0, -1, 0), (-1, 0, 0), (0, 0, -1), (0, 0, 0)),
)


@dataclass(frozen=True)
class Crystal:
    """R2T14B with lattice constants a, c in nm; R and T are spread evenly over their sites."""

    composition: Composition
    a_nm: float
    c_nm: float

    def __post_init__(self):
        if not (self.a_nm > 0 and self.c_nm > 0):
            raise InvalidValue(f"lattice constants a_nm = {self.a_nm:g}, c_nm = {self.c_nm:g} must be above 0")
        foreign = [R for R in RARE_EARTHS if self.composition.share(R) and R not in form_factors()]
        if foreign:
            raise InvalidValue(f"composition {self.composition}: no form factors of {foreign[0]} are known here")

    @classmethod
    def of(cls, composition):
        """With the lattice constants of Vegard's law at room temperature."""
        return cls(composition, *composition.lattice_nm)

    @property
    def density_g_per_cm3(self):
        """Mass of the atoms in the cell over its volume."""
        formulas = sum(map(len, atoms().values())) / 17
        return formulas * self.composition.molar_mass_g_per_mol / AVOGADRO_PER_MOL / (self.a_nm**2 * self.c_nm * 1e-21)

    def least_distance_nm(self, species, other):
        """Least distance between atoms of two of the species R, T, B, neighbouring cells included."""
        shifts = np.stack(np.meshgrid(*[(-1, 0, 1)] * 3), axis=-1).reshape(-1, 1, 1, 3)
        between = atoms()[species][:, None] - atoms()[other][None] + shifts
        lengths = np.linalg.norm(between * (self.a_nm, self.a_nm, self.c_nm), axis=-1)
        return float(lengths[lengths > SAME * self.a_nm].min())

    def structure_factors(self, hkl, s_per_nm):
        """(n,) complex, in electrons, of reflections hkl (n, 3) at s = sin θ/λ (n,), for Cu Kα."""
        total = 0.0
        for species, positions in atoms().items():
            total = total + self._scattered(species, s_per_nm) * np.exp(2j * np.pi * hkl @ positions.T).sum(axis=1)
        return total

    def _scattered(self, species, s_per_nm):
        """(n,) mean over the elements on the sites of a species."""
        group = {"R": RARE_EARTHS, "T": METALS}.get(species)
        shares = {e: self.composition.share(e) for e in group if self.composition.share(e)} if group else {species: 1.0}
        total = 0.0
        for element, share in shares.items():
            s_per_A, f0, dispersion = form_factors()[element]
            total = total + share * (np.interp(s_per_nm / 10, s_per_A, f0) + dispersion)
        return total


@cache
def atoms():
    """{species: (n, 3) positions over the edges of the cell} of R, T and B: 8, 56 and 4 atoms."""
    found = {}
    for site in _rows("sites.csv"):
        for *matrix, shift in HALVES:
            place = np.array(matrix) @ [float(site[axis]) for axis in "xyz"] + shift
            for sign in (1, -1):  # an inversion leaves the origin where it is
                _add(found.setdefault(site["species"], []), sign * place % 1.0)
    return {species: np.array(positions) for species, positions in found.items()}


def _add(positions, place):
    """Add a position to a list, unless it is there."""
    off = [np.abs((place - other + 0.5) % 1.0 - 0.5).max() for other in positions]
    if not off or min(off) > SAME:
        positions.append(place)


@cache
def form_factors():
    """{element: (s in 1/Å (n,), f0 (n,), f′ + i f″)}, in electrons."""
    rows = _rows("form_factors.csv")
    found = {}
    for element in dict.fromkeys(row["element"] for row in rows):
        own = [row for row in rows if row["element"] == element]
        s, f0 = (np.array([float(row[name]) for row in own]) for name in ("s_per_A", "f0"))
        found[element] = s, f0, complex(float(own[0]["f1"]), float(own[0]["f2"]))
    return found


def _rows(name):
    lines = (HOME / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))
