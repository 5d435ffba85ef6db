"""The command line. Exit codes: 0 with a result, 1 when a simulation or campaign failed, 2 for bad input."""

import argparse
import json
import os
import sys
import textwrap
import time
import warnings
from pathlib import Path

import shtab

from hardmag import __version__
from hardmag.errors import UserError, meant
from hardmag.export.commands import add_exports
from hardmag.parser import Parser

STAGES = ("simulate", "dataset", "surrogates", "analysis", "figures", "explore", "verification", "learning", "all")
SECTIONS = {"verification": "verification", "learning": "active_learning"}  # of the campaign file, that stages need


def main(argv=None):
    """Run one command; returns its exit code."""
    arguments = _parse(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            return arguments.command(arguments) or 0
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _warn(message, *_, **__):
    """A warning on one line, without the place in the code that it came from."""
    print(f"warning: {message}", file=sys.stderr)


def _parse(argv):
    """Options may stand between words of one list, `run FILE --profile P dataset`, which argparse by itself refuses."""
    argv = sys.argv[1:] if argv is None else argv
    arguments, rest = _parser().parse_known_args(argv)
    words = next((name for name in ("targets", "values") if hasattr(arguments, name)), None)
    if rest and words and not any(word.startswith("-") for word in rest):
        setattr(arguments, words, [*getattr(arguments, words), *rest])
        return arguments
    return _parser().parse_args(argv)


def _parser():
    parser = Parser(prog="hardmag", description="Campaigns of batched micromagnetic half-cycles.")
    parser.add_argument("--version", action="version", version=f"hardmag {__version__}")
    shtab.add_argument_to(parser, "--print-completion", help="print what completes commands and options in a shell")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=function)
        return sub

    sub = command("run", _run, "run a campaign to its end, with live progress")
    _add_place(sub, "config", "campaign file, e.g. config/smco17/demo.yaml, or results/<campaign>")
    sub.add_argument(
        "--profile",
        default="profiles/local",
        help="Snakemake profile, here or of those that come with hardmag (default: %(default)s)",
    )
    _add_targets(sub)

    sub = command("plan", _plan, "make the samples and batches of a campaign; counts, rejections, and what it will cost")
    _add_place(sub, "config", "campaign file, or results/<campaign>")
    _add_device(sub)
    sub.add_argument("--dataset", help="a dataset of the campaign that is given: nothing is to be simulated")
    sub.add_argument("--verification", help="inverse designs of it, simulated and judged; goes with --dataset")

    sub = command("validate", _validate, "check a campaign file as a run does before its first simulation; writes nothing")
    _add_place(sub, "config", "campaign file, or results/<campaign>")
    _add_device(sub)

    sub = command("init", _init, "write a campaign file with every key explained, to be changed and run")
    sub.add_argument("kind", help="of nanostructure: smco17, coreshell or polycrystal")
    sub.add_argument("-o", "--output", metavar="FILE", help="file to write, not there yet (default: KIND.yaml)")

    command("where", _where, "the folder of what comes with hardmag: Snakefile, workflow, profiles, config, data, examples")

    sub = command("resume", _resume, "after a lost controller: clear the campaign's jobs out of SLURM's queue, and run it on")
    _add_place(sub, "config", "campaign file, or results/<campaign>")
    sub.add_argument(
        "--profile",
        default="profiles/slurm",
        help="Snakemake profile, here or of those that come with hardmag (default: %(default)s)",
    )
    sub.add_argument("--wait", action="store_true", help="wait for the end of these jobs instead of cancelling them")
    _add_targets(sub)

    sub = command("status", _status, "where a campaign stands")
    _add_place(sub, "campaign", "results/<campaign>, or the campaign file")
    sub.add_argument("--watch", action="store_true", help="again every 5 s until the campaign is over")
    sub.add_argument("--batches", action="store_true", help="list all batches, not only those running or in trouble")
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command("rerun", _rerun, "run one sample of a campaign again, and compare with what is stored; changes nothing")
    sub.add_argument("sample", help="id, or its beginning")
    _add_place(sub, "--campaign", "results/<campaign>, or the campaign file", required=True)
    sub.add_argument("--realisation", type=int, metavar="N", help="only this half-cycle (default: all)")
    sub.add_argument("--verbose", action="store_true", help="print every field recorded")

    sub = command("quarantine", None, "list quarantined samples, or let them be tried again")
    actions = sub.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser("list", help="id, failure, what was seen, and the corrections tried")
    action.set_defaults(command=_quarantine_list)
    _add_place(action, "campaign", "results/<campaign>, or the campaign file")
    action = actions.add_parser("release", help="have samples tried afresh by the next run")
    action.set_defaults(command=_quarantine_release)
    _add_place(action, "campaign", "results/<campaign>, or the campaign file")
    which = action.add_mutually_exclusive_group(required=True)
    which.add_argument("samples", nargs="*", default=[], help="ids, or their beginnings")
    which.add_argument("--all", action="store_true", help="every quarantined sample")

    sub = command("simulate", _simulate, "run one half-cycle of a case file")
    _add_place(sub, "case", "case file (YAML)")
    sub.add_argument("-o", "--output", required=True, help="HDF5 file to write")
    sub.add_argument("--vtu", metavar="FOLDER", help="write m just before and after the switch there, of grains at all fields")

    sub = command("info", _info, "describe a dataset")
    _add_place(sub, "dataset", "dataset, results/<campaign>, or the campaign file")

    add_exports(command("export", None, "results for others: states, curves, datasets, descriptions for archives"))

    sub = command("predict", _predict, "properties of a nanostructure, as the surrogates of a campaign predict them")
    _add_campaign(sub)
    _add_parameters(sub, "what the campaign varies: L_nm=60 …; what it prescribes for its designs may be left out")

    sub = command("switching-law", _switching_law, "coercivity of a nanostructure by angle, as a law of polycrystals' grains")
    _add_campaign(sub)
    _add_parameters(sub, "what the campaign varies but for the angle: L_nm=60 …; what it prescribes may be left out")
    sub.add_argument("-o", "--output", required=True, help="JSON file to write, for law of kind polycrystal")

    sub = command("design", _design, "nanostructures for wanted properties, with what the surrogates predict of them")
    _add_campaign(sub)
    methods = ("neural_adjoint", "posterior", "nearest", "i_nn")
    sub.add_argument("--method", choices=methods, default=methods[0], help="inverse method (default: %(default)s)")
    sub.add_argument("--count", type=_positive, default=5, help="number of distinct designs (default: %(default)s)")
    sub.add_argument("--least", metavar="COLUMN", help="with as little as possible of it, as of Nd_at_percent in grains")
    text = "wanted properties, mu0_Hc_T=3 …, and parameters that are prescribed, L_nm=60 …, or left to design: alpha_deg=free"
    _add_parameters(sub, text)

    sub = command("composition", _composition, "K1, µ0Ms, A, Tc and 2K1/Ms of an R2T14B composition, with their intervals")
    sub.add_argument("formula", help='"(Nd0.4La0.6)2Fe14B", or "Nd0.4La0.6" with Fe alone')
    _add_model(sub)

    sub = command("find-composition", _find_composition, "R2T14B compositions with a wanted K1 and µ0Ms, cheapest first")
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
    sub.add_argument("--answers", type=_positive, default=5, metavar="N", help=text)
    sub.add_argument(
        "--seed",
        type=_positive,
        default=1,
        metavar="N",
        help="of the search: the same seed has the same answers (default: %(default)s)",
    )
    _add_model(sub)
    return parser


