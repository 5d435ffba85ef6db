"""A dataset that comes with the project: everything below it runs from the file, and nothing is simulated."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hardmag import PHYSICS_VERSION
from hardmag.campaign.config import Verification, load_campaign
from hardmag.campaign.current import PLAN_VERSION
from hardmag.campaign.design import make_plan
from hardmag.campaign.ledger import SETTINGS, outlook_lines
from hardmag.dataset.checks import check_complete
from hardmag.dataset.join import known
from hardmag.dataset.read import opened, read_table
from hardmag.errors import UserError
from hardmag.files import atomic_path, sha256, write_json


def adopt(config_path, dataset, output, stages=lambda campaign, table, nanostructures: {}, verification=None):
    """Write what the workflow needs to know of a campaign whose dataset is given: plan.json without batches.

    Raises UserError where the dataset lacks a part or is in other units, belongs to another campaign, or holds samples
    that do not follow from this campaign file; the latter can be told if both are of one physics version, which is part of
    a sample's id. stages: function of campaign, table and number of nanostructures (stages.stages), which is not this
    floor's; verification: file of inverse designs that were judged, None: there is none.
    """
    campaign = load_campaign(config_path)
    with opened(dataset) as file:
        check_complete(dataset, file)
        name, physics = str(file.attrs["campaign"]), int(file.attrs["physics_version"])
        samples = [value.decode() for value in file["samples/id"][()]]
    if name != campaign.name:
        raise UserError(f"{dataset}: holds campaign {name}, {config_path} is campaign {campaign.name}")
    plan, held = make_plan(campaign), set(samples)
    wanted = {sample.id for sample in plan.samples}
    foreign = [sample for sample in samples if sample not in wanted] if physics == PHYSICS_VERSION else []
    if foreign:
        raise UserError(
            f"{dataset}: {len(foreign)} of {len(samples)} samples do not follow from {config_path}, the first is {foreign[0]}"
        )
    # Nothing is simulated: neither designs nor samples of a loop, whatever sections the campaign file has.
    simulated = {"active_learning": None, "verification": Verification() if verification else None}
    data = known(campaign, [sample for sample in plan.samples if sample.id in held], dataset)
    content = {
        "plan_version": PLAN_VERSION,
        "campaign": name,
        "kind": campaign.nanostructure["kind"],
        "physics_version": physics,
        "given": {"dataset": str(dataset)} | ({"verification": str(verification)} if verification else {}),
        "sources": {str(p): sha256(p) for p in (config_path, dataset, *filter(None, [verification]), *campaign.dataset)},
        "settings": campaign.model_dump(mode="json", include=SETTINGS),
        "stages": stages(campaign.model_copy(update=simulated), read_table(dataset), data["nanostructures"]),
        "batches": [],
        "samples": samples,
        "known": data,
    }
    write_json(output, content)
    line = f"campaign {name}: {len(samples)} samples given by {dataset}, of {len(wanted)} in its design; none is simulated"
    return "\n".join([line, *outlook_lines(content)])


def take_dataset(given, output, table):
    """Copy a given dataset, found to be whole, and write its flat table (Parquet), as dataset.build does."""
    columns = {name: values for name, values in read_table(given).items() if name not in ("specification", "history")}
    with atomic_path(output) as temporary:
        temporary.write_bytes(Path(given).read_bytes())
    with atomic_path(table) as temporary:
        pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), temporary)
