"""Coercivity from MOKE loops that were made with a known one, and folders of them."""

import numpy as np
import pytest

from hardmag.errors import UserError
from hardmag.films.moke import coercivity, read_moke


def pulses(Hc, level, rng, width=0.15, slope=0.15, drift=0.1, samples=400, peak=4.0):
    """(fields, signal) of a pulse up and one down: the moment follows tanh about ±Hc, which is not the fit's step."""
    half = peak * np.sin(np.pi * np.arange(samples) / samples) ** 2
    H = np.concatenate([half, -half])
    up = np.arange(samples) <= samples / 2
    m = np.concatenate([np.where(up, np.tanh((half - Hc) / width), np.tanh((peak - Hc) / width)),
                        np.where(up, -np.tanh((half - Hc) / width), -np.tanh((peak - Hc) / width))])  # fmt: skip
    m = m if abs(Hc) < peak else np.ones(2 * samples)
    signal = 0.3 * (m + slope * H / peak + drift * np.arange(2 * samples) / samples)
    return H, signal + 0.3 * level * rng.normal(size=len(H))


@pytest.mark.parametrize("level", [0.02, 0.05, 0.1])
def test_coercivity_of_noisy_loops(level):
    """Mean absolute error of at most 0.010 T at 10 % noise, drift, slope and a step 0.15 T wide; its errors are as stated."""
    rng, off, scaled = np.random.default_rng(5), [], []
    for Hc in np.linspace(0.4, 3.2, 20):
        found = coercivity(*pulses(Hc, level, rng))
        assert found.reason == ""
        off.append(found.mu0_Hc_T - Hc)
        scaled.append(off[-1] / found.error_T)
    assert np.mean(np.abs(off)) < 0.1 * level
    # Of 20 normal deviates the root mean square lies within 0.6 and 1.4 in 99 of 100 cases.
    assert 0.6 < np.sqrt(np.mean(np.square(scaled))) < 1.4


def test_sign_and_shift_do_not_count():
    H, signal = pulses(1.5, 0.0, np.random.default_rng(0), slope=0.0, drift=0.0)
    assert coercivity(H, -signal).mu0_Hc_T == pytest.approx(1.5, abs=2e-3)
    shifted = coercivity(H + 0.2, signal)
    assert shifted.mu0_Hc_T == pytest.approx(1.5, abs=2e-3) and shifted.shift_T == pytest.approx(0.2, abs=2e-3)
    slow = np.concatenate([np.linspace(3, -3, 301), np.linspace(-3, 3, 301)])
    m = np.concatenate([np.where(slow[:301] > -0.8, 1.0, -1.0), np.where(slow[301:] < 0.8, -1.0, 1.0)])
    assert coercivity(slow, m).mu0_Hc_T == pytest.approx(0.8, abs=0.02)  # steps of 0.02 T


def test_no_reversal_is_no_coercivity():
    rng = np.random.default_rng(7)
    for _ in range(8):
        found = coercivity(*pulses(9.0, 0.1, rng))
        assert np.isnan(found.mu0_Hc_T) and found.reason == "does not reverse within 4 T"
    late = coercivity(*pulses(3.95, 0.02, rng, width=0.05))
    assert np.isnan(late.mu0_Hc_T) and late.reason


@pytest.mark.parametrize(
    ("H", "y", "says"),
    [
        (np.arange(50.0), np.zeros(50), "both polarities"),
        (np.linspace(-1, 1, 50), np.zeros(49), "must be as many"),
        (np.linspace(-1, 1, 10), np.zeros(10), "20 at least"),
        (np.linspace(-1, 1, 50), np.full(50, np.nan), "finite"),
    ],
)
def test_what_is_no_loop_is_refused(H, y, says):
    with pytest.raises(UserError, match=says):
        coercivity(H, y)


def write(folder, name, Hc, rng, shots=3, rows=slice(None)):
    """A pair of files as a pulsed MOKE writes them: a row per sample, a column per shot, the coil's voltage the slope of B."""
    quiet = np.zeros(60)
    H, signal = pulses(Hc, 0.0, rng, slope=0.0, drift=0.0)
    H, signal = np.concatenate([quiet, H]), np.concatenate([np.full(60, signal[-1]), signal])
    coil = 0.01 + np.diff(H, prepend=0.0)  # and an offset, as amplifiers have
    for kind, column in (("magnetization", signal), ("pulse", coil)):
        rows_of = column[:, None] + 1e-3 * rng.normal(size=(len(column), shots)) * (kind == "magnetization")
        text = "\n".join("\t".join(f"{v:.6e}" for v in row) for row in rows_of[rows])
        (folder / f"{name}_{kind}.txt").write_text(f"#sample\n#V\n{text}\n")


def test_folder_of_pulses(tmp_path):
    rng = np.random.default_rng(9)
    for number, (x, y, Hc) in enumerate([(-10, 0, 1.2), (0, 0, 2.0), (5, 2.5, 9.0)], start=1):
        write(tmp_path, f"p{number}_x{x}_y{y}", Hc, rng)
    maps = read_moke(tmp_path, peak_T=4.0)
    Hc = maps["mu0_Hc_T"]
    assert (Hc.unit, Hc.x_mm.tolist(), Hc.y_mm.tolist()) == ("T", [-10, 0, 5], [0, 0, 2.5])
    assert Hc.values[:2] == pytest.approx([1.2, 2.0], abs=0.01)  # the field is a sum of samples, 0.03 T apart
    assert np.isnan(Hc.values[2]) and Hc.reasons == ("", "", "does not reverse within 4 T")
    assert (maps["mu0_Hc_error_T"].values[:2] < 0.01).all()
    with pytest.raises(UserError, match=r"peak_T = 40000 must be within .* was it meant in .*Oe"):
        read_moke(tmp_path, peak_T=40000)


def test_bad_folders_of_pulses(tmp_path):
    rng = np.random.default_rng(9)
    with pytest.raises(UserError, match="files must be named as"):
        read_moke(tmp_path, 4.0)
    write(tmp_path, "p1_x0_y0", 1.2, rng)
    good = (tmp_path / "p1_x0_y0_pulse.txt").read_text()
    (tmp_path / "p1_x0_y0_pulse.txt").write_text(good[: len(good) // 2].rsplit("\n", 1)[0])
    with pytest.raises(UserError, match="one of the files may be cut"):
        read_moke(tmp_path, 4.0)
    (tmp_path / "p1_x0_y0_pulse.txt").write_text(good[:-20])
    with pytest.raises(UserError, match="not all of one length; the file may be cut"):
        read_moke(tmp_path, 4.0)
    (tmp_path / "p1_x0_y0_pulse.txt").write_text(good)
    write(tmp_path, "p2_x0.0_y0", 1.2, rng)
    with pytest.raises(UserError, match="position x = 0 mm, y = 0 mm stands twice"):
        read_moke(tmp_path, 4.0)
