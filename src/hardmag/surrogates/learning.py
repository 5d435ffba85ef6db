"""The closed loop: what is known so far, whether to go on, and which samples to simulate next; a record of each cycle.

A cycle's designs.json holds the state of the loop before it; when the loop stops, `stopped` says why and no designs follow.
"""

from dataclasses import dataclass

import numpy as np
from pymoo.indicators.hv import HV
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting
from sklearn.model_selection import GroupKFold

from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import samples_of
from hardmag.dataset.read import read_curves, read_table
from hardmag.errors import UserError
from hardmag.files import read_json, write_json
from hardmag.loops import Loop, analyse
from hardmag.surrogates.acquisition import DISAGREEMENT, choose, confidence_bounds, disagreement, goals_of, members, search
from hardmag.surrogates.conformal import half_width
from hardmag.surrogates.grains import targets_of
from hardmag.surrogates.models import MEMBERS, fit_networks
from hardmag.surrogates.space import SearchSpace

FOLDS = 5
FRONT_POINTS = 60  # of the networks' front, at most twice as many are told
MIN_GROUPS = 4  # nanostructures, for networks to have some to learn from, to end on and to be judged on


@dataclass(frozen=True)
class Known:
    """Rows that can be learned from. row (n,) in the table; x (n, f) features; y (n, t) of `targets`; groups (n,):
    nanostructures; filling (n,) bool: of the campaign's own design or of the share that fills the space."""

    row: np.ndarray
    x: np.ndarray
    y: np.ndarray
    targets: tuple
    groups: np.ndarray
    filling: np.ndarray


def known_rows(table, space, goals):
    """Known of a dataset's table: accepted rows with finite features and targets, those that all surrogates have and those of
    the goals. Raises UserError for fewer than MIN_GROUPS nanostructures."""
    targets = tuple(dict.fromkeys([*targets_of(table), *(goal.target for goal in goals_of(goals).values())]))
    missing = sorted({*space.parameters, *targets} - table.keys())
    if missing:
        raise UserError(f"active_learning: the dataset has no column {missing[0]}")
    x, y = space.features(table), np.stack([table[name].astype(float) for name in targets], axis=1)
    row = np.flatnonzero((table["status"] == "accepted") & np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1))
    groups = space.groups({name: table[name][row] for name in space.parameters}) if len(row) else np.empty(0, int)
    found = len(np.unique(groups))
    if found < MIN_GROUPS:
        raise UserError(f"active_learning: {found} accepted nanostructures with a coercivity, at least {MIN_GROUPS} are needed")
    filling = np.isin(_column(table, "origin", "design")[row], ("design", "space_filling"))
    return Known(row, x[row], y[row], targets, groups, filling)


def _column(table, name, default):
    """A column that the campaign's own dataset does not have."""
    return table.get(name, np.full(len(table["status"]), default))


def propose_samples(campaign_file, dataset, output, *, cycle, before, epochs):
    """Write designs.json of a cycle: the state of the loop, and the samples to simulate next or why there are none.

    before: designs.json of the cycles before, in order; epochs: most of a network.
    """
    campaign = load_campaign(campaign_file)
    settings = campaign.active_learning.model_dump(mode="json")
    space = _space(campaign, settings)
    now = state(dataset, space, settings["goals"], seed=campaign.seed, epochs=epochs)
    history = [*(read_json(path)["state"] for path in before), now]
    stopped = reason_to_stop(history, settings)
    designs = [] if stopped else _next_samples(campaign, space, settings, dataset, cycle, epochs)
    write_json(output, {"cycle": cycle, "state": now, "stopped": stopped, "designs": designs})


def _space(campaign, settings):
    return SearchSpace(campaign.model_dump(mode="json")["design"]["parameters"] | settings["parameters"])


def possible_in(campaign):
    """Function of a list of designs → (n,) bool: whether each can be a sample of the campaign."""

    def possible(designs):
        return np.array([not isinstance(sample, str) for sample in samples_of(campaign, designs)], dtype=bool)

    return possible


def _next_samples(campaign, space, settings, dataset, cycle, epochs):
    possible = possible_in(campaign)
    known = known_rows(read_table(dataset), space, settings["goals"])
    filling = round(settings["explore"] * settings["samples"])
    fill = space.fill(possible, filling, (cycle - 1) * filling, np.random.default_rng([campaign.seed, 1]))
    wanted, seed = settings["samples"] - filling, int(np.random.default_rng([campaign.seed, 2, cycle]).integers(2**31))
    found = acquire(space, known, settings["goals"], possible, fill, wanted, seed=seed, epochs=epochs)
    origins = ["space_filling"] * len(fill) + ["acquired"] * len(found)
    points = space.designs(np.concatenate([fill, found]))
    return [{"parameters": design, "origin": origin} for design, origin in zip(points, origins, strict=True)]


