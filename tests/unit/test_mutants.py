"""The mutants of the SLURM tests (slurm/mutate.py runs them) are about the code as it is, and the docs say what was seen."""

from pathlib import Path

import mutants
import pytest
from fault_costs import PAGE, PROTECTION

ROOT = Path(__file__).parents[2]


def test_every_fault_has_a_protection_that_can_be_taken_away():
    assert {mutant.fault for mutant in mutants.MUTANTS.values()} == set(PROTECTION)


@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_what_is_taken_away_stands_there_once(name):
    mutant = mutants.MUTANTS[name]
    assert (ROOT / mutant.file).read_text().count(mutant.old) == 1
    assert mutant.new != mutant.old


def test_the_docs_say_what_failed():
    assert mutants.table(mutants.recorded()) in PAGE.read_text()
