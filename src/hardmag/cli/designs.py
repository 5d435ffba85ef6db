"""Commands that ask the surrogates of a campaign. What a command needs is imported when it runs."""

import sys

from hardmag.cli.words import add_command, add_place, named, positive


def add_designs(commands):
    """Add these commands to a parser's."""
    sub = add_command(
        commands, "predict", _predict, "properties of a nanostructure, as the surrogates of a campaign predict them"
    )
    _add_campaign(sub)
    _add_parameters(sub, "what the campaign varies: L_nm=60 …; what it prescribes for its designs may be left out")

    sub = add_command(
        commands, "switching-law", _switching_law, "coercivity of a nanostructure by angle, as a law of polycrystals' grains"
    )
    _add_campaign(sub)
    _add_parameters(sub, "what the campaign varies but for the angle: L_nm=60 …; what it prescribes may be left out")
    sub.add_argument("-o", "--output", required=True, help="JSON file to write, for law of kind polycrystal")

    sub = add_command(
        commands, "design", _design, "nanostructures for wanted properties, with what the surrogates predict of them"
    )
    _add_campaign(sub)
    methods = ("neural_adjoint", "posterior", "nearest", "i_nn")
    sub.add_argument("--method", choices=methods, default=methods[0], help="inverse method (default: %(default)s)")
    sub.add_argument("--count", type=positive, default=5, help="number of distinct designs (default: %(default)s)")
    sub.add_argument("--least", metavar="COLUMN", help="with as little as possible of it, as of Nd_at_percent in grains")
    text = "wanted properties, mu0_Hc_T=3 …, and parameters that are prescribed, L_nm=60 …, or left to design: alpha_deg=free"
    _add_parameters(sub, text)


def _add_campaign(parser):
    text = "results/<campaign>, or the campaign file (default: %(default)s)"
    add_place(parser, "--campaign", text, default="results/smco17-demo")


def _add_parameters(parser, text):
    parser.add_argument("values", nargs="+", metavar="NAME=VALUE", help=text)


def _predict(arguments):
    from hardmag.api import predict

    print(predict(arguments.campaign, **named(arguments.values)))


def _switching_law(arguments):
    from hardmag.control.places import results_folder
    from hardmag.inverse.law import write_switching_law

    print(write_switching_law(results_folder(arguments.campaign), named(arguments.values), arguments.output))


def _design(arguments):
    from hardmag.api import design
    from hardmag.dataset.schema import TARGETS

    given = named(arguments.values)
    wanted = {name: given.pop(name) for name in given.keys() & TARGETS.keys()}
    options = {"method": arguments.method, "count": arguments.count, "least": arguments.least}
    found = design(arguments.campaign, wanted, **options, **given)
    if found.refusal is not None:
        print(f"error: {found.refusal}", file=sys.stderr)
        return 1
    print(found)
    return 0