def _add_model(parser):
    parser.add_argument("--T", type=float, default=300.0, metavar="K", help="temperature in kelvin (default: %(default)g)")
    text = "model of intrinsic properties (default: the one that comes with hardmag)"
    _add_place(parser, "--model", text, metavar="FILE")
    _add_place(parser, "--prices", "table of prices (default: the one that comes with hardmag)", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="for programs")


def _add_campaign(parser):
    text = "results/<campaign>, or the campaign file (default: %(default)s)"
    _add_place(parser, "--campaign", text, default="results/smco17-demo")


def _add_parameters(parser, text):
    parser.add_argument("values", nargs="+", metavar="NAME=VALUE", help=text)


def _add_place(parser, name, text, **options):
    parser.add_argument(name, help=text, **options).complete = shtab.FILE


def _add_device(parser):
    parser.add_argument("--device", choices=("cpu", "cuda"), help="what the jobs will run on (default: what this machine has)")


def _add_targets(parser):
    parser.add_argument("targets", nargs="*", help=f"stages: {' '.join(STAGES)} (default: all)")


def _targets(arguments, config):
    unknown = sorted(set(arguments.targets) - set(STAGES))
    if unknown:
        raise UserError(f"{unknown[0]!r} is not a stage; there are {', '.join(STAGES)}{meant(unknown[0], STAGES)}")
    for stage in SECTIONS.keys() & set(arguments.targets):
        from hardmag.campaign.config import load_campaign

        if getattr(load_campaign(config), SECTIONS[stage]) is None:
            raise UserError(f"{config}: {SECTIONS[stage]}: the stage {stage} needs this section")
    return arguments.targets


def _run(arguments):
    from hardmag.control.controller import run_campaign

    return _told(arguments, run_campaign)


