"""A table as Markdown, CSV and HTML."""

import csv
from html import escape

from hardmag.files import atomic_path

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 14px/1.4 system-ui, "DejaVu Sans", sans-serif; color: #222; background: white; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
caption {{ text-align: left; font-weight: 600; padding-bottom: 8px; }}
th, td {{ text-align: left; vertical-align: top; padding: 3px 14px 3px 0; border-bottom: 1px solid #ddd; }}
</style></head><body><table><caption>{title}</caption>
{lines}
</table></body></html>
"""


def write_both(title, head, rows, markdown, table):
    """A table as Markdown, under a title, and as CSV."""
    with atomic_path(markdown) as temporary:
        temporary.write_text(f"# {title}\n\n{markdown_table(head, rows)}", encoding="utf-8")
    write_table(head, rows, table)


def markdown_table(head, rows):
    """A Markdown table, with a line end."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def write_table(head, rows, path):
    """A CSV file with one line of heads."""
    with atomic_path(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


def write_page(table, title, output):
    """A table of write_table as HTML, by which the report shows it: browsers only offer to save a CSV file."""
    with open(table, newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    lines = [_line("th", head), *(_line("td", row) for row in rows)]
    with atomic_path(output) as temporary:
        temporary.write_text(PAGE.format(title=escape(title), lines="\n".join(lines)), encoding="utf-8")


def _line(tag, cells):
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
