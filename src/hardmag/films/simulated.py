"""The coercivity that the composition at each position stands for, beside what was measured there.

Composition → K1, Ms, A by the intrinsic model → µ0Hc of flawless grains by their surrogate. Measured over simulated is what the
microstructure leaves: what Kronmüller's α, in µ0Hc = α µ0HA − N µ0Ms, tells beyond the tilt of grains.
"""

import numpy as np
from scipy.stats import spearmanr

from hardmag.errors import InvalidValue, UserError
from hardmag.films.film import elements_of
from hardmag.films.grains import numbers, outside
from hardmag.films.maps import WHOLE, read_maps
from hardmag.materials import MU0
from hardmag.materials.composition import ELEMENTS, METALS, RARE_EARTHS, Composition
from hardmag.materials.intrinsic import IntrinsicModel

IGNORED = ("B",)  # which EDX hardly sees, and which every R2T14B has
TRACE_at = 1.0  # at% of elements that the model does not know, as copper and gallium between the grains
LEAST = 10  # positions within the models: thirds of fewer say nothing
FITS = (2.5, 97.5)  # % of the bootstrap fits of the intrinsic model
VARIES = 0.01  # of its mean: what varies by less over the film is not listed, as a lattice constant


def compositions(film, source):
    """((n, 8) shares in the order of ELEMENTS, reasons why there are none, '' where there are), of the grains at each position.

    From a Source's columns of shares, or else from all elements of the table: what lies between the grains is taken to have
    the same rare earths and metals.
    """
    return _from_columns(film, source) if source.shares else _from_elements(film.at_percent)


def _from_columns(film, source):
    maps, start = read_maps(source.table), Composition.parse(source.composition)
    given = {}
    for element, column in source.shares.items():
        if column not in maps or maps[column].unit not in WHOLE:
            raise UserError(
                f"{source.table}: shares.{element}: column {column} must be there, in at%, % or 1; there are {', '.join(maps)}"
            )
        given[element] = maps[column].at(film.data.x_mm, film.data.y_mm).values / WHOLE[maps[column].unit]
    shares, reasons = [], []
    for row in zip(*given.values(), strict=True):
        here = dict(zip(given, row, strict=True))
        missing = [f"{element} is not measured" for element, share in here.items() if not np.isfinite(share)]
        try:
            shares.append(start.with_shares({} if missing else here).shares)
            reasons.append(missing[0] if missing else "")
        except InvalidValue as error:
            shares.append(start.shares)
            reasons.append(str(error))
    return np.array(shares), reasons


def _from_elements(at_percent):
    nothing = np.zeros(len(next(iter(at_percent.values()))))
    atoms = np.stack([np.maximum(at_percent.get(e, nothing), 0.0) for e in ELEMENTS], axis=1)  # the noise of EDX may be below 0
    sums = np.stack([atoms[:, : len(RARE_EARTHS)].sum(axis=1), atoms[:, len(RARE_EARTHS) :].sum(axis=1)], axis=1)
    foreign = {element: values for element, values in at_percent.items() if element not in (*ELEMENTS, *IGNORED)}
    reasons = []
    for n, total in enumerate(sums):
        much = [f"more than {TRACE_at:g} at% {e}, which the model does not know" for e in foreign if foreign[e][n] > TRACE_at]
        none = [f"no {what}" for what, some in zip(("rare earths", "metals"), total, strict=True) if some <= 0]
        reasons.append((*much, *none, "")[0])
    return atoms / np.repeat(np.maximum(sums, 1e-9), (len(RARE_EARTHS), len(METALS)), axis=1), reasons


