"""Commands for campaigns: from their first file to their quarantine. What a command needs is imported when it runs."""

import textwrap
import time
from pathlib import Path

from hardmag.cli.words import add_command, add_place
from hardmag.errors import UserError, meant

STAGES = ("simulate", "dataset", "surrogates", "analysis", "figures", "explore", "verification", "learning", "all")
SECTIONS = {"verification": "verification", "learning": "active_learning"}  # of the campaign file, that stages need


def add_campaigns(commands):
    """Add these commands to a parser's."""
    sub = add_command(commands, "run", _run, "run a campaign to its end, with live progress")
    add_place(sub, "config", "campaign file, e.g. config/smco17/demo.yaml, or results/<campaign>")
    _add_profile(sub, "profiles/local")
    _add_targets(sub)

    sub = add_command(
        commands, "plan", _plan, "make the samples and batches of a campaign; counts, rejections, and what it will cost"
    )
    add_place(sub, "config", "campaign file, or results/<campaign>")
    _add_device(sub)
    sub.add_argument("--dataset", help="a dataset of the campaign that is given: nothing is to be simulated")
    sub.add_argument("--verification", help="inverse designs of it, simulated and judged; goes with --dataset")

    sub = add_command(
        commands, "validate", _validate, "check a campaign file as a run does before its first simulation; writes nothing"
    )
    add_place(sub, "config", "campaign file, or results/<campaign>")
    _add_device(sub)

    sub = add_command(commands, "init", _init, "write a campaign file with every key explained, to be changed and run")
    sub.add_argument("kind", help="of nanostructure: smco17, coreshell or polycrystal")
    sub.add_argument("-o", "--output", metavar="FILE", help="file to write, not there yet (default: KIND.yaml)")

    add_command(
        commands,
        "where",
        _where,
        "the folder of what comes with hardmag: Snakefile, workflow, profiles, config, data, examples",
    )

    sub = add_command(
        commands, "resume", _resume, "after a lost controller: clear the campaign's jobs out of SLURM's queue, and run it on"
    )
    add_place(sub, "config", "campaign file, or results/<campaign>")
    _add_profile(sub, "profiles/slurm")
    sub.add_argument("--wait", action="store_true", help="wait for the end of these jobs instead of cancelling them")
    _add_targets(sub)

    sub = add_command(commands, "status", _status, "where a campaign stands")
    add_place(sub, "campaign", "results/<campaign>, or the campaign file")
    sub.add_argument("--watch", action="store_true", help="again every 5 s until the campaign is over")
    sub.add_argument("--batches", action="store_true", help="list all batches, not only those running or in trouble")
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = add_command(
        commands, "rerun", _rerun, "run one sample of a campaign again, and compare with what is stored; changes nothing"
    )
    sub.add_argument("sample", help="id, or its beginning")
    add_place(sub, "--campaign", "results/<campaign>, or the campaign file", required=True)
    sub.add_argument("--realisation", type=int, metavar="N", help="only this half-cycle (default: all)")
    sub.add_argument("--verbose", action="store_true", help="print every field recorded")

    sub = add_command(commands, "quarantine", None, "list quarantined samples, or let them be tried again")
    actions = sub.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser("list", help="id, failure, what was seen, and the corrections tried")
    action.set_defaults(command=_quarantine_list)
    add_place(action, "campaign", "results/<campaign>, or the campaign file")
    action = actions.add_parser("release", help="have samples tried afresh by the next run")
    action.set_defaults(command=_quarantine_release)
    add_place(action, "campaign", "results/<campaign>, or the campaign file")
    which = action.add_mutually_exclusive_group(required=True)
    which.add_argument("samples", nargs="*", default=[], help="ids, or their beginnings")
    which.add_argument("--all", action="store_true", help="every quarantined sample")


def _add_profile(parser, default):
    text = "Snakemake profile, here or of those that come with hardmag (default: %(default)s)"
    parser.add_argument("--profile", default=default, help=text)


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
