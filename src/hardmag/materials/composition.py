"""The composition of an R2T14B compound: read from a formula, written as one; its masses, lattice and density."""

import re
from dataclasses import dataclass
from math import fsum, isfinite
from typing import Self

from hardmag.errors import InvalidValue

RARE_EARTHS = ("La", "Ce", "Pr", "Nd", "Y")
METALS = ("Fe", "Co", "Ni")
ELEMENTS = RARE_EARTHS + METALS
WRITTEN = ("Nd", "Pr", "Ce", "La", "Y", *METALS)  # the order in a formula: what the magnet is best known for first

AVOGADRO_PER_MOL = 6.02214076e23
# Standard atomic weights, abridged: IUPAC 2021 (Pure Appl. Chem. 94, 573).
MOLAR_MASS_g_per_mol = {
    "La": 138.91,
    "Ce": 140.12,
    "Pr": 140.91,
    "Nd": 144.24,
    "Y": 88.906,
    "Fe": 55.845,
    "Co": 58.933,
    "Ni": 58.693,
    "B": 10.81,
}

# a, c (nm) of R2Fe14B at room temperature; Y has none here. Nd: Herbst 1991 (Rev. Mod. Phys. 63, 819).
# Ce: doi 10.1016/j.jmmm.2020.166747. La: Sagawa et al. 1987 (Jpn. J. Appl. Phys. 26, 785), within 0.2 pm of Herbst.
# Pr: between Herbst (0.880, 1.223) and Hirosawa et al. 1986 (J. Appl. Phys. 59, 873; 0.881, 1.227).
LATTICE_nm = {"Nd": (0.8800, 1.2200), "Pr": (0.8805, 1.2245), "La": (0.8822, 1.2338), "Ce": (0.8756, 1.2113)}
# What all Fe replaced by Co adds: Nd2Co14B (0.8651, 1.1878; Pourarian et al. 1987, MRS Proc. 96) less Nd2Fe14B.
# Ni adds nothing: the one row known, with 10 % Ni, has the lattice of Nd2Fe14B (Ku & Yen 1987, J. Less-Common Met. 127, 43).
LATTICE_CO_nm = (0.8651 - 0.8800, 1.1878 - 1.2200)

ROUNDED = 0.015  # papers round: their shares sum to 0.99
TOKEN = re.compile(r"(?P<open>\()|(?P<close>\))(?P<times>\d*\.?\d+)?|(?P<element>[A-Z][a-z]?)(?P<count>\d*\.?\d+)?")