def _beyond(model, shares, temperature_K):
    """Reasons (n,) why grains of shares (n, 8) are none that the models know, '' where they are."""
    far, usual, found = model.distance(shares), model.usual_distance, model.at(shares, temperature_K)
    reasons = []
    for n, row in enumerate(shares):
        foreign = [e for e, share in zip(ELEMENTS, row, strict=True) if share > 0 and e not in model.covered]
        Ms, K1, A = (found[name][n] for name in ("mu0_Ms_T", "K1_MJ_per_m3", "A_pJ_per_m"))
        if foreign:
            reasons.append(f"{foreign[0]} is not in the data of the intrinsic model")
        elif far[n] > usual:
            reasons.append(f"further than {usual:.2f} from every composition in the data of the intrinsic model")
        elif Ms == 0:
            reasons.append(f"not magnetic at {temperature_K:g} K")
        elif K1 <= 0:
            reasons.append(f"no easy axis at {temperature_K:g} K")
        else:
            reasons.append(outside(numbers(1e6 * K1, Ms, 1e-12 * A)))
    return reasons


def coercivities(shares, surrogate, temperature_K, model):
    """{"mu0_HA_T", "mu0_Hc_T", "low_T", "high_T": (n,), "fits_T": (k, n)} of grains of shares (n, 8), all within the models.

    low, high: 95 %, the errors of K1, Ms (`IntrinsicModel.interval`) and of the surrogate added as independent ones. Where K1
    may be less than that of any simulated grain, low takes µ0Hc there as 0; where it may be more, high takes it as µ0HA. fits:
    by bootstrap fits of the intrinsic model, which say how far differences between positions rest on its few data.
    """
    at, interval = model.at(shares, temperature_K), model.interval(shares, temperature_K)
    spread = model.spread(shares, temperature_K)
    A, K1, Ms = 1e-12 * at["A_pJ_per_m"], 1e6 * at["K1_MJ_per_m3"], at["mu0_Ms_T"]
    (K1_low, K1_high), Ms_ends = 1e6 * np.array(interval["K1_MJ_per_m3"]), np.array(interval["mu0_Ms_T"])
    HA, Hc = 2 * MU0 * K1 / Ms, surrogate(K1, Ms, A)
    least = np.nan_to_num(surrogate(np.maximum(K1_low, 1.0), Ms, A), nan=0.0)
    most = surrogate(K1_high, Ms, A)
    most = np.where(np.isfinite(most), most, 2 * MU0 * K1_high / Ms)
    of_Ms = np.abs(np.nan_to_num(surrogate(K1, Ms_ends, A) - Hc)).max(axis=0)
    error = surrogate.error * HA
    return {
        "mu0_HA_T": HA,
        "mu0_Hc_T": Hc,
        "low_T": np.maximum(Hc - np.sqrt((Hc - least) ** 2 + of_Ms**2 + error**2), 0.0),
        "high_T": Hc + np.sqrt((most - Hc) ** 2 + of_Ms**2 + error**2),
        "fits_T": surrogate(np.maximum(1e6 * spread["K1_MJ_per_m3"], 1.0), spread["mu0_Ms_T"], A),
    }


