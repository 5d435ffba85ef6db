"""Compositions, targets and numbers of Kovacs et al. 2023, sections 2.1.3, 3.1 and 3.2."""

from hardmag.materials.composition import Composition

ROOM_K, HOT_K = 300.0, 433.0
NEAR_K = 10.0  # rows that were measured so near to a temperature stand for it
MEASURED_K = (300.0, 453.0)  # between these the paper measured
BACKGROUND_K = tuple(MEASURED_K[0] + step * (MEASURED_K[1] - MEASURED_K[0]) / 4 for step in range(5))
# (K1 in MJ/m³, µ0·Ms in T) of section 3.2, from a line through measured points, and what was found to have them, as printed.
TARGETS = {"shell": (3.77, 1.45), "core": (0.7, 1.04)}
FOUND = {
    ("shell", ROOM_K): "(Nd0.29La0.36Pr0.35)2Fe14B",
    ("core", ROOM_K): "(La0.33Ce0.67)2(Fe0.75Co0.25)14B",
    ("shell", HOT_K): "Nd2(Fe0.6Co0.4)14B",
    ("core", HOT_K): "(Nd0.04La0.22Ce0.62Pr0.11)2(Fe0.98Co0.02)14B",
}
EXPLAINED = Composition.parse("(Nd0.4La0.6)2(Fe0.6Co0.4)14B")  # printed as Fe0.6Co0.6, whose sum is 1.2
LA_60, LA_60_T = Composition.parse("Nd0.4La0.6"), 1.0  # "close to 1 T" at HOT_K
NEODYMIUM = Composition.parse("Nd")


def lanthanum(share):
    """(Nd, La)2Fe14B with this share of La."""
    return NEODYMIUM.with_shares({"La": share}) if 0 < share < 1 else Composition.parse("La" if share else "Nd")
