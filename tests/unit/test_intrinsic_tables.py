"""Tables of measured properties and how their rows are split."""

import numpy as np
import pytest

from hardmag.errors import UserError
from hardmag.intrinsic.splits import SCHEMES, labels, split, without
from hardmag.intrinsic.tables import CURIE, END_MEMBERS, MEASURED, read_measured

HEAD = "La,Nd,Fe,T_K,mu0_Ms_T,mu0_Ha_T,Ha_definition,Tc_K,source,excluded\n"


def table(tmp_path, *rows):
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


def test_own_tables_are_whole():
    measured, curie = read_measured(MEASURED), read_measured(CURIE)
    assert len(measured) == 88 and len(set(measured.source)) == 29 and sum(measured.left_out.values()) == 24
    assert len(curie) == 166 and np.isfinite(curie.Tc_K).all()
    assert len(read_measured(END_MEMBERS)) == 15
    assert np.isfinite(measured.mu0_Ms_T).all() and np.isfinite(measured.K1_MJ_per_m3).all()


def test_anisotropy_constant_follows_from_the_field(tmp_path):
    rows = read_measured(table(tmp_path, "0,2,14,300,1.6,6.7,2K1/Ms,586,someone,"))
    # By hand: 6.7 T · 1.6 T / (2 · 4e-7 π) = 4.265 MJ/m³.
    assert rows.K1_MJ_per_m3 == pytest.approx([4.265], abs=1e-3)
    assert rows.shares[0].tolist() == [0, 0, 0, 1, 0, 1, 0, 0]


def test_tables_join_and_leave_out(tmp_path):
    path = table(tmp_path, "1,1,14,300,1.4,,,563,someone,", "0,2,14,300,1.6,,,586,someone else,a slip")
    rows = read_measured(MEASURED, path)
    assert len(rows) == 89 and rows.left_out["a slip"] == 1
    assert np.isnan(rows.K1_MJ_per_m3[-1]) and len(rows.known("K1_MJ_per_m3")) == 88


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("0,1.9,14,300,1.6,,,586,someone,", "line 2: La \\+ Ce \\+ Pr \\+ Nd \\+ Y = 1.9 must be 2, or 1 as shares"),
        ("0,2,14,300,1.6,6.7,,586,someone,", "line 2: Ha_definition = '' must be one of 2K1/Ms"),
        ("0,2,14,,1.6,,,586,someone,", "line 2: T_K: empty"),
        ("0,2,14,300,1600,,,586,someone,", "line 2: mu0_Ms_T = 1600 must be within 0 to 3"),
        ("0,2,14,300,much,,,586,someone,", "line 2: mu0_Ms_T = 'much' is not a number"),
        ("0,2,14,300,nan,,,586,someone,", "line 2: mu0_Ms_T = 'nan' is not a number"),
        ("0,2,14,300,1.6,,,586,,", "line 2: source: empty"),
        ("0,2,14,300,1.6,,,586,someone,a slip", "no row that counts"),
    ],
)
def test_bad_rows_are_refused_by_name(tmp_path, row, says):
    with pytest.raises(UserError, match=f"own.csv: {says}"):
        read_measured(table(tmp_path, row))


def test_bad_columns_are_refused_by_name(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("Nd,Fe,Ms_T,source\n2,14,1.6,someone\n")
    with pytest.raises(UserError, match="column Ms_T: not known; did you mean mu0_Ms_T"):
        read_measured(path)
    path.write_text("Nd,mu0_Ms_T,source\n2,1.6,someone\n")
    with pytest.raises(UserError, match="no column Fe"):
        read_measured(path)
    with pytest.raises(UserError, match="not a readable table"):
        read_measured(tmp_path / "none.csv")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_folds_keep_groups_together(scheme):
    measured = read_measured(MEASURED)
    folds = split(measured, scheme, 2, 1)
    assert folds.shape == (2, 88) and set(folds.ravel()) == set(range(5))
    assert (folds[0] != folds[1]).any()
    for fold in folds:
        of_group = {}
        for label, k in zip(labels(measured, scheme), fold, strict=True):
            assert of_group.setdefault(label, k) == k


def test_what_is_tested_is_out_of_the_curie_temperatures_too():
    measured, curie = read_measured(MEASURED), read_measured(CURIE)
    neodymium = measured.of(np.array([label == "Nd-Fe" for label in labels(measured, "family")]))
    kept = without(curie, "family", neodymium)
    assert 0 < len(kept) < len(curie) and "Nd-Fe" not in labels(kept, "family")
    by_source = without(curie, "source", neodymium)
    assert not set(by_source.source) & set(neodymium.source)
