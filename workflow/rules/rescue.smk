# Failed samples are corrected and run again, round by round; the batches of a round are known when the one before is done.


def batches_of(round_):
    """Batches of a round; for a rescue round this waits for its checkpoint."""
    if round_ == 0:
        return PLAN["batches"]
    with checkpoints.plan_rescue.get(round=round_).output.plan.open() as file:
        return json.load(file)["batches"]


def previous_round(wildcards):
    round_ = int(wildcards.round) - 1
    return batch_results(batches_of(round_), round_)


def all_rounds(wildcards):
    """Result files of every round, up to the first that has nothing to rescue."""
    found = batch_results(PLAN["batches"], 0)
    for round_ in range(1, ROUNDS + 1):
        batches = batches_of(round_)
        if not batches:
            break
        found += batch_results(batches, round_)
    return found


checkpoint plan_rescue:
    input:
        results=previous_round,
    output:
        plan=R / "rounds/{round}/plan.json",
    log:
        R / "logs/plan_rescue/{round}.log",
    benchmark:
        R / "benchmarks/plan_rescue/{round}.tsv"
    params:
        folder=str(R),
        quality=PLAN["settings"]["quality"],
        physics_version=PLAN["physics_version"],
        samples=hashlib.sha256("".join(PLAN["samples"]).encode()).hexdigest(),
    resources:
        mem_mb=4000,
        runtime=30,
    script:
        "../scripts/plan_rescue.py"
