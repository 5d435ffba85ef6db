"""Back to simulation: grains of a film's composition, by scaling laws, limits and a planted share of the microstructure."""

import numpy as np
import pytest

from hardmag.api import half_cycle, nanostructure
from hardmag.errors import UserError
from hardmag.films import grains, simulated
from hardmag.films.film import Film
from hardmag.films.regression import Data
from hardmag.films.settings import Source
from hardmag.materials import MU0
from hardmag.materials.composition import ELEMENTS

MAGNET = {"grains": 12, "grain_size_nm": 100.0, "boundary_nm": 4.0, "misalignment_deg": 10.0}


def test_coercivity_over_HA_scales_with_the_magnetisation():
    """Nd2Fe14B and what is simulated in its place, of the same grains: alike but for steps of the field, 0.01 T of 6.7 T."""
    K1, Ms_T, A = 4.3e6, 1.61, 7.7e-12
    ratio, length = grains.numbers(K1, Ms_T, A)
    found = grains.coercivity_over_HA(MAGNET, ratio, length, (1,))
    magnet = nanostructure("polycrystal", **MAGNET, grain_K1_MJ_per_m3=4.3, grain_mu0_Ms_T=1.61, grain_A_pJ_per_m=7.7)
    field = {"direction": (0, 0, 1), "from_T": 8.0, "to_T": -8.0, "step_T": 0.5}
    curve = half_cycle(magnet.build(np.random.default_rng((1,))), field=field)
    HA_T = 2 * MU0 * K1 / Ms_T
    assert ratio == pytest.approx(Ms_T / HA_T) and length == pytest.approx(1e9 * np.sqrt(A * MU0) / Ms_T)
    assert found == pytest.approx(curve.loop.mu0_Hc_T / HA_T, abs=2 * 0.01 / HA_T)


def test_aligned_grains_without_stray_field_keep_the_anisotropy_field():
    """Stoner and Wohlfarth: Hc = HA along the easy axis. Within the 0.01 T to which jumps are located, of 1.4 T at least."""
    magnet = MAGNET | {"misalignment_deg": 0.0, "magnetostatics": "without"}
    design = grains.simulate_design(magnet, 1, points=8)
    assert np.array(design["Hc_over_HA"]) == pytest.approx(1.0, abs=0.01)
    K1, Ms_T = np.array([2e6, 4e6]), np.array([1.2, 1.6])
    assert grains.Surrogate.of(design, 1)(K1, Ms_T, 7e-12) == pytest.approx(2 * MU0 * K1 / Ms_T, rel=0.01)


def _design(noise, seed=0, n=64):
    rng = np.random.default_rng(seed)
    low, high = np.array(list(grains.RANGES.values())).T
    x = rng.uniform(low, high, (n, 2))
    y = 0.7 - 0.4 * x[:, 0] + 0.01 * x[:, 1] + noise * rng.normal(size=n)
    return dict(zip(grains.RANGES, x.T.tolist(), strict=True)) | {"Hc_over_HA": y.tolist()}


def test_surrogate_knows_its_error_and_its_range():
    """A plane with noise of 0.02: 95 % lie within 1.96 times that, told from 64 points to a quarter (two standard errors of
    such a quantile); the plane itself is found within the noise. NaN outside."""
    surrogate = grains.Surrogate.of(_design(0.02), 1)
    assert surrogate.error == pytest.approx(1.96 * 0.02, rel=0.25)
    K1, Ms_T, A = 3e6, 1.4, 7e-12
    ratio, length = grains.numbers(K1, Ms_T, A)
    plane = (0.7 - 0.4 * ratio + 0.01 * length) * 2 * MU0 * K1 / Ms_T
    assert float(surrogate(K1, Ms_T, A)) == pytest.approx(plane, rel=0.02 / 0.6)
    assert np.isnan(surrogate(0.3e6, 1.4, A)) and "µ0Ms over µ0HA = 2.6" in grains.outside(grains.numbers(0.3e6, 1.4, A))
    assert grains.outside((ratio, length)) == ""


def _film(at_percent, factor):
    """A film whose coercivity is `factor` (n,) of what the surrogate makes of its elements, and that surrogate."""
    n = len(factor)
    surrogate = grains.Surrogate.of(_design(0.0), 1)
    shares, _ = simulated._from_elements(at_percent)
    model = simulated.IntrinsicModel.read()
    at = model.at(shares, 300.0)
    with np.errstate(invalid="ignore"):  # where there is no rare earth there is no magnet
        Hc = surrogate(1e6 * at["K1_MJ_per_m3"], at["mu0_Ms_T"], 1e-12 * at["A_pJ_per_m"])
    data = Data((), np.empty((n, 0)), np.empty(0, int), factor * Hc, np.arange(n, dtype=float), np.zeros(n))
    return Film(data, at_percent, None, None, {}), surrogate


