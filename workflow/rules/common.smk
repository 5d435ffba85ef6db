# What the rules share. Nothing heavy: every job parses this again.


def files_given():
    """{key: file} of --config and --configfile; jobs are given it in a spelling that shells and SLURM leave alone."""
    settings = workflow.config_settings
    try:
        found = named_files(settings.config_args or [], settings.configfiles, config)
    except UserError as error:
        raise WorkflowError(f"error: {error}")
    found.setdefault("campaign", looked_up("config/smco17/demo.yaml"))
    for key, name in found.items():
        if not Path(name).is_file():
            what = "campaign file" if key == "campaign" else key
            raise WorkflowError(f"error: {name}: no such {what} (--config {key}=FILE)")
    if "verification" in found and "dataset" not in found:
        raise WorkflowError(
            f"error: {found['verification']}: verification=FILE goes with dataset=FILE"
        )
    settings.config_args = [f"{key}={encoded(name)}" for key, name in found.items()]
    settings.configfiles = []
    return found


def campaign_name():
    try:
        return str(yaml.safe_load(Path(CAMPAIGN_FILE).read_text())["name"])
    except (yaml.YAMLError, TypeError, KeyError):
        raise WorkflowError(
            f"error: {CAMPAIGN_FILE}: not a campaign file (YAML with a key 'name')"
        )


