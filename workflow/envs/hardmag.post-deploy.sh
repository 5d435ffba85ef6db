# snakemake --sdm conda runs this in a new environment, from the folder where it was started: that of the repository.
pip install --no-deps -e .
