"""What elements and compounds cost: a dated table of prices with sources, and cost per cm³ from it."""

import csv
import re
from dataclasses import dataclass
from datetime import date
from math import fsum, isfinite
from pathlib import Path

import numpy as np

from hardmag.errors import InvalidValue, UserError
from hardmag.materials.composition import (
    AVOGADRO_PER_MOL,
    ELEMENTS,
    RARE_EARTHS,
    LATTICE_CO_nm,
    LATTICE_nm,
    MOLAR_MASS_g_per_mol,
)

DEFAULT = Path(__file__).with_name("prices.csv")
COLUMNS = ("element", "form", "price", "unit", "date", "source")  # and note, which may be left out
KG = {"kg": 1.0, "lb": 0.45359237}
# Element of an oxide, and its share of the oxide's mass.
OXIDES = {
    "La2O3": ("La", 0.853),
    "CeO2": ("Ce", 0.814),
    "Pr6O11": ("Pr", 0.828),
    "Nd2O3": ("Nd", 0.857),
    "Dy2O3": ("Dy", 0.871),
    "Tb4O7": ("Tb", 0.850),
}


@dataclass(frozen=True)
class Price:
    """A row of the table: what an element costs, or, where its form is "currency", what a US dollar costs.

    form: "metal", "currency" or one of OXIDES; unit: "CNY/kg", "USD/lb", … or "JPY/USD"; date: a year, a month or a day.
    """

    element: str
    form: str
    price: float
    unit: str
    date: str
    source: str
    note: str = ""

    @property
    def assumed(self) -> bool:
        """Whether it has no source."""
        return self.source.lower() == "assumed"


@dataclass(frozen=True)
class PriceTable:
    """Prices by element and exchange rates by currency, from one file."""

    file: str
    prices: dict[str, Price]
    rates: dict[str, Price]

    def per_kg(self, element, currency="JPY") -> float:
        """Price of 1 kg of the element in its metal. That of an oxide counts for the metal in it: a lower bound."""
        row = self._price(element)
        paid, weight = row.unit.split("/")
        metal = OXIDES[row.form][1] if row.form in OXIDES else 1.0
        return row.price / KG[weight] / metal * self._per_USD(currency) / self._per_USD(paid)

    def rests_on(self, element, currency="JPY") -> list[Price]:
        """The rows that per_kg takes: the element's, and the exchange rates if it has to be exchanged."""
        row = self._price(element)
        paid = row.unit.split("/")[0]
        return [row] if paid == currency else [row, *(self.rates[c] for c in (paid, currency) if c in self.rates)]

    def _price(self, element):
        if element not in self.prices:
            raise InvalidValue(f"no price of {element} in {self.file}, which has those of {', '.join(self.prices)}")
        return self.prices[element]

    def _per_USD(self, currency):
        if currency != "USD" and currency not in self.rates:
            raise InvalidValue(f"no exchange rate of {currency} in {self.file}, which has {', '.join(('USD', *self.rates))}")
        return 1.0 if currency == "USD" else self.rates[currency].price


@dataclass(frozen=True)
class Cost:
    """Cost of the metals in 1 cm³.

    parts: of value, by element; they sum to it. assumed_share: how much of value, 0 to 1, rests on
    prices or exchange rates without a source. lower_bound: whether prices of oxides are in it, which leave out the reduction
    to metal.
    """

    value: float
    currency: str
    parts: dict[str, float]
    assumed_share: float
    lower_bound: bool

    def __str__(self):
        bound = "at least " if self.lower_bound else ""
        assumed = f", {self.assumed_share:.0%} of it assumed" if self.assumed_share else ""
        return f"{bound}{self.value:.3g} {self.currency}/cm³{assumed}"


def cost_per_cm3(composition, prices, currency="JPY") -> Cost:
    """Cost of the metals in 1 cm³ of an R2T14B compound. InvalidValue where an element has no price, or no known density."""
    masses = composition.mass_fractions
    try:
        per_kg = {element: prices.per_kg(element, currency) for element in masses}
    except InvalidValue as error:
        raise InvalidValue(f"{composition}: {error}") from None
    density_kg_per_cm3 = composition.density_g_per_cm3 / 1000
    parts = {element: density_kg_per_cm3 * masses[element] * per_kg[element] for element in masses}
    rows = {element: prices.rests_on(element, currency) for element in masses}
    assumed = fsum(parts[element] for element in masses if any(row.assumed for row in rows[element]))
    value = fsum(parts.values())
    return Cost(value, currency, parts, assumed / value, any(rows[element][0].form in OXIDES for element in masses))


