"""Compositions of R2T14B: what formulas mean and how they are written, known masses and densities, and what is refused."""

import pickle
import random

import pytest

from hardmag.errors import UserError
from hardmag.materials.composition import ELEMENTS, METALS, RARE_EARTHS, Composition

IDENTICAL = 1e-12  # rounding of a few sums and products


def shares(text):
    """{element: share} of those that are there."""
    composition = Composition.parse(text)
    return {element: share for element in ELEMENTS if (share := composition.share(element))}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Nd", {"Nd": 1, "Fe": 1}),
        ("Nd2Fe14B", {"Nd": 1, "Fe": 1}),
        ("Nd0.4La0.6", {"Nd": 0.4, "La": 0.6, "Fe": 1}),
        ("(Nd0.4La0.6)2Fe14B", {"Nd": 0.4, "La": 0.6, "Fe": 1}),
        (" (Nd .4 La .6)2 Fe14 B ", {"Nd": 0.4, "La": 0.6, "Fe": 1}),
        ("(Nd0.3Ce0.5La0.2)2(Fe0.9Co0.1)14B", {"Nd": 0.3, "Ce": 0.5, "La": 0.2, "Fe": 0.9, "Co": 0.1}),
        ("Nd1.2La0.8Fe12Co2B", {"Nd": 0.6, "La": 0.4, "Fe": 6 / 7, "Co": 1 / 7}),
        ("Y2(Fe0.5Ni0.5)14B1", {"Y": 1, "Fe": 0.5, "Ni": 0.5}),
        (
            "(Nd0.2(Ce0.75La0.25)0.8)2Fe14B",
            {"Nd": 0.2, "Ce": 0.6, "La": 0.2, "Fe": 1},
        ),  # groups in groups, as Kovacs et al. write
        ("Nd0.5La0.5Nd0La0Pr0", {"Nd": 0.5, "La": 0.5, "Fe": 1}),
    ],
)
def test_a_formula_means_these_shares(text, wanted):
    assert shares(text) == pytest.approx(wanted, rel=IDENTICAL)


def test_sums_off_by_rounding_are_made_one():
    # Kovacs et al. 2023 print (Nd0.04La0.22Ce0.62Pr0.11)2(Fe0.98Co0.02)14B: its rare earths sum to 0.99.
    found = shares("(Nd0.04La0.22Ce0.62Pr0.11)2(Fe0.98Co0.02)14B")
    assert found["Ce"] == pytest.approx(0.62 / 0.99, rel=IDENTICAL)
    assert sum(found[element] for element in ("Nd", "La", "Ce", "Pr")) == pytest.approx(1, rel=IDENTICAL)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Dy0.1Nd0.9", r"'Dy0.1Nd0.9': Dy is none of the known elements \(La, Ce, Pr, Nd, Y, Fe, Co, Ni, B\)"),
        ("Nd0.4La0.5", "rare earths sum to 0.9; must be 1 or 2"),
        ("Nd0.4La0.6Ce0.1", "rare earths sum to 1.1; must be 1 or 2"),
        ("Nd0.484La0.5", "rare earths sum to 0.984; must be 1 or 2"),  # 1.6 % off
        ("Nd2Fe13B", "metals sum to 13; must be 1 or 14"),
        ("(Nd0.4La0.6)2(Fe0.6Co0.6)14B", "metals sum to 16.8; must be 1 or 14"),  # a misprint of Kovacs et al. 2023
        ("Nd2Fe14B2", "B sum to 2; must be 1"),
        ("Fe14B", "no rare earth; one of La, Ce, Pr, Nd, Y must be there"),
        ("Nd0Fe14B", "no rare earth"),
        ("()", "no rare earth"),
        ("", "no formula"),
        ("nd2Fe14B", "no formula"),
        ("Nd2 Fe14 B!", "no formula"),
        ("(Nd0.4La0.6", "no formula"),
        ("Nd0.4La0.6)2", "no formula"),
        ("Nd-1La2", "no formula"),
        ("Nd0.4.2La0.6", "no formula"),
        ("Nd1e0", "no formula"),
        ("2Nd", "no formula"),
    ],
)
def test_what_is_no_such_compound_is_refused_in_one_line(text, message):
    with pytest.raises(UserError, match=f"^composition .*{message}") as refused:
        Composition.parse(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((0.5, 0.5), "8 numbers >= 0, of La, Ce, Pr, Nd, Y, Fe, Co, Ni"),
        ((-0.5, 0, 0, 1.5, 0, 1, 0, 0), "8 numbers >= 0"),
        ((0, 0, 0, float("nan"), 0, 1, 0, 0), "8 numbers >= 0"),
        ((0, 0, 0, 0.9, 0, 1, 0, 0), "shares of the rare earths sum to 0.9"),
        ((0, 0, 0, 1, 0, 1, 0.1, 0), "shares of the metals sum to 1.1"),
    ],
)
def test_shares_that_make_no_compound_are_refused(numbers, message):
    with pytest.raises(UserError, match=f"^composition: .*{message}"):
        Composition(numbers)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("La0.6Nd0.4", "(Nd0.4La0.6)2Fe14B"),
        ("Co14B1Nd2", "Nd2Co14B"),
        ("(Y.1La.2Ce.3Pr.25Nd.15)2(Ni.2Co.3Fe.5)14B", "(Nd0.15Pr0.25Ce0.3La0.2Y0.1)2(Fe0.5Co0.3Ni0.2)14B"),
        ("La0.33333Ce0.33333Nd0.33333", "(Nd0.3334Ce0.3333La0.3333)2Fe14B"),
        ("Nd0.99999La0.00001", "Nd2Fe14B"),
    ],
)
def test_it_is_written_in_one_way(text, written):
    assert str(Composition.parse(text)) == written


