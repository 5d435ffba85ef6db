# snakemake --sdm conda runs this in a new environment, from the folder where it was started. In a checkout of hardmag that is what
# is installed. Elsewhere nothing is: Snakemake has its jobs find the packages beside itself, of which an installed hardmag is one.
if grep -qs '^name = "hardmag"' pyproject.toml; then pip install --no-deps -e .; fi