def costs_per_cm3(shares, prices, currency="JPY"):
    """(n,) values of cost_per_cm3, of shares (n, 8) in the order of ELEMENTS, all at once. InvalidValue as there."""
    columns = dict(zip(ELEMENTS, np.asarray(shares, dtype=float).T, strict=True))
    columns = {element: share for element, share in columns.items() if share.any()}
    unknown = [element for element in columns if element in RARE_EARTHS and element not in LATTICE_nm]
    if unknown:
        raise InvalidValue(f"no density of compounds of {unknown[0]} is known here")
    paid = MOLAR_MASS_g_per_mol["B"] * prices.per_kg("B", currency)
    for element, share in columns.items():
        atoms = 2 if element in RARE_EARTHS else 14
        paid = paid + atoms * share * MOLAR_MASS_g_per_mol[element] * prices.per_kg(element, currency)
    cell = [share * np.array(LATTICE_nm[element])[:, None] for element, share in columns.items() if element in LATTICE_nm]
    a, c = 1e-7 * (sum(cell) + columns.get("Co", 0.0) * np.array(LATTICE_CO_nm)[:, None])  # cm
    return 4e-3 * paid / (AVOGADRO_PER_MOL * a * a * c)


def read_prices(path=None) -> PriceTable:
    """The table of a CSV file, or the one that comes with hardmag.

    Columns, in any order: COLUMNS and note; lines that begin with # are remarks. UserError, one line with the file, the line
    and the column, for what is missing, no number, an unknown form or unit, no date, and a second price of an element.
    """
    path = DEFAULT if path is None else Path(path)
    rows, prices, rates = _rows(path), {}, {}
    for line, cells in rows:
        row = _price(f"{path}: line {line}", cells)
        table = rates if row.form == "currency" else prices
        if row.element in table:
            raise UserError(f"{path}: line {line}, column element: {row.element} stands in an earlier line already")
        table[row.element] = row
    for line, cells in rows:
        paid, _, weight = cells["unit"].partition("/")
        if cells["form"] != "currency" and (weight not in KG or paid not in ("USD", *rates)):
            known = f"{', '.join(('USD', *rates))}, then /kg or /lb"
            raise UserError(f"{path}: line {line}, column unit: {cells['unit'] or 'nothing'} is unknown; known are {known}")
    return PriceTable(str(path), prices, rates)


def _rows(path):
    """[(number of the line, {column: cell}), …] without remarks and empty lines."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is no text in UTF-8") from None
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip(" \t,") or line.startswith("#"):
            continue
        try:
            rows.append((number, [cell.strip() for cell in next(csv.reader([line], strict=True, skipinitialspace=True))]))
        except csv.Error as error:
            raise UserError(f"{path}: line {number}: {error}") from None
    if not rows:
        raise UserError(f"{path}: is empty; its columns must be {', '.join(COLUMNS)}, note")
    (number, columns), *rows = rows
    missing = [name for name in COLUMNS if columns.count(name) != 1]
    if missing:
        raise UserError(f"{path}: line {number}: no column {missing[0]}, or two of it; there must be {', '.join(COLUMNS)}")
    for number, cells in rows:
        if len(cells) != len(columns):
            raise UserError(
                f'{path}: line {number}: {len(cells)} cells under {len(columns)} columns; text with a comma needs "quotes"'
            )
    return [(number, dict(zip(columns, cells, strict=True))) for number, cells in rows]


def _price(where, cells):
    """A row, checked but for the currency of its unit."""

    def refuse(column, allowed):
        raise UserError(f"{where}, column {column}: {cells[column] or 'nothing'} must be {allowed}")

    for column in ("date", "source"):
        if not cells[column]:
            refuse(column, "given; source: assumed, where there is none" if column == "source" else "given")
    try:
        price = float(cells["price"])
    except ValueError:
        price = 0.0
    if not (isfinite(price) and price > 0):
        refuse("price", "a number > 0")
    element, form, unit = cells["element"], cells["form"], cells["unit"]
    if form == "currency":
        if not re.fullmatch("[A-Z]{3}", element) or element == "USD":
            refuse("element", "three letters such as JPY, and not USD, as its form is currency")
        if unit != f"{element}/USD":
            refuse("unit", f"{element}/USD, as its form is currency")
    elif not re.fullmatch("[A-Z][a-z]?", element):
        refuse("element", "the symbol of an element")
    elif form != "metal" and OXIDES.get(form, ("",))[0] != element:
        refuse("form", " or ".join(["metal", *(oxide for oxide, (of, _) in OXIDES.items() if of == element)]))
    if not _is_date(cells["date"]):
        refuse("date", "a year, a month or a day: 2023, 2023-12 or 2023-12-01")
    return Price(element, form, price, unit, cells["date"], cells["source"], cells.get("note", ""))


def _is_date(text):
    try:
        return bool(re.fullmatch(r"\d{4}(-\d\d){0,2}", text)) and bool(date.fromisoformat(text + "0000-01-01"[len(text) :]))
    except ValueError:
        return False
