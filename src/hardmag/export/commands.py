"""`hardmag export`: its words and options. What an export needs is imported when it is made."""

import math
import sys

import shtab

from hardmag.errors import UserError

WHERE = "dataset, results/<campaign>, or the campaign file"


def add_exports(parser):
    """Give a parser its actions. Each sets `command`, a function of the arguments that returns an exit code or None."""
    actions = parser.add_subparsers(required=True, metavar="WHAT")

    def action(name, function, text, of, of_what, output):
        sub = actions.add_parser(name, help=text, description=text)
        sub.set_defaults(command=function)
        sub.add_argument(of, help=of_what).complete = shtab.FILE
        sub.add_argument("-o", "--output", required=True, metavar="FILE", help=output).complete = shtab.FILE
        return sub

    text = "the magnetisation at a field, simulated anew: .ovf of grids, .vtu of grids, meshes and grains"
    sub = action("state", _state, text, "case", "case file; with --campaign, a sample's id or its beginning", ".ovf or .vtu")
    sub.add_argument("--at-field", type=float, required=True, metavar="T", help="applied field µ0·H in T, as -3.2")
    sub.add_argument("--campaign", help=WHERE).complete = shtab.FILE
    text = "which half-cycle of the sample (default: %(default)s)"
    sub.add_argument("--realisation", type=int, default=0, metavar="N", help=text)

    both = f"{WHERE}; or the OUT.h5 of hardmag simulate"
    action("curves", _curves, "demagnetisation curves as a table", "dataset", both, ".csv")
    action("dataset", _dataset, "a dataset with its curves as NetCDF, for xarray", "dataset", WHERE, ".nc")
    text = "Hc, Mr and (BH)max with their names in an ontology of magnetism, for MaMMoS packages"
    action("mammos", _mammos, text, "dataset", both, ".csv or .yaml")
    text = "a campaign's results with a description for archives, an RO-Crate"
    sub = action("crate", _crate, text, "campaign", "results/<campaign>, or the campaign file", "new folder, or .zip")
    _add_terms(sub)
    text = "a description of the dataset's Parquet table for libraries of machine learning, Croissant"
    sub = action("croissant", _croissant, text, "dataset", WHERE, ".json, to be kept where it is written")
    _add_terms(sub)


def _add_terms(parser):
    parser.add_argument("--license", required=True, metavar="URL", help="address of the licence that you give the data under")
    parser.add_argument("--creator", required=True, metavar="NAME", help="name of the person who made the data")


def _terms(arguments):
    from hardmag.export.terms import Terms

    return Terms(arguments.license, arguments.creator)


def _state(arguments):
    from hardmag.control.places import case_file, dataset_file
    from hardmag.export.state import SimulationFailed, export_state, of_case, of_sample

    if not math.isfinite(arguments.at_field):
        raise UserError(f"--at-field {arguments.at_field}: must be a finite number")
    if arguments.campaign is None:
        given = of_case(case_file(arguments.case))
    else:
        given = of_sample(dataset_file(arguments.campaign), arguments.case, arguments.realisation)
    try:
        m_parallel = export_state(*given, arguments.at_field, arguments.output)
    except SimulationFailed as failure:
        print(f"error: simulation failed: {failure}, before it came to {arguments.at_field:g} T", file=sys.stderr)
        return 1
    print(f"m_parallel = {m_parallel:.4g} at {arguments.at_field:g} T; written to {arguments.output}")
    return 0


def _curves(arguments):
    from hardmag.export.tables import export_curves

    print(f"fields: {export_curves(_dataset_of(arguments), arguments.output)}; written to {arguments.output}")


def _dataset(arguments):
    from hardmag.export.netcdf import export_dataset

    sizes = export_dataset(_dataset_of(arguments), arguments.output)
    print(f"{', '.join(f'{name}: {length}' for name, length in sizes.items())}; written to {arguments.output}")


def _mammos(arguments):
    from hardmag.export.mammos import export_mammos

    print(f"curves: {export_mammos(_dataset_of(arguments), arguments.output)}; written to {arguments.output}")


def _crate(arguments):
    from hardmag.control.places import results_folder
    from hardmag.export.crate import export_crate

    count = export_crate(results_folder(arguments.campaign), arguments.output, _terms(arguments))
    print(f"files: {count}; written to {arguments.output}")


def _croissant(arguments):
    from hardmag.export.croissant import export_croissant

    count = export_croissant(_dataset_of(arguments), arguments.output, _terms(arguments))
    print(f"columns: {count}; written to {arguments.output}")


def _dataset_of(arguments):
    from hardmag.control.places import dataset_file

    return dataset_file(arguments.dataset)
