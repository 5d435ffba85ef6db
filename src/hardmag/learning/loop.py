"""The closed loop: what is known so far, whether to go on, and which samples to simulate next; a record of each cycle.

A cycle's designs.json holds the state of the loop before it; when the loop stops, `stopped` says why and no designs follow.
"""

import numpy as np
from sklearn.model_selection import GroupKFold

from hardmag.campaign.config import load_campaign
from hardmag.dataset.read import opened, read_curves, read_kind, read_table
from hardmag.files import read_json, write_json
from hardmag.learning.acquisition import DISAGREEMENT, choose, confidence_bounds, disagreement, goals_of, search
from hardmag.learning.front import front, front_volume
from hardmag.learning.known import column_or, exact_goals, known_rows, possible_in, search_space
from hardmag.loops import Loop, analyse
from hardmag.surrogates.conformal import half_width
from hardmag.surrogates.models import MEMBERS, fit_networks

FOLDS = 5


def propose_samples(campaign_file, dataset, output, *, cycle, before, epochs):
    """Write designs.json of a cycle: the state of the loop, and the samples to simulate next or why there are none.

    before: designs.json of the cycles before, in order; epochs: most of a network.
    """
    campaign = load_campaign(campaign_file)
    settings = campaign.active_learning.model_dump(mode="json")
    space = search_space(campaign, settings)
    exact = exact_goals(campaign, space, settings["goals"])
    now = state(dataset, space, settings["goals"], exact, seed=campaign.seed, epochs=epochs)
    history = [*(read_json(path)["state"] for path in before), now]
    stopped = reason_to_stop(history, settings)
    designs = [] if stopped else _next_samples(campaign, space, settings, exact, dataset, cycle, epochs)
    write_json(output, {"cycle": cycle, "state": now, "stopped": stopped, "designs": designs})


def _next_samples(campaign, space, settings, exact, dataset, cycle, epochs):
    possible = possible_in(campaign)
    known = known_rows(read_table(dataset), campaign.nanostructure["kind"], space, settings["goals"], exact)
    filling = round(settings["explore"] * settings["samples"])
    fill = space.fill(possible, filling, (cycle - 1) * filling, np.random.default_rng([campaign.seed, 1]))
    wanted, seed = settings["samples"] - filling, int(np.random.default_rng([campaign.seed, 2, cycle]).integers(2**31))
    found = acquire(space, known, settings["goals"], possible, fill, wanted, exact, seed=seed, epochs=epochs)
    origins = ["space_filling"] * len(fill) + ["acquired"] * len(found)
    points = space.designs(np.concatenate([fill, found]))
    return [{"parameters": design, "origin": origin} for design, origin in zip(points, origins, strict=True)]


def acquire(space, known, goals, possible, taken, count, exact, *, seed, epochs):
    """(at most count, k) points of the space to simulate for the goals, distinct from what is known and from `taken` (m, k).
    exact: see exact_goals."""
    if count == 0:
        return np.empty((0, len(space.parameters)))
    networks = fit_networks(known.x, known.y, known.groups, seed, members=MEMBERS, epochs=epochs)
    if goals == [DISAGREEMENT]:
        score = disagreement(networks)
    else:
        score = confidence_bounds(networks, known.targets, list(goals_of(goals).values()), exact)
    u, scores = search(space, score, possible, seed)
    x = space.features_at(u)
    there = np.concatenate([known.x, space.features_at(taken)]) if len(taken) else known.x
    return u[choose(x, scores, there, count)]


def state(dataset, space, goals, exact, *, seed, epochs):
    """What the loop has after the cycles that `dataset` holds: counts, the best for each goal, progress with its noise, and
    errors of the ensemble on the samples that fill the space, their nanostructures left out of the fit in turn."""
    table = read_table(dataset)
    known = known_rows(table, read_kind(dataset), space, goals, exact)
    addition = column_or(table, "addition", 0)
    error, deviation = _errors(known, seed, epochs)
    result = {
        "cycle": int(addition.max()),
        "samples": len(addition),
        "simulated_by_the_loop": int((addition > 0).sum()),
        "quarantined": int((table["status"] == "quarantined").sum()),
        "evaluations_by_the_loop": int(table["evaluations"][addition > 0].sum()),
        "samples_that_fill_the_space": int(known.filling.sum()),
        "error": error,
        "best": {
            name: _best(table, space, known.row, values, goal.sign)
            for (name, goal), values in zip(goals_of(goals).items(), known.wanted.T, strict=True)
        },
    }
    if goals == [DISAGREEMENT]:
        return result | {"progress": -float(np.mean([e["RMSE"] / e["spread"] for e in error.values()])), "noise": deviation}
    progress, noise = _progress(dataset, known, goals, addition[known.row] == 0)
    return result | {"progress": progress, "noise": noise}


def _best(table, space, rows, values, sign):
    best = np.argmax(sign * values)
    row = rows[best]
    parameters = {name: table[name][row] for name in space.parameters}
    return {
        "value": float(values[best]),
        "id": str(table["id"][row]),
        "parameters": {k: v if isinstance(v, str) else float(v) for k, v in parameters.items()},
    }


def _progress(dataset, known, goals, base):
    """(progress, noise): for one goal the best value, positive when better, and the noise of a sample's value; for several the
    volume that the front dominates, in units of the extremes in the campaign's own design, and what noise makes of it."""
    wanted = list(goals_of(goals).values())
    values = known.wanted * [g.sign for g in wanted]
    noise = np.array([_noise(dataset, known.row, g.target) for g in wanted])
    if len(wanted) == 1:
        return float(values.max()), float(noise[0])
    low, width = values[base].min(axis=0), np.ptp(values[base], axis=0)
    width = np.where(width > 0, width, 1.0)
    now, luckier = (front_volume(v / width, low / width) for v in (values, values + noise))
    return now, luckier - now


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
        networks = fit_networks(known.x[train], known.y[train], known.groups[train], seed, members=MEMBERS, epochs=epochs)
        predicted[test], fold[test] = networks.predict(known.x[test]).members.mean(axis=0), k
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
        space = search_space(campaign, settings)
        exact = exact_goals(campaign, space, settings["goals"])
        states.append(state(dataset, space, settings["goals"], exact, seed=campaign.seed, epochs=epochs))
    with opened(dataset) as file:
        physics_version = int(file.attrs["physics_version"])
    result = {
        "campaign": campaign.name,
        "physics_version": physics_version,
        "settings": settings,
        "ended": told[-1]["stopped"] or f"cycles: {settings['cycles']} of {settings['cycles']} are done",
        "states": states,
    }
    if len(goals_of(settings["goals"])) > 1:
        result["front"] = front(campaign, settings, dataset, states[-1]["error"], epochs)
    write_json(output, result)
