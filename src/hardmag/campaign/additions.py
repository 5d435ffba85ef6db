"""Designs that go back into a campaign as samples: each addition is a folder inside the campaign's, and looks like one itself.

Layout below results/<campaign>/verification/ and results/<campaign>/cycles/<c>/, beside what ledger.py lists:
  designs.json           {"designs": [{"parameters": {…}, "origin": why, …}], …}: what was proposed
  plan.json              as a campaign's; designs: what became of each, {"sample": id, "origin"} or {"reason"}
Nothing of the campaign is touched: a sample that it holds already, or an addition before, is not in a batch again.
"""

from collections import Counter
from pathlib import Path

from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import samples_of
from hardmag.campaign.ledger import write_plan
from hardmag.errors import UserError
from hardmag.files import read_json


def plan_additions(config_path, folder, designs, earlier, device=None):
    """Designs → samples of the campaign in batches of the addition `folder`; writes its plan.json and returns it.

    designs: designs.json, in which `shared` may hold parameters that no design sets but the campaign's samples do not share;
    earlier: plan.json of the campaign and of the additions that this one builds on; device: as for ledger.plan_campaign.
    Designs that are impossible, or whose method says so (possible: false), are counted by reason.
    """
    campaign, content = load_campaign(config_path), read_json(designs)
    proposed = content["designs"]
    shared = {name: value for name, value in content.get("shared", {}).items() if name in campaign.design.parameters}
    try:
        found = samples_of(campaign, [shared | d["parameters"] for d in proposed])
    except UserError as error:
        raise UserError(f"{designs}: {error}") from None
    held = {sample for plan in earlier for sample in read_json(plan)["samples"]}
    new, became = {}, []
    for design, sample in zip(proposed, found, strict=True):
        if not isinstance(sample, str) and not design.get("possible", True):
            sample = "impossible by the word of its method"
        if isinstance(sample, str):
            became.append({"reason": sample})
            continue
        became.append({"sample": sample.id, "origin": design.get("origin", "designed")})
        if sample.id not in held:
            new.setdefault(sample.id, sample)
    content = {
        "combinations": len(proposed),
        "rejected": dict(Counter(b["reason"] for b in became if "reason" in b)),
        "held": sorted({b["sample"] for b in became if "sample" in b} & held),
        "designs": became,
    }
    return write_plan(config_path, folder, campaign, list(new.values()), [Path(config_path)], content, device)


def additions(folder):
    """Folders of a campaign's additions that have a plan: the verification, then the cycles in their order."""
    folder = Path(folder)
    cycles = sorted(folder.glob("cycles/*/plan.json"), key=lambda path: int(path.parent.name))
    return [path.parent for path in (folder / "verification" / "plan.json", *cycles) if path.exists()]
