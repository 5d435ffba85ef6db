"""Which sample is in which batch. Batches are only ever added: a finished batch stays as it is when samples come in.

Layout below results/<campaign>/:
  released.json          samples released from quarantine, with their histories; only there if there are any
  plan.json              samples wanted, rejections, the checksums of the files that they follow from, what it will cost
  preview.json           in its place while a plan may not be run, with the reason (`refused`): to be looked at
  ledger/round-<r>.json  {batch: [sample keys]}, append-only
  batches/<batch>.json   the samples of a batch, complete: a job needs no other file
  rounds/<r>/<batch>.h5  results (batch_file.py), rounds/<r>/plan.json the batches of a rescue round
  journal/<batch>/       every finished half-cycle, at once (journal.py)
An addition (additions.py) is a folder of the same layout inside that of its campaign.
"""

import hashlib
import json
from pathlib import Path

from hardmag import PHYSICS_VERSION, __version__
from hardmag.campaign.attempts import Attempt, Batch
from hardmag.campaign.config import load_campaign
from hardmag.campaign.cost import DEVICES, batch_estimate, campaign_cost
from hardmag.campaign.current import PLAN_VERSION, stored_plan
from hardmag.campaign.design import make_plan
from hardmag.campaign.released import released_file, releases
from hardmag.campaign.resolution import too_coarse
from hardmag.errors import UserError
from hardmag.files import read_json, sha256, write_json

# Sections of the campaign file that the workflow and the dataset take from the plan.
SETTINGS = {"half_cycle", "quality", "batching", "surrogate", "verification", "active_learning", "seed", "dataset"}


def extend(folder, round_, attempts, batch_size):
    """Put attempts that the ledger of this round does not hold yet into new batches.

    Returns the batches that hold any of the attempts, in the ledger's order.
    """
    ledger, new = _assigned(folder, round_, attempts, batch_size)
    for name, chunk in new.items():
        write_json(_batch_file(folder, name), Batch(name, round_, chunk).to_dict())
    if new:
        write_json(_ledger_file(folder, round_), ledger)
    return _holding(ledger, attempts)


def _assigned(folder, round_, attempts, batch_size):
    """(ledger, new): {batch: keys} with the new batches in it, and these as {batch: attempts}; writes nothing."""
    path = _ledger_file(folder, round_)
    ledger = read_json(path) if path.exists() else {}
    assigned = {key for keys in ledger.values() for key in keys}
    added = sorted((a for a in attempts if a.key not in assigned), key=lambda a: _grid_of(a.sample))
    chunks = [added[start : start + batch_size] for start in range(0, len(added), batch_size)]
    named = [(hashlib.sha256(json.dumps([round_, [a.key for a in c]]).encode()).hexdigest()[:12], c) for c in chunks]
    return ledger | {batch: [a.key for a in chunk] for batch, chunk in named}, dict(named)


def _grid_of(sample):
    """What samples are sorted by into batches: equal grids, and equal meshes, share the slots of a device."""
    return json.dumps([sample.nanostructure.get(name) for name in sample.kind.same_grid])


def _ledger_file(folder, round_):
    return Path(folder) / "ledger" / f"round-{round_}.json"


def _batch_file(folder, batch):
    return Path(folder) / "batches" / f"{batch}.json"


def stored_batch(folder, name):
    """The Batch that batches/<batch>.json holds."""
    return Batch.from_dict(read_json(_batch_file(folder, name)))


def _holding(ledger, attempts):
    wanted = {attempt.key for attempt in attempts}
    return [batch for batch, keys in ledger.items() if wanted.intersection(keys)]


def estimates(folder, batches, batching, new=()):
    """{batch: what it costs (cost.batch_estimate)}: the workflow takes the resources of its jobs from them.

    new: {batch: attempts} of those that are not written.
    """
    return {b: batch_estimate(new[b] if b in new else stored_batch(folder, b).attempts, batching) for b in batches}


def plan_campaign(config_path, folder, device=None, outlook=None, dry=False):
    """Read a campaign file, make its samples, extend the ledger, write plan.json. Returns the plan as a dict.

    device: kind of the jobs' devices, 'cpu' or 'cuda', whose batches must fit into a job; by default this machine's. Where
    they do not, or where the cells of all samples are too coarse, the plan says so under `refused`, and only preview.json is
    written: batches that are written are never changed.
    outlook: function of the campaign and its samples → what the plan shall say of what can be made of them, `stages` and
    `known` (stages.outlook), which is not this floor's. dry: write nothing.
    """
    campaign = load_campaign(config_path)
    _refuse_another(config_path, Path(folder) / "plan.json", campaign.name)
    table, rules = campaign.design.file, campaign.design.made_by
    if rules is not None and not table.is_file():
        raise UserError(
            f"{config_path}: design.file: {table} is not made yet: `hardmag run` makes it, or snakemake -s {rules} -c 1 {table}"
        )
    try:
        plan = make_plan(campaign)
    except UserError as error:
        raise UserError(f"{config_path}: {error}") from None
    sources = [Path(config_path), *([campaign.design.file] if campaign.design.file else [])]
    sources += [Path(file) for file in plan.files]
    sources += campaign.dataset
    if released_file(folder).exists():
        sources.append(released_file(folder))
    counts = {
        "combinations": plan.combinations,
        "rejected": dict(plan.rejected),
        "rejected_rows": plan.rejected_rows,
        "duplicates": plan.duplicates,
    }
    if outlook is not None:
        try:
            counts |= outlook(campaign, plan.samples)
        except UserError as error:
            raise UserError(f"{config_path}: {error}") from None
    return write_plan(config_path, folder, campaign, plan.samples, sources, counts, device, preview=True, dry=dry)