def test_what_is_written_is_read_back():
    """Any composition to half a digit more than the four that are written; what was read back is written the same."""
    rng = random.Random(5)
    for _ in range(500):
        numbers = []
        for group in (RARE_EARTHS, METALS):
            weights = [rng.random() ** 4 * rng.choice((0, 1)) for _ in group]
            weights[rng.randrange(len(group))] += 0.01
            numbers += [weight / sum(weights) for weight in weights]
        given = Composition(tuple(numbers))
        again = Composition.parse(str(given))
        assert again.shares == pytest.approx(given.shares, abs=1.001e-4)
        assert str(again) == str(given)


def test_equal_ones_are_equal_and_can_be_sent_to_a_worker():
    composition = Composition.parse("Nd0.4La0.6")
    assert composition == Composition.parse("(La0.6Nd0.4)2Fe14B")
    assert hash(composition) == hash(Composition.parse("(La0.6Nd0.4)2Fe14B"))
    assert pickle.loads(pickle.dumps(composition)) == composition


def test_with_shares_keeps_the_proportions_of_the_others():
    composition = Composition.parse("(Nd0.2Ce0.6La0.2)2(Fe0.9Co0.1)14B")
    changed = composition.with_shares({"Nd": 0.6})
    assert str(changed) == "(Nd0.6Ce0.3La0.1)2(Fe0.9Co0.1)14B"
    assert str(changed.with_shares({"Nd": 0.2})) == str(composition)
    assert str(composition.with_shares({"Nd": 0.5, "Pr": 0.3, "Co": 0.4})) == "(Nd0.5Pr0.3Ce0.15La0.05)2(Fe0.6Co0.4)14B"
    assert str(composition.with_shares({"Nd": 0.4, "Pr": 0.6})) == "(Nd0.4Pr0.6)2(Fe0.9Co0.1)14B"
    assert composition.with_shares({}) == composition
    assert composition.with_shares({"Nd": 1.0}).share("La") == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Dy": 0.1}, "Dy is none of the known elements"),
        ({"B": 1}, "B is none of the known elements"),
        ({"Nd": 1.2}, "share Nd = 1.2 must lie between 0 and 1"),
        ({"Nd": float("nan")}, "share Nd = nan must lie between 0 and 1"),
        ({"Pr": 0.7, "Nd": 0.6}, "shares of Pr, Nd sum to 1.3, more than 1"),
        ({"Nd": 0.4, "La": 0.5}, "La, Nd sum to 0.9, and no other element is there to take the rest"),
        ({"Fe": 0.8}, "Fe sum to 0.8, and no other element is there to take the rest"),
    ],
)
def test_with_shares_refuses_what_cannot_be(changes, message):
    with pytest.raises(UserError, match=rf"^composition \(Nd0.4La0.6\)2Fe14B: .*{message}"):
        Composition.parse("Nd0.4La0.6").with_shares(changes)


def test_masses_of_nd2fe14b():
    nd2fe14b = Composition.parse("Nd")
    assert nd2fe14b.molar_mass_g_per_mol == pytest.approx(1081.1, abs=0.05)  # 2·144.24 + 14·55.845 + 10.81
    assert nd2fe14b.mass_fractions == pytest.approx({"Nd": 0.267, "Fe": 0.723, "B": 0.010}, abs=5e-4)
    mixed = Composition.parse("(Nd0.3Ce0.5La0.2)2(Fe0.5Co0.4Ni0.1)14B").mass_fractions
    assert set(mixed) == {"Nd", "Ce", "La", "Fe", "Co", "Ni", "B"}
    assert sum(mixed.values()) == pytest.approx(1, rel=IDENTICAL)


def test_densities():
    assert Composition.parse("Nd").density_g_per_cm3 == pytest.approx(7.60, abs=0.02)
    # By hand: 4·(2·144.24 + 14·58.933 + 10.81) g/mol over 0.60221·865.1²·1187.8·10⁻⁶ cm³/mol.
    assert Composition.parse("Nd2Co14B").density_g_per_cm3 == pytest.approx(8.401, abs=0.001)
    assert Composition.parse("Nd2Co14B").lattice_nm == pytest.approx((0.8651, 1.1878), rel=IDENTICAL)


def test_the_lattice_follows_vegard():
    # (La0.5Ce0.5)2Fe14B: 0.8790, 1.2230 nm measured (doi 10.1016/j.jmmm.2020.166747), as printed.
    assert Composition.parse("La0.5Ce0.5").lattice_nm == pytest.approx((0.8790, 1.2230), abs=5e-4)
    # Measured: Huang et al. 1986. Little Co shrinks the cell less than the straight line says.
    assert Composition.parse("Nd2Fe10Co4B").lattice_nm == pytest.approx((0.8787, 1.2156), rel=4e-3)
    assert Composition.parse("Nd2Fe4Co10B").lattice_nm == pytest.approx((0.8695, 1.1997), rel=4e-3)
    # Nd2Fe12.6Ni1.4B: 0.8799, 1.220 nm measured (Ku & Yen 1987).
    assert Composition.parse("Nd2Fe12.6Ni1.4B").lattice_nm == pytest.approx((0.8799, 1.2200), abs=2e-4)


def test_yttrium_has_no_lattice_here():
    composition = Composition.parse("Nd0.9Y0.1")
    assert sum(composition.mass_fractions.values()) == pytest.approx(1, rel=IDENTICAL)
    for wanted in ("lattice_nm", "density_g_per_cm3"):
        with pytest.raises(UserError, match=r"^composition \(Nd0.9Y0.1\)2Fe14B: no lattice constants of Y2Fe14B"):
            getattr(composition, wanted)
