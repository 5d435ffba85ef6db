"""Commands for compositions of R2T14B. What a command needs is imported when it runs."""

import json
import sys

from hardmag.cli.words import add_command, add_place, named, positive


def add_compositions(commands):
    """Add these commands to a parser's."""
    sub = add_command(
        commands, "composition", _composition, "K1, µ0Ms, A, Tc and 2K1/Ms of an R2T14B composition, with their intervals"
    )
    sub.add_argument("formula", help='"(Nd0.4La0.6)2Fe14B", or "Nd0.4La0.6" with Fe alone')
    _add_model(sub)

    sub = add_command(
        commands, "find-composition", _find_composition, "R2T14B compositions with a wanted K1 and µ0Ms, cheapest first"
    )
    sub.add_argument("--K1", type=float, required=True, metavar="MJ/m³", help="wanted K1 in MJ/m³")
    sub.add_argument("--Ms", type=float, required=True, metavar="T", help="wanted µ0Ms in T")
    sub.add_argument("--max", nargs="+", default=[], metavar="ELEMENT=SHARE", help="largest shares of R or of T, as Nd=0.4")
    sub.add_argument("--only", metavar="ELEMENTS", help="allowed elements, as Nd,La,Ce; without a metal, Fe is the only one")
    sub.add_argument("--max-cost", type=float, metavar="JPY", help="largest cost of the metals, in JPY/cm³")
    for name, unit in (("K1", "MJ/m³"), ("Ms", "T")):
        text = f"largest half-width of the spread of the fit of {name}, in {unit}"
        sub.add_argument(f"--max-spread-{name}", type=float, metavar=unit, help=text)
    text = "largest distance to the measured compositions, in shares of atoms of R and T to be replaced"
    sub.add_argument("--max-distance", type=float, metavar="D", help=text)
    text = "least difference of Tc and the temperature, in K (default: %(default)g)"
    sub.add_argument("--margin", type=float, default=50.0, metavar="K", help=text)
    text = "number of distinct compositions (default: %(default)s)"
    sub.add_argument("--answers", type=positive, default=5, metavar="N", help=text)
    sub.add_argument(
        "--seed",
        type=positive,
        default=1,
        metavar="N",
        help="of the search: the same seed has the same answers (default: %(default)s)",
    )
    _add_model(sub)


def _add_model(parser):
    parser.add_argument("--T", type=float, default=300.0, metavar="K", help="temperature in kelvin (default: %(default)g)")
    text = "model of intrinsic properties (default: the one that comes with hardmag)"
    add_place(parser, "--model", text, metavar="FILE")
    add_place(parser, "--prices", "table of prices (default: the one that comes with hardmag)", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="for programs")


def _composition(arguments):
    from hardmag.intrinsic.answer import describe
    from hardmag.materials.composition import Composition
    from hardmag.materials.intrinsic import IntrinsicModel
    from hardmag.materials.price import read_prices

    composition = Composition.parse(arguments.formula)
    found = describe(IntrinsicModel.read(arguments.model), composition, arguments.T, read_prices(arguments.prices))
    _print_value(found, arguments.json)


def _find_composition(arguments):
    from hardmag.intrinsic.inverse import find_compositions
    from hardmag.intrinsic.limits import Limits
    from hardmag.materials.intrinsic import IntrinsicModel
    from hardmag.materials.price import read_prices

    spread = {"K1_MJ_per_m3": arguments.max_spread_K1, "mu0_Ms_T": arguments.max_spread_Ms}
    limits = Limits(
        only=None if arguments.only is None else tuple(arguments.only.split(",")),
        largest=named(arguments.max, "Nd=0.4"),
        spread={target: width for target, width in spread.items() if width is not None},
        Tc_margin_K=arguments.margin,
        cost_per_cm3=arguments.max_cost,
        distance=arguments.max_distance,
    )
    model, wanted = IntrinsicModel.read(arguments.model), {"K1_MJ_per_m3": arguments.K1, "mu0_Ms_T": arguments.Ms}
    options = {"count": arguments.answers, "seed": arguments.seed}
    found = find_compositions(model, arguments.T, wanted, limits, read_prices(arguments.prices), **options)
    if found.answers or arguments.json:
        _print_value(found, arguments.json)
    if found.refusal is not None:
        print(f"error: {found.refusal}", file=sys.stderr)
        return 1
    return 0


def _print_value(value, as_json):
    print(json.dumps(value.to_dict(), indent=1, ensure_ascii=False) if as_json else value)