def write_plan(config_path, folder, campaign, samples, sources, content, device, preview=False, dry=False):
    """Put samples, and those of them that were released, into batches, and write plan.json, which holds `content` too.

    sources: files that the samples follow from, the campaign file first; preview: of batches that are too long, and of
    samples that are all too coarse, write preview.json, instead of raising UserError of the former; dry: write nothing. Returns
    the plan as a dict.
    """
    batching = campaign.batching.model_dump()
    by_id = {sample.id: sample for sample in samples}
    released = [Attempt.of(by_id[r.sample], r.corrections) for r in releases(folder) if r.sample in by_id]
    attempts = [*map(Attempt.of, samples), *released]
    ledger, new = _assigned(folder, 0, attempts, campaign.batching.samples)
    batches, refused = _holding(ledger, attempts), _too_long(new.values(), batching, device)
    if refused and not preview:
        raise UserError(f"{config_path}: {refused}")
    if preview and not refused and any(not attempt.corrections for chunk in new.values() for attempt in chunk):
        refused = too_coarse(samples, campaign.quality.max_cell_over_delta0)
    data = {
        "plan_version": PLAN_VERSION,
        "campaign": campaign.name,
        "kind": campaign.nanostructure["kind"],
        "hardmag_version": __version__,
        "physics_version": PHYSICS_VERSION,
        "sources": {str(p): sha256(p) for p in sources},
        **content,
        "settings": campaign.model_dump(mode="json", include=SETTINGS),
        "cost": campaign_cost(samples, len(batches)),
        "batches": batches,
        "estimates": estimates(folder, batches, batching, new),
        "samples": list(by_id),
    }
    if refused:
        data["refused"] = f"{config_path}: {refused}"
    if dry:
        return data
    if not refused:
        extend(folder, 0, attempts, campaign.batching.samples)
    write_json(Path(folder) / ("preview.json" if refused else "plan.json"), data)
    return data


def _refuse_another(config_path, plan_path, name):
    """A campaign's folder belongs to one file: another of the same name would overwrite its dataset."""
    if not plan_path.exists():
        return
    owner = Path(next(iter(stored_plan(plan_path)["sources"])))
    if owner.is_file() and not owner.samefile(config_path):
        raise UserError(f"{config_path}: name: {plan_path.parent} belongs to the campaign file {owner}; choose another name")


def _too_long(new, batching, device):
    """Says which of new batches, lists of attempts, do not fit into the longest job, and what helps; None if all do."""
    limit, found = batching["max_runtime_min"], [(batch_estimate(attempts, batching), len(attempts)) for attempts in new]
    longest = {kind: max(((e[kind]["minutes"], n) for e, n in found), default=(0, 0)) for kind in DEVICES}
    if max(longest.values())[0] <= limit:
        return None
    if device is None:
        from hardmag.campaign.visible import visible_devices  # imports torch: too slow for every reading of the workflow

        device = "cpu" if visible_devices() == ["cpu"] else "cuda"
    minutes, samples = longest[device]
    if minutes <= limit:
        return None
    most = samples * limit // minutes
    ways = [f"set batching.samples to {most} or less"] if most else []
    ways += ["raise the limit"] + (
        ["give the jobs a GPU (docs/slurm.md; hardmag plan --device cuda)"] if device == "cpu" else []
    )
    return (
        f"batching.max_runtime_min = {limit} is less than the {minutes} min that a batch of {samples} "
        f"samples may need on one {DEVICES[device]}: {', or '.join(ways)}"
    )


def summary(plan):
    """What a plan holds, and why combinations were rejected, then what it says of the data that models learn from."""
    rows = {reason: _rows_in_words(numbers) for reason, numbers in plan.get("rejected_rows", {}).items()}
    rejected = ", ".join(f"{count}: {reason}{rows.get(reason, '')}" for reason, count in plan["rejected"].items())
    equal = plan.get("duplicates", 0)  # a plan of an older version does not say
    batches = "1 batch" if len(plan["batches"]) == 1 else f"{len(plan['batches'])} batches"
    line = (
        f"campaign {plan['campaign']}: {plan['combinations']} combinations, {len(plan['samples'])} samples in {batches}; "
        f"rejected {sum(plan['rejected'].values())}"
        + (f" ({rejected})" if rejected else "")
        + (f"; {equal} equal to earlier ones" if equal else "")
    )
    return "\n".join([line, *outlook_lines(plan)])


def outlook_lines(plan):
    """What a plan says of what can be made of it: a line for each finished dataset beside it, and each reason to leave stages
    out."""
    reasons = {}
    for stage, reason in plan.get("stages", {}).items():
        if reason is not None:
            reasons.setdefault(reason, []).append(stage)
    left_out = [f"  left out: {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return [*plan.get("known", {}).get("lines", []), *left_out]


def _rows_in_words(numbers):
    """' in row 3', ' in rows 3, 7', or the first few of many."""
    first = ", ".join(map(str, numbers[:5])) + (", …" if len(numbers) > 5 else "")
    return f" in row{'s' if len(numbers) > 1 else ''} {first}"


def plan_of(folder):
    """plan.json of a campaign. Raises UserError where there is none, and as current.stored_plan."""
    if not (Path(folder) / "plan.json").exists() and (Path(folder) / "given.json").exists():
        raise UserError(f"{folder}: made from a dataset that was given: nothing is simulated here (docs/campaigns.md)")
    if not (Path(folder) / "plan.json").exists():
        raise UserError(f"{folder}: no campaign here (plan.json is missing)")
    return stored_plan(Path(folder) / "plan.json")
