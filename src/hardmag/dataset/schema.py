"""Columns of the dataset's table: those of every kind of nanostructure, and a kind's own. Readers refuse what they do not know.

Version 2: columns of the kind alone, each with unit, description and range. Version 1, read as it is: those of one kind in
every dataset, and further ones without a unit.
"""

from hardmag.errors import UserError
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.kind import Quantity

SCHEMA_VERSION = 2
READABLE = (1, SCHEMA_VERSION)

IDENTITY = {
    "id": Quantity("", "content hash of everything that the sample's result depends on"),
    "status": Quantity("", "accepted or quarantined"),
    "failure": Quantity("", "code of the last failure, empty if accepted"),
    "rescue_round": Quantity("1", "round in which the verdict fell; 0: at the first try"),
    "realisations": Quantity("1", "half-cycles averaged"),
    "evaluations": Quantity("1", "field evaluations spent, rescue rounds included"),
}
SETTINGS = {
    "alpha_deg": Quantity(
        "deg",
        "angle of the applied field from the c-axis; of grains from the axis of their texture",
        0,
        90,
        "$α$",
        "misorientation",
    ),
    "exchange": Quantity("", "formula of the exchange field between unlike cells"),
}
# Ranges far beyond what magnets have: a value outside is in another unit, or wrong. Anisotropy fields end at some 50 T. Φp is
# above 1 in older datasets alone, of a soft phase that reversed before the field did.
MU0_HC = r"$\mu_0H_\mathrm{c}$"
TARGETS = {
    "mu0_Hc_T": Quantity("T", "coercivity of the averaged half-cycle; NaN: no hysteresis", 0, 100, MU0_HC, "coercivity"),
    "mu0_Hc_std_T": Quantity("T", "standard deviation of the coercivity over realisations", 0, 100),
    "mu0_Hp_T": Quantity("T", "depinning field: first discontinuity of the averaged half-cycle; NaN: none", -100, 100),
    "phi_p": Quantity("1", "(Hc - Hp)/Hc", 0, 20, r"$\Phi_\mathrm{p}$"),
    "m_r": Quantity("1", "remanence along the field over Ms", symbol=r"$m_\mathrm{r}$", label="remanence"),
    "squareness": Quantity("1", "Hk/Hc with m(-Hk) = 0.9 m_r", label="squareness"),
    "BHmax_kJ_per_m3": Quantity("kJ/m3", "largest energy product", 0, 5000, r"$(BH)_\mathrm{max}$", "energy product"),
}
# Beside these, in the dataset of an addition:
ADDED = {
    "addition": Quantity("1", "number of the addition that brought the sample; 0: the campaign's own design"),
    "origin": Quantity("", "why it was simulated; design: it is of the campaign's own design"),
}
# Beside these, where finished datasets were joined with a campaign's own:
JOINED = {"source": Quantity("", "file that the sample is of; empty: the campaign's own dataset")}
TEXTS = {
    "specification": Quantity("", "the sample as simulated last, JSON"),
    "history": Quantity("", "failures, what was seen, and the correction of each, JSON"),
}
CURVES = {
    "mu0_H_T": Quantity("T", "applied field, concatenated over curves; curve i is offset[i]:offset[i+1]"),
    "m_parallel": Quantity("1", "moment along the field over the total moment"),
    "offset": Quantity("1", "where each curve begins"),
}
EMPTY = float("nan")
RESERVED = (IDENTITY | SETTINGS | TARGETS | ADDED | JOINED | TEXTS).keys()
FRACTION = "fraction_"


def columns_of(kind):
    """{column: Quantity} of a dataset of this kind of nanostructure, its name; of one that is not known here those of all.

    Raises UserError where the kind gives a parameter the name of another column.
    """
    own = KINDS[kind].columns() | fractions(KINDS[kind].palette) | KINDS[kind].composed if kind in KINDS else {}
    for name in sorted(own.keys() & RESERVED):
        raise UserError(f"nanostructure.{name}: the dataset has another column of this name")
    return IDENTITY | SETTINGS | own | TARGETS


def fractions(phases):
    """{column: Quantity} of the volume fractions of phases."""
    return {f"{FRACTION}{phase}": Quantity("1", f"volume fraction of {phase}, as drawn", 0, 1) for phase in phases}


def attributes(quantity):
    """Of a column, in HDF5 and in Parquet: unit, description, and valid_range where there is one."""
    found = {"unit": quantity.unit, "description": quantity.meaning}
    return found | {"valid_range": [float(quantity.least), float(quantity.largest)]} if quantity.bounded else found
