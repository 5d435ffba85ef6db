"""The findings of Yang et al., each as a number that must lie in a range for it to hold.

What the paper calls strongest must be strongest, and a number that it gives must be met within the range given here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np

from hardmag.materials import SM2CO17, SMCO5, Z_PHASES
from hardmag.papers.yang2024 import quantities as q
from hardmag.papers.yang2024.columns import GEOMETRY
from hardmag.papers.yang2024.maps import zr_at_percent
from hardmag.papers.yang2024.quantities import ALPHA, HC, OF_Z, PHI_P, WIDTH, WS, WZ, Z_SET, D, L

POSITIVE = (0.0, inf)


@dataclass(frozen=True)
class Claim:
    """where: in the paper; says: what it finds; statistic: the number; of: Evidence → number; claimed: the open range in which
    it must lie; note: what a reader must know about the number; rare: a share of nanostructures that may be 0, whose interval
    reaches up to 3/n at least, the 95 % bound where none was seen among n."""

    where: str
    says: str
    statistic: str
    of: Callable
    claimed: tuple = POSITIVE
    note: str = ""
    rare: bool = False


DESIGNED = "correlations between features are those of the design, which draws them independently"
LEFT_OUT = "samples without hysteresis left out"
CLAIMS = {
    "Angle": (
        Claim(
            "Fig. 2e", "α has the strongest effect on Hc", "|ρ(α)| − largest other |ρ|, Hc", q.alpha_leads(HC), note=LEFT_OUT
        ),
        Claim("Fig. 2e", "the same, if no hysteresis is Hc = 0", "|ρ(α)| − largest other |ρ|, Hc", q.alpha_leads_with_zeros),
        Claim("concl. ii", "Φp is most sensitive to α", "|ρ(α)| − largest other |ρ|, Φp", q.alpha_leads(PHI_P), note=LEFT_OUT),
        Claim(
            "Fig. 2f",
            "α is the most influential feature on Hc",
            "rise of the RMSE (T), α − largest other",
            q.importance_leads((ALPHA,), (*GEOMETRY, Z_SET), HC),
            note="the Z phase's Ms, σ and l shuffled together",
        ),
        Claim(
            "Fig. 2f",
            "α is the most influential feature on Φp",
            "rise of the RMSE, α − largest other",
            q.importance_leads((ALPHA,), (*GEOMETRY, Z_SET), PHI_P),
            note="the Z phase's Ms, σ and l shuffled together",
        ),
        Claim("Fig. 2b", "the mean Φp is largest at 60°", "mean Φp at 60° − largest at another angle", q.phi_p_at_60_leads),
        Claim(
            "concl. ii",
            "grains at 30 to 60° gain most from pinning",
            "least mean Φp at 30 … 60° − that at 0°",
            q.phi_p_rises_off_the_axis,
        ),
        Claim(
            "Fig. 2b",
            "at 90° there is no Hc",
            "share of nanostructures with one, < 5 %",
            q.hysteresis_at_90,
            (-inf, 0.05),
            "of n nanostructures; the interval reaches up to 3/n at least",
            rare=True,
        ),
    ),
    "Coercivity": (
        Claim(
            "Fig. 2e",
            "L is the second strongest on Hc",
            "|ρ(L)| − largest other but α",
            lambda e: q.lead(e, L, q.but(L, ALPHA), HC),
        ),
        Claim("Fig. 2e", "L lowers Hc", "−ρ(L, Hc)", lambda e: -q.rho(e, L, HC)),
        Claim(
            "Fig. 2e",
            "wS has the weakest correlation with Hc",
            "least other |ρ| − |ρ(wS)|",
            lambda e: np.nanmin(q.strength(e, q.but(WS), HC)) - abs(q.rho(e, WS, HC)),
        ),
        Claim("Fig. 2e", "a smaller wS lowers Hc", "ρ(wS, Hc)", lambda e: q.rho(e, WS, HC)),
        Claim(
            "concl. i",
            "of the lengths, L matters most to Hc",
            "|ρ(L)| − largest of d, wS, wZ",
            lambda e: q.lead(e, L, (D, WS, WZ), HC),
        ),
        Claim(
            "Fig. 2c", "a larger d raises Hc", "partial ρ(d, Hc), other lengths fixed, α = 0", q.partial_at_0(D, 1, GEOMETRY)
        ),
        Claim(
            "Fig. 2c", "a smaller L raises Hc", "−partial ρ(L, Hc), other lengths fixed, α = 0", q.partial_at_0(L, -1, GEOMETRY)
        ),
        Claim(
            "Fig. 2c",
            "Hc rises steeply at L < 50 nm where wS is large",
            "gain in mean µ0Hc (T), upper − lower third of wS",
            q.steep_where_wS_is_large,
        ),
        Claim(
            "Fig. 2d", "Hc rises with φS", "partial ρ(φS, Hc), φZ fixed, α = 0", q.partial_at_0("phi_S", 1, ("phi_S", "phi_Z"))
        ),
        Claim(
            "concl. i",
            "more Z phase lowers Hc",
            "−partial ρ(φZ, Hc), φS fixed, α = 0",
            q.partial_at_0("phi_Z", -1, ("phi_S", "phi_Z")),
        ),
        Claim(
            "concl. i",
            "where φS is high, Hc follows φS rather than φZ",
            "partial ρ(φS) − partial |ρ(φZ)|, φS above its median",
            q.phi_S_leads(lambda e: e["phi_S"] > np.median(e["phi_S"])),
        ),
        Claim(
            "Fig. 2d",
            "above 5 at% Zr, Hc follows φS",
            "partial ρ(φS) − partial |ρ(φZ)|, Zr ≥ 5 at%",
            q.phi_S_leads(lambda e: q.zr(e) >= 5),
        ),
        Claim(
            "Fig. 2d",
            "Zr below 5 at% has an evident influence on Hc",
            "partial |ρ(φZ, Hc)| below − above 5 at%",
            q.phi_Z_matters_where_zr_is_poor,
        ),
        Claim(
            "Fig. 2d",
            "Hc is largest at almost no Z phase",
            "φZ of the map's maximum, < 0.15",
            lambda e: e.peak(HC)[1],
            (-inf, 0.15),
            "within the hull of the data",
        ),
        Claim(
            "Fig. 2d", "Hc is largest at the largest φS", "φS of the maximum / largest φS, > 0.9", q.peak_phi_S(HC), (0.9, inf)
        ),
        Claim(
            "Suppl. Note 2.2",
            "most correlations with Hc are stronger by Spearman than by Pearson",
            "share of features with |ρ| > |r|, > 0.5",
            q.spearman_over_pearson,
            (0.5, inf),
        ),
        Claim(
            "Fig. 2f",
            "Ms and σ of Z matter more to Hc than L and wS",
            "rise of the RMSE (T), Z set − largest of L, wS",
            q.importance_leads((Z_SET,), (L, WS), HC),
            note="the paper shuffles them one by one",
        ),
    ),
    "Inhomogeneity": (
        Claim(
            "Fig. 2e",
            "of the Z phase, wZ has the strongest positive correlation with Φp",
            "ρ(wZ, Φp) − largest of d, Ms, σ, l",
            lambda e: q.rho(e, WZ, PHI_P) - np.nanmax([q.rho(e, f, PHI_P) for f in OF_Z if f != WZ]),
        ),
        Claim(
            "Fig. 2e",
            "of the Z phase, l has the strongest negative one",
            "−ρ(l, Φp) − largest of −ρ(wZ, d, Ms, σ)",
            lambda e: -q.rho(e, WIDTH, PHI_P) - np.nanmax([-q.rho(e, f, PHI_P) for f in OF_Z if f != WIDTH]),
            note="Ms, σ and l take three sets of values only",
        ),
        Claim(
            "concl. i",
            "of the lengths, wZ matters most to Φp",
            "|ρ(wZ)| − largest of L, d, wS",
            lambda e: q.lead(e, WZ, (L, D, WS), PHI_P),
        ),
        Claim(
            "Fig. 2e",
            "L and wS are less correlated with Φp than wZ and l",
            "least of |ρ(wZ)|, |ρ(l)| − largest of |ρ(L)|, |ρ(wS)|",
            lambda e: np.min(q.strength(e, (WZ, WIDTH), PHI_P)) - np.max(q.strength(e, (L, WS), PHI_P)),
        ),
        Claim(
            "Fig. 2f",
            "wZ and d are more important to Φp than L and wS",
            "rise of the RMSE, least of wZ, d − largest of L, wS",
            q.importance_leads((WZ, D), (L, WS), PHI_P),
        ),
        Claim(
            "Fig. 2c",
            "a ridge of Φp at L = 75 to 125 nm where wZ < 7 nm",
            "gain in mean Φp at such L over others, α = 0",
            q.phi_p_gain(lambda e: e[WZ] < 7, q.middle_L),
        ),
        Claim(
            "Fig. 2c",
            "a valley of Φp at L = 75 to 125 nm where wZ is large (here: ≥ 7 nm)",
            "loss in mean Φp at such L against others, α = 0",
            q.phi_p_gain(lambda e: e[WZ] >= 7, q.middle_L, sign=-1),
        ),
        Claim(
            "Fig. 2c",
            "another ridge at small L as wS nears 15 nm (here: L < 50 nm, wS > 13 nm)",
            "gain in mean Φp at such L over others, α = 0",
            q.phi_p_gain(lambda e: e[WS] > 13, lambda e: e[L] < 50),
        ),
        Claim(
            "Fig. 2c",
            "Φp vanishes where all is Z phase, d = wZ (here: wZ > 0.95 d)",
            "largest Φp there, < 0.02",
            q.phi_p_of_pure_Z,
            (-inf, 0.02),
        ),
        Claim(
            "Fig. 2d",
            "Φp is largest at the largest φS (0.5)",
            "φS of the maximum / largest φS, > 0.9",
            q.peak_phi_S(PHI_P),
            (0.9, inf),
        ),
        Claim(
            "concl. i",
            "Φp is largest at φZ = 32 to 42 %",
            "φZ of the map's maximum, 0.32 … 0.42",
            lambda e: e.peak(PHI_P)[1],
            (0.32, 0.42),
        ),
        Claim(
            "concl. i",
            "that is around 5 at% Zr",
            "Zr (at%) of the map's maximum, 4 … 6",
            lambda e: zr_at_percent(*e.peak(PHI_P)),
            (4.0, 6.0),
        ),
    ),
    "Phases": (
        Claim(
            "p. 4",
            "1:5 has the highest anisotropy field",
            "µ0Hani (T), 1:5 − largest other",
            lambda e: SMCO5.anisotropy_field_T - max(p.anisotropy_field_T for p in (SM2CO17, *Z_PHASES.values())),
            note="exact, from Supplementary Table 4",
        ),
        Claim(
            "concl. i",
            "the Z phase's is comparably low, and so lowers Hc",
            "µ0Hani (T), 2:17 − least of Z",
            lambda e: SM2CO17.anisotropy_field_T - min(p.anisotropy_field_T for p in Z_PHASES.values()),
            note="exact, from Supplementary Table 4: 2:17 has the lowest, as p. 4 says",
        ),
    ),
    "Data and models": (
        Claim(
            "Suppl. Fig. 9",
            "the mean Hc converges at 800 samples",
            "samples for 1 % error, 400 … 1600",
            q.rows_for_one_percent(HC),
            (400.0, 1600.0),
            "within a factor of two",
        ),
        Claim(
            "Suppl. Fig. 9",
            "the mean Φp converges at 3,500 samples",
            "samples for 1 % error, 1750 … 7000",
            q.rows_for_one_percent(PHI_P),
            (1750.0, 7000.0),
            "within a factor of two",
        ),
        Claim(
            "Suppl. Fig. 10",
            "R² of Hc reaches 0.95",
            "1 − SSE/SST, best model, > 0.95",
            q.R2(HC),
            (0.95, inf),
            "nanostructures left out",
        ),
        Claim(
            "Suppl. Fig. 10",
            "R² of Φp reaches 0.85",
            "1 − SSE/SST, best model, > 0.85",
            q.R2(PHI_P),
            (0.85, inf),
            "nanostructures left out",
        ),
        Claim(
            "Suppl. Note 2.2",
            "correlations with Φp are weaker by Spearman than by Pearson",
            "mean |r| − mean |ρ|",
            q.pearson_over_spearman,
        ),
        Claim(
            "Suppl. Fig. 10",
            "the MSE of Φp is around 0.006",
            "MSE, best model, 0.003 … 0.012",
            q.MSE(PHI_P),
            (0.003, 0.012),
            "within a factor of two, nanostructures left out; that of Hc, 1e-4, is in no unit that it tells",
        ),
        Claim("Suppl. Note 2.2", "σ and L are almost perfectly correlated", "none", q.untold, note=DESIGNED),
        Claim("Fig. 2g", "L and d are the most similar features", "none", q.untold, note=DESIGNED),
    ),
}
