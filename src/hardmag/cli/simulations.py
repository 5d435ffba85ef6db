"""Commands for one simulation, and for what files hold. What a command needs is imported when it runs."""

import sys

from hardmag.cli.words import add_command, add_place


def add_simulations(commands):
    """Add these commands to a parser's."""
    sub = add_command(commands, "simulate", _simulate, "run one half-cycle of a case file")
    add_place(sub, "case", "case file (YAML)")
    sub.add_argument("-o", "--output", required=True, help="HDF5 file to write")
    sub.add_argument("--vtu", metavar="FOLDER", help="write m just before and after the switch there, of grains at all fields")

    sub = add_command(commands, "info", _info, "describe a dataset, or what hardmag simulate has written")
    add_place(sub, "dataset", "dataset, results/<campaign>, the campaign file, or the file of one simulation")


def _simulate(arguments):
    import h5py

    from hardmag.control.places import case_file
    from hardmag.simulate import simulate

    status = simulate(case_file(arguments.case), arguments.output, arguments.vtu)
    if status != "ok":
        print(f"error: simulation failed: {status} (see loop/status in {arguments.output})", file=sys.stderr)
        return 1
    with h5py.File(arguments.output) as file:
        values = [f"{key} = {file.attrs[key]:.4g}" for key in ("mu0_Hc_T", "mu0_Hp_T", "phi_p")]
    print(f"{', '.join(values)}; written to {arguments.output}")
    return 0


def _info(arguments):
    from hardmag.control.places import dataset_file
    from hardmag.dataset.read import describe
    from hardmag.result_file import describe_result, is_result

    path = dataset_file(arguments.dataset)
    print(describe_result(path) if is_result(path) else describe(path))
