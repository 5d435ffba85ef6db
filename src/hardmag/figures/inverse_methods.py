"""The inverse methods, judged by simulation, as a table."""

from hardmag.figures.tables import write_table
from hardmag.files import atomic_path
from hardmag.inverse import report
from hardmag.inverse.judgement import read_judgement


def write_inverse_methods(verification, markdown, table):
    """A line for each method; the page has what was published too."""
    judgement = read_judgement(verification)
    with atomic_path(markdown) as temporary:
        temporary.write_text(report.markdown(judgement), encoding="utf-8")
    write_table(*report.methods_table(judgement), table)