def _resume(arguments):
    from hardmag.control.resume import resume_campaign

    return _told(arguments, lambda *given: resume_campaign(*given, arguments.wait))


def _told(arguments, run):
    """Exit code of a run; at its end, what it has found, and where."""
    from hardmag.control.places import campaign_file, results_folder
    from hardmag.control.progress import duration
    from hardmag.dataset.found import found

    begin, config = time.monotonic(), campaign_file(arguments.config)
    code = run(config, arguments.profile, _targets(arguments, config))
    if code == 0:
        _print([f"done in {duration(time.monotonic() - begin)}", *found(results_folder(config))])
    return min(code, 1)


def _print(lines):
    """Lines in the width of a screen."""
    for line in lines:
        print("\n".join(textwrap.wrap(line, 79, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)))


def _folder(campaign):
    from hardmag.control.places import results_folder

    return results_folder(campaign)


def _file_and_folder(arguments):
    """A campaign's file and folder of results, given one or the other."""
    from hardmag.campaign.config import load_campaign
    from hardmag.control.places import campaign_file

    config = campaign_file(arguments.config)
    return config, Path("results") / load_campaign(config).name


def _plan(arguments):
    from hardmag.campaign.cost import cost_table
    from hardmag.campaign.ledger import plan_campaign, summary
    from hardmag.stages import outlook, stages

    config, folder = _file_and_folder(arguments)
    if arguments.verification and not arguments.dataset:
        raise UserError("--verification goes with --dataset")
    if arguments.dataset:
        from hardmag.dataset.given import adopt

        print(adopt(config, arguments.dataset, folder / "given.json", stages, arguments.verification))
        return
    plan = plan_campaign(config, folder, arguments.device, outlook)
    print(summary(plan))
    print(cost_table(plan))
    if "refused" in plan:
        print(f"warning: {plan['refused']}. A run without that is refused; nothing is put into batches yet")


def _validate(arguments):
    from hardmag.campaign.ledger import plan_campaign, summary
    from hardmag.stages import outlook

    config, folder = _file_and_folder(arguments)
    plan = plan_campaign(config, folder, arguments.device, outlook, dry=True)
    if "refused" in plan:
        raise UserError(plan["refused"])
    print(summary(plan))
    print(f"{config}: valid")


def _init(arguments):
    from hardmag.campaign.first import write_first

    print(write_first(arguments.kind, arguments.output or f"{arguments.kind}.yaml"))


def _where(arguments):
    from hardmag.shipped import home

    print(home())


def _status(arguments):
    from hardmag.control.watch import status

    status(_folder(arguments.campaign), arguments.watch, arguments.batches, arguments.json)


def _rerun(arguments):
    from hardmag.control.rerun import rerun

    sound = rerun(_folder(arguments.campaign), arguments.sample, arguments.realisation, arguments.verbose)
    return 0 if sound else 1


def _quarantine_list(arguments):
    from hardmag.control.quarantine import listed

    print(listed(_folder(arguments.campaign)))


def _quarantine_release(arguments):
    from hardmag.control.quarantine import release

    chosen = release(_folder(arguments.campaign), None if arguments.all else arguments.samples)
    print(f"samples that the next run tries afresh: {len(chosen)}")
    for sample in chosen:
        print(f"  {sample}")


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

    print(describe(dataset_file(arguments.dataset)))


def _predict(arguments):
    from hardmag.api import predict

    print(predict(arguments.campaign, **_named(arguments.values)))


def _switching_law(arguments):
    from hardmag.inverse.law import write_switching_law

    print(write_switching_law(_folder(arguments.campaign), _named(arguments.values), arguments.output))


def _design(arguments):
    from hardmag.api import design
    from hardmag.dataset.schema import TARGETS

    given = _named(arguments.values)
    wanted = {name: given.pop(name) for name in given.keys() & TARGETS.keys()}
    options = {"method": arguments.method, "count": arguments.count, "least": arguments.least}
    found = design(arguments.campaign, wanted, **options, **given)
    if found.refusal is not None:
        print(f"error: {found.refusal}", file=sys.stderr)
        return 1
    print(found)
    return 0


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
        largest=_named(arguments.max, "Nd=0.4"),
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


def _named(assignments, example="L_nm=60"):
    """{name: value} of words NAME=VALUE; numbers where they can be read as such."""
    found = {}
    for word in assignments:
        name, separator, value = word.partition("=")
        if not (name and separator and value):
            raise UserError(f"{word}: must be NAME=VALUE, as in {example}")
        if name in found:
            raise UserError(f"{name}: is given twice")
        found[name] = _number_or_text(value)
    return found


def _number_or_text(text):
    try:
        return float(text)
    except ValueError:
        return text


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} must be a whole number >= 1")
    return int(text)