@dataclass(frozen=True)
class Composition:
    """An R2T14B compound: which rare earths are R, which metals T.

    shares: 8 numbers >= 0 in the order of ELEMENTS; those of the rare earths sum to 1, and so do those of the metals.
    """

    shares: tuple[float, ...]

    def __post_init__(self):
        shares = tuple(float(share) for share in self.shares)
        if len(shares) != len(ELEMENTS) or not all(isfinite(share) and share >= 0 for share in shares):
            raise InvalidValue(
                f"composition: shares = {list(shares)} must be {len(ELEMENTS)} numbers >= 0, of {_words(ELEMENTS)}"
            )
        object.__setattr__(self, "shares", shares)
        for what, group in (("rare earths", RARE_EARTHS), ("metals", METALS)):
            total = fsum(self.share(element) for element in group)
            if abs(total - 1) > 1e-9:
                raise InvalidValue(f"composition: the shares of the {what} sum to {total:.6g}; they must sum to 1")

    @classmethod
    def parse(cls, text) -> Self:
        """The composition that a formula means: "Nd0.4La0.6", "(Nd0.4La0.6)2Fe14B", "Nd1.2La0.8Fe12Co2B".

        The counts of the rare earths sum to 1 or 2, those of the metals to 1 or 14 (none: Fe), that of B is 1 or none. Sums may
        be off by 1.5 %, as papers round; the shares are then made to sum to 1. Groups in brackets may hold groups. InvalidValue
        otherwise.
        """
        counts = _counts(text)
        unknown = [element for element in counts if element not in (*ELEMENTS, "B")]
        if unknown:
            raise InvalidValue(f"composition {text!r}: {unknown[0]} is none of the known elements ({_words((*ELEMENTS, 'B'))})")
        R, T, B = (fsum(counts.get(e, 0.0) for e in group) for group in (RARE_EARTHS, METALS, ("B",)))
        if R == 0:
            raise InvalidValue(f"composition {text!r}: no rare earth; one of {_words(RARE_EARTHS)} must be there")
        for what, total, allowed in (("rare earths", R, (1, 2)), ("metals", T, (0, 1, 14)), ("B", B, (0, 1))):
            if not any(abs(total - wanted) <= ROUNDED * wanted for wanted in allowed):
                raise InvalidValue(
                    f"composition {text!r}: {what} sum to {total:.6g}; must be {' or '.join(str(n) for n in allowed if n)}"
                )
        if T == 0:
            counts, T = counts | {"Fe": 1.0}, 1.0
        return cls(tuple(counts.get(e, 0.0) / (R if e in RARE_EARTHS else T) for e in ELEMENTS))

    def share(self, element) -> float:
        """The share of one of ELEMENTS among the rare earths, or among the metals."""
        return self.shares[ELEMENTS.index(element)]

    def __str__(self):
        return f"{self._group(RARE_EARTHS)}2{self._group(METALS)}14B"

    def _group(self, group):
        """As in a formula: "Nd", "(Nd0.4La0.6)". Its four digits sum to 1: what they cut goes to the largest remainders."""
        elements = [element for element in WRITTEN if element in group]
        exact = [1e4 * self.share(element) for element in elements]
        digits = [int(share) for share in exact]
        remainders = sorted(range(len(digits)), key=lambda n: digits[n] - exact[n])
        for n in remainders[: 10_000 - sum(digits)]:
            digits[n] += 1
        written = [(element, f"{n / 1e4:.4f}".rstrip("0")) for element, n in zip(elements, digits, strict=True) if n]
        return written[0][0] if len(written) == 1 else f"({''.join(element + share for element, share in written)})"

    def with_shares(self, shares) -> Self:
        """A copy in which some elements have these shares; the others of their group share the rest as they do here.

        shares: {element: share}. InvalidValue where those of a group exceed 1, or no other element is there to take the rest.
        """
        for element, share in shares.items():
            if element not in ELEMENTS:
                raise InvalidValue(f"composition {self}: {element} is none of the known elements ({_words(ELEMENTS)})")
            if not 0 <= share <= 1:
                raise InvalidValue(f"composition {self}: share {element} = {share} must lie between 0 and 1")
        new = dict(zip(ELEMENTS, self.shares, strict=True)) | shares
        for group in (RARE_EARTHS, METALS):
            given = [element for element in group if element in shares]
            if not given:
                continue
            others = [element for element in group if element not in shares]
            total, had = fsum(shares[element] for element in given), fsum(new[element] for element in others)
            if total > 1 + 1e-9:
                raise InvalidValue(f"composition {self}: the shares of {_words(given)} sum to {total:.6g}, more than 1")
            if had == 0 and total < 1 - 1e-9:
                raise InvalidValue(
                    f"composition {self}: {_words(given)} sum to {total:.6g}, and no other element is there to take the rest"
                )
            rest = max(0.0, 1 - total)
            new |= {element: new[element] * rest / had for element in others if had}
        return type(self)(tuple(new[element] for element in ELEMENTS))

    @property
    def mass_g_per_mol(self) -> dict[str, float]:
        """{element: its mass in one mole of R2T14B} of the elements that are there, B included."""
        atoms = {e: (2 if e in RARE_EARTHS else 14) * self.share(e) for e in WRITTEN} | {"B": 1}
        return {element: number * MOLAR_MASS_g_per_mol[element] for element, number in atoms.items() if number}

    @property
    def molar_mass_g_per_mol(self) -> float:
        """Mass of one mole of R2T14B."""
        return fsum(self.mass_g_per_mol.values())

    @property
    def mass_fractions(self) -> dict[str, float]:
        """{element: its share of the mass} of the elements that are there, B included; they sum to 1."""
        masses, total = self.mass_g_per_mol, self.molar_mass_g_per_mol
        return {element: mass / total for element, mass in masses.items()}

    @property
    def lattice_nm(self) -> tuple[float, float]:
        """a, c of the tetragonal cell at room temperature, by Vegard's law (Nd-Co: within 0.4 %). Y: InvalidValue."""
        missing = [R for R in RARE_EARTHS if self.share(R) and R not in LATTICE_nm]
        if missing:
            raise InvalidValue(
                f"composition {self}: no lattice constants of {missing[0]}2Fe14B are known here, so no density either"
            )
        ends = [(self.share(R), cell) for R, cell in LATTICE_nm.items()]
        return tuple(fsum(share * cell[n] for share, cell in ends) + self.share("Co") * LATTICE_CO_nm[n] for n in (0, 1))

    @property
    def density_g_per_cm3(self) -> float:
        """Density 4 M / (N_A a² c) at room temperature: four formulas in a cell. InvalidValue as lattice_nm."""
        a, c = (length * 1e-7 for length in self.lattice_nm)  # cm
        return 4 * self.molar_mass_g_per_mol / (AVOGADRO_PER_MOL * a * a * c)


def _counts(text):
    """{element: number of atoms} as the formula says; InvalidValue where it is none."""
    formula = "".join(str(text).split())
    tokens = list(TOKEN.finditer(formula))
    groups = [{}]  # those that are still open, the outermost first
    for token in tokens:
        if token["open"]:
            groups.append({})
            continue
        if token["close"]:
            inner, times = groups.pop(), float(token["times"] or 1)
        else:
            inner, times = {token["element"]: float(token["count"] or 1)}, 1.0
        if not groups:
            break
        for element, count in inner.items():
            groups[-1][element] = groups[-1].get(element, 0.0) + count * times
    if not formula or len(groups) != 1 or "".join(token[0] for token in tokens) != formula:
        raise InvalidValue(f'composition {text!r}: no formula; write it as "(Nd0.4La0.6)2Fe14B" or "Nd0.4La0.6"')
    return groups[0]


def _words(names):
    return ", ".join(names)