def test_a_planted_share_of_the_microstructure_comes_back():
    """Measured is 0.2 to 0.5 of simulated, rising along x: to rounding, for the same surrogate made both."""
    Ce = np.linspace(0.0, 2.5, 30)
    factor = np.linspace(0.2, 0.5, 30)
    film, surrogate = _film({"Nd": np.linspace(12, 14, 30) - Ce, "Ce": Ce, "Fe": np.full(30, 87.0)}, factor)
    found = simulated.compare(film, Source(table="t.csv"), surrogate, 300.0)
    assert found["inside"] == 30 and found["ratio"] == pytest.approx(factor.tolist(), rel=1e-6)
    by = found["by"]["x (mm)"]
    assert [third["median"] for third in by["thirds"]] == pytest.approx([factor[s : s + 10].mean() for s in (0, 10, 20)])
    assert by["rank_correlation"] == pytest.approx(1.0) and set(found["by"]) >= {"Nd of R (%)", "Ce of R (%)", "all R (at%)"}
    one = {name: np.array(values) for name, values in found["simulated"].items()}
    assert np.all((one["low_T"] >= 0) & (one["low_T"] < one["mu0_Hc_T"]) & (one["mu0_Hc_T"] < one["high_T"]))
    low, high = found["ratio_of"]["fits"]
    assert low < found["ratio_of"]["median"] < high and found["ratio_of"]["low"] < low


def test_interval_adds_independent_errors():
    """Of a surrogate that is a constant share of HA, by hand: µ0Hc = c·2µ0K1/Ms."""

    class Share:
        error = 0.03

        def __call__(self, K1, Ms_T, A):
            return 0.5 * 2 * MU0 * K1 / Ms_T

    model = simulated.IntrinsicModel.read()
    shares = np.zeros((1, len(ELEMENTS)))
    shares[0, [ELEMENTS.index("Nd"), ELEMENTS.index("Fe")]] = 1
    found = simulated.coercivities(shares, Share(), 300.0, model)
    at, ends = model.at(shares, 300.0), model.interval(shares, 300.0)
    K1, Ms = at["K1_MJ_per_m3"], at["mu0_Ms_T"]
    HA = 2e6 * MU0 * K1 / Ms
    up = (ends["K1_MJ_per_m3"][1] - K1) / K1
    of_Ms = max(abs(Ms / end - 1) for end in ends["mu0_Ms_T"])
    assert found["high_T"] - found["mu0_Hc_T"] == pytest.approx(HA * np.sqrt((0.5 * up) ** 2 + (0.5 * of_Ms) ** 2 + 0.03**2))
    assert found["mu0_HA_T"] == pytest.approx(HA) and found["fits_T"].std() > 0


def test_positions_outside_of_the_models_have_a_reason():
    n = 24
    atoms = {e: np.zeros(n) for e in ("Nd", "Ce", "Y", "Ga")} | {"Fe": np.full(n, 87.0)}
    atoms["Nd"][:] = 13.0
    atoms["Ga"][1], atoms["Ga"][2] = 5.0, 0.5  # too much, and a trace
    atoms["Nd"][3], atoms["Y"][3] = 6.0, 7.0
    atoms["Nd"][4], atoms["Ce"][4] = 6.5, 6.5
    atoms["Nd"][5] = -0.1  # of EDX without any rare earth
    film, surrogate = _film(atoms, np.linspace(0.2, 0.4, n))
    found = simulated.compare(film, Source(table="t.csv"), surrogate, 300.0)
    told = found["reasons"]
    assert told[1] == "more than 1 at% Ga, which the model does not know" and told[2] == ""
    assert told[3] == "Y is not in the data of the intrinsic model" and told[5] == "no rare earths"
    assert "from every composition in the data" in told[4] and found["inside"] == n - 4
    assert [k for k, value in enumerate(found["ratio"]) if value is None] == [1, 3, 4, 5]
    few = {e: values[:6] for e, values in atoms.items()}
    film, _ = _film(few, np.full(6, 0.3))
    with pytest.raises(UserError, match="2 positions within the models; 10 are needed"):
        simulated.compare(film, Source(table="t.csv"), surrogate, 300.0)


def test_composition_may_stand_in_a_column(tmp_path):
    rows = [(x, 0, Ce) for x, Ce in enumerate((0.0, 0.25, "", 1.5))]
    (tmp_path / "t.csv").write_text("\n".join(["x (mm),y (mm),Ce_of_R (1)", *(",".join(map(str, row)) for row in rows)]) + "\n")
    source = Source(table=tmp_path / "t.csv", composition="Nd", shares={"Ce": "Ce_of_R"})
    data = Data((), np.empty((4, 0)), np.empty(0, int), np.ones(4), np.arange(4.0), np.zeros(4))
    shares, reasons = simulated.compositions(Film(data, {}, None, None, {}), source)
    assert shares[:2, ELEMENTS.index("Ce")] == pytest.approx([0, 0.25]) and shares[1].sum() == pytest.approx(2)
    assert reasons[:3] == ["", "", "Ce is not measured"] and "between 0 and 1" in reasons[3]
    with pytest.raises(UserError, match=r"t.csv: shares.Ce: column cerium .* there are Ce_of_R"):
        simulated.compositions(Film(data, {}, None, None, {}), source.model_copy(update={"shares": {"Ce": "cerium"}}))
