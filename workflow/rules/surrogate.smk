# Forward network (f-NN) and inverse network (i-NN). They wait for the gate: no surrogate from a campaign that failed it.


rule train_forward:
    input:
        dataset=rules.build_dataset.output.dataset,
        quality=rules.check_quality.output.quality,
    output:
        model=R / "forward.h5",
    log:
        R / "logs/train_forward.log",
    benchmark:
        R / "benchmarks/train_forward.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=PLAN["settings"]["seed"],
        epochs=PLAN["settings"]["surrogate"]["epochs"],
    script:
        "../scripts/train_forward.py"


rule train_inverse:
    input:
        dataset=rules.build_dataset.output.dataset,
        forward=rules.train_forward.output.model,
    output:
        model=R / "inverse.h5",
    log:
        R / "logs/train_inverse.log",
    benchmark:
        R / "benchmarks/train_inverse.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=PLAN["settings"]["seed"],
        epochs=PLAN["settings"]["surrogate"]["inverse_epochs"],
        alpha_deg=PLAN["settings"]["surrogate"]["prescribed_alpha_deg"],
        z_set=PLAN["settings"]["surrogate"]["prescribed_z_set"],
    script:
        "../scripts/train_inverse.py"


rule surrogates:
    input:
        forward=rules.train_forward.output,
        inverse=rules.train_inverse.output,