def compare(film, source, surrogate, temperature_K):
    """What a film's composition stands for at each position, beside what was measured, as JSON values. UserError where too few
    positions lie within the models."""
    model, (shares, reasons) = IntrinsicModel.read(), compositions(film, source)
    beyond = _beyond(model, shares, temperature_K)
    reasons = [own or other for own, other in zip(reasons, beyond, strict=True)]
    inside = np.array([not reason for reason in reasons])
    if inside.sum() < LEAST:
        first = next(reason for reason in reasons if reason)
        raise UserError(f"{source.table}: {inside.sum()} positions within the models; {LEAST} are needed ({first})")
    found = coercivities(shares[inside], surrogate, temperature_K, model)
    measured = film.data.y[inside]
    ratio, of_fits = measured / found["mu0_Hc_T"], measured / found["fits_T"]
    at_most = np.divide(measured, found["low_T"], out=np.full(len(measured), np.inf), where=found["low_T"] > 0)
    factor = measured @ found["mu0_Hc_T"] / (found["mu0_Hc_T"] @ found["mu0_Hc_T"])
    left = np.sum((measured - factor * found["mu0_Hc_T"]) ** 2) / np.sum((measured - measured.mean()) ** 2)
    varied = {name: values[inside] for name, values in _varied(film, source, shares).items()}
    varied = {name: values for name, values in varied.items() if np.ptp(values) > VARIES * np.abs(values).mean()}
    both = {"measured": measured, "simulated": found["mu0_Hc_T"]}
    whole = {name: _on_all(inside, found[name]) for name in ("mu0_HA_T", "mu0_Hc_T", "low_T", "high_T")}
    return {
        "positions": len(inside),
        "inside": int(inside.sum()),
        "x_mm": film.data.x_mm.tolist(),
        "y_mm": film.data.y_mm.tolist(),
        "measured_T": film.data.y.tolist(),
        "simulated": whole,
        "ratio": _on_all(inside, ratio),
        "reasons": reasons,
        "temperature_K": temperature_K,
        "ratio_of": {
            "median": float(np.median(ratio)),
            "fits": _spread(of_fits),
            "low": float(np.median(measured / found["high_T"])),
            "high": float(most) if np.isfinite(most := np.median(at_most)) else None,
        },
        "ranges_T": {name: [float(one.min()), float(one.max())] for name, one in both.items()},
        "simulated_over_HA": float(np.median(found["mu0_Hc_T"] / found["mu0_HA_T"])),
        "rank_correlation": _rank(measured, found["mu0_Hc_T"]),
        "R2_of_one_ratio": float(1 - left),
        "by": {name: _by(values, ratio, of_fits) for name, values in varied.items()},
    }


def compared_films(settings):
    """Names of the films of Settings of which a composition is known, where grains are to be simulated."""
    return [name for name, source in settings.films.items() if settings.simulated and _is_composed(source)]


def _is_composed(source):
    return bool(source.made or source.shares or set(elements_of(source)) & {*RARE_EARTHS})


def _on_all(inside, values):
    """Values of the positions within the models, None at the others."""
    found = iter(values.tolist())
    return [next(found) if here else None for here in inside]


def _varied(film, source, shares):
    """{name with its unit: (n,)} of what the microstructure's share may depend on: composition, place, and inputs."""
    found = {}
    for k, element in enumerate(ELEMENTS):
        if element in (source.shares or ELEMENTS):
            found[f"{element} of {'R' if element in RARE_EARTHS else 'T'} (%)"] = 100 * shares[:, k]
    if not source.shares:
        found["all R (at%)"] = sum(film.at_percent.get(R, 0.0) for R in RARE_EARTHS)
    maps = read_maps(source.table) if source.inputs else {}
    for name in source.inputs:
        one = maps[name].at(film.data.x_mm, film.data.y_mm)
        found[f"{name} ({one.unit})"] = one.values
    return found | {"x (mm)": film.data.x_mm, "y (mm)": film.data.y_mm}


def _by(values, ratio, of_fits):
    """Medians of the ratio in thirds of the positions by a quantity, their spread over fits, and its rank correlation."""
    thirds = [
        {
            "from": float(values[rows].min()),
            "to": float(values[rows].max()),
            "median": float(np.median(ratio[rows])),
            "fits": _spread(of_fits[:, rows]),
        }
        for rows in np.array_split(np.argsort(values, kind="stable"), 3)
    ]
    return {"thirds": thirds, "rank_correlation": _rank(values, ratio)}


def _rank(one, other):
    """Spearman's rank correlation; 0 where one of the two is the same everywhere."""
    return float(spearmanr(one, other).statistic) if np.ptp(one) > 0 and np.ptp(other) > 0 else 0.0


def _spread(of_fits):
    """2.5 and 97.5 % over fits (k, n) of the median over positions."""
    return np.percentile(np.nanmedian(of_fits, axis=1), FITS).tolist()