def acquire(space, known, goals, possible, taken, count, *, seed, epochs):
    """(at most count, k) points of the space to simulate for the goals, distinct from what is known and from `taken` (m, k)."""
    if count == 0:
        return np.empty((0, len(space.parameters)))
    networks = fit_networks(known.x, known.y, seed, members=MEMBERS, epochs=epochs, groups=known.groups)
    if goals == [DISAGREEMENT]:
        score = disagreement(networks)
    else:
        score = confidence_bounds(networks, {known.targets.index(g.target): g.sign for g in goals_of(goals).values()})
    u, scores = search(space, score, possible, seed)
    x = space.features_at(u)
    there = np.concatenate([known.x, space.features_at(taken)]) if len(taken) else known.x
    return u[choose(x, scores, there, count)]


def state(dataset, space, goals, *, seed, epochs):
    """What the loop has after the cycles that `dataset` holds: counts, the best for each goal, progress with its noise, and
    errors of the ensemble on the samples that fill the space, their nanostructures left out of the fit in turn."""
    table = read_table(dataset)
    known = known_rows(table, space, goals)
    addition = _column(table, "addition", 0)
    error, deviation = _errors(known, seed, epochs)
    result = {
        "cycle": int(addition.max()),
        "samples": len(addition),
        "simulated_by_the_loop": int((addition > 0).sum()),
        "quarantined": int((table["status"] == "quarantined").sum()),
        "evaluations_by_the_loop": int(table["evaluations"][addition > 0].sum()),
        "samples_that_fill_the_space": int(known.filling.sum()),
        "error": error,
        "best": {name: _best(table, space, known, goal) for name, goal in goals_of(goals).items()},
    }
    if goals == [DISAGREEMENT]:
        return result | {"progress": -float(np.mean([e["RMSE"] / e["spread"] for e in error.values()])), "noise": deviation}
    progress, noise = _progress(dataset, known, goals, addition[known.row] == 0)
    return result | {"progress": progress, "noise": noise}


def _best(table, space, known, goal):
    values = goal.sign * known.y[:, known.targets.index(goal.target)]
    row = known.row[np.argmax(values)]
    parameters = {name: table[name][row] for name in space.parameters}
    return {
        "value": float(goal.sign * values.max()),
        "id": str(table["id"][row]),
        "parameters": {k: v if isinstance(v, str) else float(v) for k, v in parameters.items()},
    }


def _progress(dataset, known, goals, base):
    """(progress, noise): for one goal the best value, positive when better, and the noise of a sample's value; for several the
    volume that the front dominates, in units of the extremes in the campaign's own design, and what noise makes of it."""
    wanted = list(goals_of(goals).values())
    values = np.stack([g.sign * known.y[:, known.targets.index(g.target)] for g in wanted], axis=1)
    noise = np.array([_noise(dataset, known.row, g.target) for g in wanted])
    if len(wanted) == 1:
        return float(values.max()), float(noise[0])
    low, width = values[base].min(axis=0), np.ptp(values[base], axis=0)
    width = np.where(width > 0, width, 1.0)
    now, luckier = (front_volume(v / width, low / width) for v in (values, values + noise))
    return now, luckier - now


def front_volume(values, reference):
    """Volume between the front of points (n, goals), to be maximised, and a reference point (goals,)."""
    return float(HV(ref_point=np.zeros(len(reference)))(-np.maximum(values - reference, 0)))


def _noise(dataset, rows, target):
    """Standard deviation of the mean over a sample's realisations, root mean square over rows (see comparison.noise); 0 where
    it is not to be had: one realisation, or a target that is not of a half-cycle."""
    if target not in Loop.__dataclass_fields__:
        return 0.0
    _, half_cycles = read_curves(dataset)
    variances = []
    for row in rows:
        values = [getattr(analyse(H, m, mean_Ms_A_per_m=1.0), target) for H, m in half_cycles[row]]
        if len(values) > 1 and np.isfinite(values).all():
            variances.append(np.var(values) / (len(values) - 1))
    return float(np.sqrt(np.mean(variances))) if variances else 0.0


