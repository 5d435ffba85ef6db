"""What Kovacs et al. say of composition, each as a number that must lie in a range for it to hold."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from hardmag.intrinsic.explain import TEMPERATURE
from hardmag.papers.kovacs2023 import composition_numbers as n
from hardmag.papers.kovacs2023.composition_numbers import K1, MS
from hardmag.papers.kovacs2023.compositions import HOT_K, ROOM_K, TARGETS

POSITIVE, NEGATIVE = (0.0, inf), (-inf, 0.0)
# Of what an interval tells the 95 %.
FIT = "fit"  # spread over 100 fits to bootstrap samples
MEASUREMENT = "CV+"  # a measurement in another laboratory
ROWS = "rows"  # the measured rows themselves
SAMPLE = "sample"  # compositions drawn at random
NONE = ""
NEAR = {K1: 0.45, MS: 0.12}  # of a target, MJ/m³ and T: about the scatter between laboratories for K1, twice it for µ0·Ms
NO_ROW = "no row is measured at 433 K: this is what the laws of temperature say"


@dataclass(frozen=True)
class Claim:
    """where: in the paper; says: what it says; statistic: the number; of: Evidence → (value, low, high); interval: of what;
    claimed: the open range in which it must lie; note: why it cannot be told, or what a reader must know; paper: its number."""

    where: str
    says: str
    statistic: str
    of: Callable
    interval: str
    claimed: tuple = POSITIVE
    note: str = ""
    paper: float | None = None


def _found(role, T_K, target):
    wanted = TARGETS[role][0 if target == K1 else 1]
    name, unit = ("K1", "MJ/m³") if target == K1 else ("µ0Ms", "T")
    near = NEAR[target]
    return Claim(
        "sec. 3.2",
        f"the composition for the {role} at {T_K:.0f} K has {name} = {wanted:g} {unit}",
        f"{name} ({unit}) of the model, {wanted - near:.2f} … {wanted + near:.2f}",
        n.of_found(role, T_K, target),
        MEASUREMENT,
        (wanted - near, wanted + near),
        NO_ROW if T_K == HOT_K else "",
        wanted,
    )


def _falls(name, target, T_K, unit):
    return Claim(
        "Fig. 10",
        f"{name} falls with La, {T_K:.0f} K",
        f"least fall over a tenth of La ({unit})",
        n.falls_with_lanthanum(target, T_K),
        FIT,
        note=NO_ROW if T_K == HOT_K else "",
    )


ONE_LABORATORY = "not comparable: theirs is one laboratory, ours are many; repeated measurements of ours scatter more than this"
CLAIMS = {
    "Lanthanum and cobalt": (
        _falls("K1", K1, ROOM_K, "MJ/m³"),
        _falls("K1", K1, HOT_K, "MJ/m³"),
        _falls("µ0Ms", MS, ROOM_K, "T"),
        _falls("µ0Ms", MS, HOT_K, "T"),
        Claim("Fig. 10", "K1 falls with La", "fall from Nd to La, line through the rows (MJ/m³)", n.measured_fall(K1), ROWS),
        Claim("Fig. 10", "µ0Ms falls with La", "fall from Nd to La, line through the rows (T)", n.measured_fall(MS), ROWS),
        Claim(
            "sec. 3.1",
            "µ0Ms is close to 1 T with 60 % La at 433 K",
            "µ0Ms (T) of (Nd0.4La0.6)2Fe14B, 0.9 … 1.1",
            n.at_60_percent,
            MEASUREMENT,
            (0.9, 1.1),
            NO_ROW,
            1.0,
        ),
        Claim("Fig. 11", "Co raises µ0Ms", "Shapley value of Co (T)", n.contribution("Co"), FIT),
        Claim("Fig. 11", "so does it that there is no Ce", "Shapley value of Ce (T)", n.contribution("Ce"), FIT),
        Claim("Fig. 11", "La lowers µ0Ms", "Shapley value of La (T), < 0", n.contribution("La"), FIT, NEGATIVE),
        Claim(
            "Fig. 11", "so does 433 K", "Shapley value of the temperature (T), < 0", n.contribution(TEMPERATURE), FIT, NEGATIVE
        ),
        Claim(
            "sec. 3.1",
            "Co compensates what the temperature takes",
            "Shapley values of Co and of the temperature (T)",
            n.contribution("Co", TEMPERATURE),
            FIT,
            note="Fe as an input of its own, which has a part of what Co does",
        ),
        Claim(
            "sec. 3.1",
            "the same",
            "Shapley values of the metals together and of the temperature (T)",
            n.of_groups("metals", TEMPERATURE),
            FIT,
            note="rare earths and metals as one input each, as the share of Co is what Fe gives way to",
        ),
        Claim(
            "sec. 3.1",
            "Co can compensate what La takes",
            "largest µ0Ms (T) with Co, 60 % La, less that of Nd2Fe14B, 433 K",
            n.cobalt_restores,
            FIT,
            note=NO_ROW,
        ),
        Claim(
            "sec. 3.1",
            "the SHAP value of 433 K is −0.06 T",
            "Shapley value of the temperature (T), −0.09 … −0.03",
            n.contribution(TEMPERATURE),
            FIT,
            (-0.09, -0.03),
            "against the mean from 300 to 453 K, of the paper's data and of ours",
            -0.06,
        ),
        Claim(
            "sec. 3.1",
            "µ0Ms falls by 0.06 T from 300 to 433 K",
            "µ0Ms(433 K) − µ0Ms(300 K) (T), −0.07 … −0.05",
            n.cools,
            FIT,
            (-0.07, -0.05),
            "a SHAP value is no difference between two temperatures: it starts at the data's mean",
            -0.06,
        ),
    ),
    "Model": (
        Claim(
            "Table 1",
            "R² is 0.961",
            "R² of K1, compositions left out",
            n.without_interval(K1, "R2"),
            NONE,
            note=ONE_LABORATORY,
            paper=0.961,
        ),
        Claim(
            "Table 1",
            "R² is 0.961",
            "R² of µ0Ms, compositions left out",
            n.without_interval(MS, "R2"),
            NONE,
            note=ONE_LABORATORY,
            paper=0.961,
        ),
        Claim(
            "sec. 2.1.3",
            "the error of K1 is 0.31 MJ/m³",
            "RMSE (MJ/m³), compositions left out",
            n.without_interval(K1, "RMSE"),
            NONE,
            note=f"{ONE_LABORATORY}; called a mean squared error, in the unit of its root",
            paper=0.31,
        ),
        Claim(
            "sec. 2.1.3",
            "the error of µ0Ms is 0.04 T",
            "RMSE (T), compositions left out",
            n.without_interval(MS, "RMSE"),
            NONE,
            note=f"{ONE_LABORATORY}; called a mean squared error, in the unit of its root",
            paper=0.04,
        ),
        Claim(
            "Fig. 10, 12",
            "100 bootstrap fits give the 95 % confidence interval",
            "share of measured K1 within, > 0.9",
            n.coverage(K1),
            ROWS,
            (0.9, inf),
            paper=0.95,
            note="compositions left out; it is the spread of the fit, and holds no error of a measurement",
        ),
        Claim(
            "Fig. 10, 12",
            "100 bootstrap fits give the 95 % confidence interval",
            "share of measured µ0Ms within, > 0.9",
            n.coverage(MS),
            ROWS,
            (0.9, inf),
            paper=0.95,
            note="compositions left out; it is the spread of the fit, and holds no error of a measurement",
        ),
        *(
            Claim(
                "sec. 3.2",
                f"the spread of {name} grows with the distance to the data",
                "Spearman's ρ of its width and the distance, compositions at random",
                n.spread_by_distance(target),
                SAMPLE,
                note="300 K",
            )
            for name, target in (("K1", K1), ("µ0Ms", MS))
        ),
        Claim(
            "Fig. 2",
            "the measured compositions encapsulate the ab-initio ones",
            "none",
            lambda e: n.UNTOLD,
            NONE,
            note="their ab-initio table is closed; this project's first regression is of literature",
        ),
    ),
    "Compositions for two targets": (
        *(
            Claim(
                "sec. 3.2",
                f"the {role}'s target lies on a line through the measured",
                f"K1 (MJ/m³) of the line at µ0Ms = {Ms:g} T, {K1_ - NEAR[K1]:.2f} … {K1_ + NEAR[K1]:.2f}",
                n.line_through_measured(role),
                ROWS,
                (K1_ - NEAR[K1], K1_ + NEAR[K1]),
                paper=K1_,
                note="other compositions were measured: ours have Pr with much Co, of large K1 and small µ0Ms",
            )
            for role, (K1_, Ms) in TARGETS.items()
        ),
        *(_found(role, T_K, target) for T_K in (ROOM_K, HOT_K) for role in TARGETS for target in (K1, MS)),
    ),
}