def read_plan():
    """The campaign's plan, made anew where it is out of date (`hardmag plan`). It comes before the graph of jobs, so that a
    dry run shows every batch; jobs find it current. Of a campaign whose dataset is given: the plan without batches. Of one
    that may not be run, as its batches are too long for a job: a preview, for dry runs (begin_run).
    """
    given = {key: name for key, name in FILES_GIVEN.items() if key != "campaign"}
    path = R / ("given.json" if given else "plan.json")
    try:
        if is_current(path, CAMPAIGN_FILE, given):
            return stored_plan(path)
    except UserError as error:
        raise WorkflowError(f"error: {error}")
    command = [sys.executable, "-m", "hardmag", "plan"]
    command += [f"--{key}={name}" for key, name in given.items()]
    if GPUS and not given:
        command.append("--device=cuda")  # else what this machine has
    done = subprocess.run(
        [*command, "--", CAMPAIGN_FILE], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise WorkflowError(
            done.stderr.strip() or f"hardmag plan {CAMPAIGN_FILE} failed"
        )
    print(done.stdout, end="", file=sys.stderr)
    return stored_plan(
        path if is_current(path, CAMPAIGN_FILE, given) else R / "preview.json"
    )


def begin_run():
    """Before the first job, and not in dry runs: what may be planned but not run is refused here."""
    if "refused" in PLAN:
        raise WorkflowError(f"error: {PLAN['refused']}")
    try:
        hold_to_the_end(R)
    except UserError as error:
        raise WorkflowError(f"error: {error}")


def gpus():
    """GPUs that the profile gives to a job of run_batch."""
    asked = workflow.resource_settings.overwrite_resources.get("run_batch", {})
    if "gpu" not in asked:
        return int("gres" in asked)
    count = str(getattr(asked["gpu"], "value", asked["gpu"]))
    return int(count) if count.isdigit() else 1


def addition(part):
    """Plan of an addition, the verification or a cycle; this waits for its checkpoint."""
    with checkpoints.plan_additions.get(part=part).output.plan.open() as file:
        return json.load(file)


def estimate(wildcards):
    """What a batch costs on one device of the kind that its job has (src/hardmag/campaign/cost.py)."""
    path, plan = Path(f"{R}{wildcards.part}"), PLAN
    if int(wildcards.round) > 0:
        path /= f"rounds/{wildcards.round}"
    if path != R:
        plan = json.loads((path / "plan.json").read_text())
    return plan["estimates"][wildcards.batch]["cuda" if GPUS else "cpu"]


def left_out():
    """{stage: why} of what cannot be made: by the plan, then, once the dataset is there, by what the simulations gave."""
    quality, found = R / "quality.json", {}
    if DATASET is None and not workflow.dryrun:
        quality = Path(str(checkpoints.check_quality.get().output.quality))
    if DATASET is None and quality.exists():
        found = json.loads(quality.read_text()).get("stages", {})
    return {stage: why for stage, why in found.items() if why} | LEFT_OUT


def made(stage, files):
    """Input function: the files of a stage, none where it is left out. For the whole campaign: it goes on without the stage."""
    files = [file for file in files if not callable(file)]

    def files_of(wildcards):
        return [] if stage in LEFT_OUT or stage in left_out() else files

    return files_of


def reported(artefact):
    """Its output files, by the names that make_sheet knows; the report shows figures and pages."""
    labels = {f"in {artefact.paper}": artefact.number} if artefact.number else {}
    found = {f"{artefact.name}_{k}": R / path for k, path in artefact.outputs.items()}
    shown = f"{artefact.name}_{'page' if 'page' in artefact.outputs else 'output'}"
    found[shown] = report(
        found[shown],
        caption=f"../report/{artefact.name}.rst",
        category=artefact.category,
        labels=labels | {"what": artefact.what},
    )
    return found


def drawn(*targets):
    """Input function: files of the artefacts of some targets but those of stages that are left out."""

    def files_of(wildcards):
        missing = left_out()
        return [
            R / path
            for artefact in DRAWN
            if artefact.target in targets and artefact.when not in missing
            for path in artefact.outputs.values()
        ]

    return files_of


def possible(stage):
    """Input function of a stage itself: nothing, but that who asks for a stage that is left out is told why."""

    def refuse(wildcards):
        if stage in LEFT_OUT:
            raise WorkflowError(
                f"error: {CAMPAIGN_FILE}: no stage {stage}: {LEFT_OUT[stage]}"
            )
        return []

    return refuse


def batch_results(batches, part, round_):
    return [f"{R}{part}/rounds/{round_}/{batch}.h5" for batch in batches]


def batches_of(part, round_):
    """Batches of a round; for a rescue round this waits for its checkpoint."""
    if round_ == 0:
        return (addition(part) if part else PLAN)["batches"]
    get = checkpoints.plan_rescue.get
    with get(part=part, round=round_).output.plan.open() as file:
        return json.load(file)["batches"]


def previous_round(wildcards):
    part, round_ = wildcards.part, int(wildcards.round) - 1
    return batch_results(batches_of(part, round_), part, round_)


def all_rounds(part):
    """Result files of every round of the campaign (part '') or an addition, up to the first that has nothing to rescue."""
    found = []
    for round_ in range(ROUNDS + 1):
        batches = batches_of(part, round_)
        if not batches:
            break
        found += batch_results(batches, part, round_)
    return found


def cycle_part(cycle):
    return f"{os.sep}cycles/{cycle}"


def parts_of(part):
    """What the dataset of an addition is made of, itself last: the campaign, and the cycles before a cycle."""
    before = int(Path(part).name) if part.startswith("/cycles/") else 1
    return ["", *(cycle_part(c) for c in range(1, before)), part]


def earlier_plans(wildcards):
    return [f"{R}{part}/plan.json" for part in parts_of(wildcards.part)[:-1]]


def cycles_begun():
    """Numbers of the cycles of active learning, up to the first that brings no sample; this waits for one after the other."""
    for cycle in range(1, LEARNING["cycles"] + 1):
        yield cycle
        if not addition(cycle_part(cycle))["samples"]:
            break


def cycle_designs(wildcards):
    return [R / f"cycles/{cycle}/designs.json" for cycle in cycles_begun()]


def dataset_before(wildcards):
    """What a cycle learns from: the campaign's dataset, then that of the cycle before; joined with those beside it."""
    before = int(wildcards.cycle) - 1
    return R / (f"cycles/{before}/{ALL_SAMPLES}" if before else ALL_SAMPLES)


def last_dataset(wildcards):
    cycle = list(cycles_begun())[-1]
    return R / f"cycles/{cycle}/{ALL_SAMPLES}"


def released(wildcards):
    """Samples of an addition that were released from quarantine, if there are any."""
    path = Path(f"{R}{wildcards.part}/released.json")
    return [path] if path.exists() else []


def remember_min_job_age():
    """The SLURM executor asks slurmctld before each look at its jobs how long squeue knows them. While slurmctld is away
    it would take sacct instead, and where there is no accounting lose all jobs; so the last answer counts until the next.
    """
    slurm = sys.modules.get("snakemake_executor_plugin_slurm")
    ask = getattr(slurm, "get_min_job_age", None)
    if ask is None or hasattr(ask, "answer"):
        return

    def remembered():
        remembered.answer = ask() or remembered.answer
        return remembered.answer

    remembered.answer = None
    slurm.get_min_job_age = remembered