def _errors(known, seed, epochs):
    """({target: {RMSE, R2, spread, half_width}}, standard error of the mean of RMSE/spread over the folds), on rows that fill
    the space; spread: the target's standard deviation over them."""
    folds = min(FOLDS, len(np.unique(known.groups)))
    predicted, fold = np.empty_like(known.y), np.empty(len(known.y), dtype=int)
    splits = GroupKFold(folds, shuffle=True, random_state=seed).split(known.x, groups=known.groups)
    for k, (train, test) in enumerate(splits):
        networks = fit_networks(
            known.x[train], known.y[train], seed, members=MEMBERS, epochs=epochs, groups=known.groups[train]
        )
        predicted[test], fold[test] = members(networks, known.x[test]).mean(axis=0), k
    true, error, fold = known.y[known.filling], (predicted - known.y)[known.filling], fold[known.filling]
    spread = np.where(np.ptp(true, axis=0) > 0, true.std(axis=0), 1.0)
    relative = [float(np.mean(np.sqrt((error[fold == k] ** 2).mean(axis=0)) / spread)) for k in np.unique(fold)]
    RMSE = np.sqrt((error**2).mean(axis=0))
    result = {
        name: {
            "RMSE": float(RMSE[i]),
            "R2": float(1 - (RMSE[i] / spread[i]) ** 2),
            "spread": float(spread[i]),
            "half_width": width if np.isfinite(width := half_width(error[:, i])) else None,
        }
        for i, name in enumerate(known.targets)
    }
    return result, float(np.std(relative) / np.sqrt(max(len(relative) - 1, 1)))


def reason_to_stop(history, settings):
    """Why there is no further cycle after these states, or None."""
    now, patience = history[-1], settings["cycles_without_gain"]
    if settings["max_evaluations"] is not None and now["evaluations_by_the_loop"] >= settings["max_evaluations"]:
        return f"max_evaluations: {now['evaluations_by_the_loop']} of {settings['max_evaluations']} field evaluations are spent"
    if len(history) > patience:
        gain = now["progress"] - history[-1 - patience]["progress"]
        if gain <= now["noise"]:
            return f"cycles_without_gain: {gain:.3g} in {patience} cycles, the noise is {now['noise']:.3g}"
    return None


def summarise(campaign_file, dataset, cycles, output, *, epochs):
    """Write learning.json: the states before the first cycle and after each, and why the loop ended.

    dataset: of the last cycle that simulated something; cycles: designs.json of all cycles that began, in order.
    """
    campaign, told = load_campaign(campaign_file), [read_json(path) for path in cycles]
    settings = campaign.active_learning.model_dump(mode="json")
    states = [one["state"] for one in told]
    if not told[-1]["stopped"]:
        space = _space(campaign, settings)
        states.append(state(dataset, space, settings["goals"], seed=campaign.seed, epochs=epochs))
    result = {
        "campaign": campaign.name,
        "settings": settings,
        "ended": told[-1]["stopped"] or f"cycles: {settings['cycles']} of {settings['cycles']} are done",
        "states": states,
    }
    if len(goals_of(settings["goals"])) > 1:
        result["front"] = _front(campaign, settings, dataset, states[-1]["error"], epochs)
    write_json(output, result)


def _front(campaign, settings, dataset, error, epochs):
    """{simulated, promised, half_width}: the samples with their goals' values, whether no other is better in all of them; the
    front of what an ensemble of all the data predicts; half its 95 % interval by target (None: too few rows to tell)."""
    space = _space(campaign, settings)
    table, goals = read_table(dataset), list(goals_of(settings["goals"]).values())
    known = known_rows(table, space, settings["goals"])
    columns, signs = [known.targets.index(g.target) for g in goals], np.array([g.sign for g in goals])
    values, origin = known.y[:, columns], _column(table, "origin", "design")[known.row]
    best = set(NonDominatedSorting().do(-signs * values, only_non_dominated_front=True).tolist())
    simulated = [
        {"id": str(table["id"][row]), "origin": str(origin[i]), "values": _named(goals, values[i]), "on_front": i in best}
        for i, row in enumerate(known.row)
    ]
    seed = int(np.random.default_rng([campaign.seed, 3]).integers(2**31))
    networks = fit_networks(known.x, known.y, seed, members=MEMBERS, epochs=epochs, groups=known.groups)
    _, scores = search(space, lambda x: signs * networks.predict(x)[:, columns], possible_in(campaign), seed)
    promised = signs * scores[NonDominatedSorting().do(-scores, only_non_dominated_front=True)]
    promised = promised[np.argsort(promised[:, 0])][:: max(1, len(promised) // FRONT_POINTS)]
    return {
        "simulated": simulated,
        "promised": [{"values": _named(goals, point)} for point in promised],
        "half_width": {g.target: error[g.target]["half_width"] for g in goals},
    }


def _named(goals, values):
    return {goal.target: float(value) for goal, value in zip(goals, values, strict=True)}
