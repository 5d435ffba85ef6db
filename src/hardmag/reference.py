"""The pages of reference in docs/, generated from the code that they describe: python -m hardmag.reference.

What takes a campaign file apart (hardmag.campaign.reference) has its page of its own, which is written with the others.
"""

import argparse
import ast
import inspect
import textwrap
from pathlib import Path

import hardmag
from hardmag import cli
from hardmag.campaign import reference
from hardmag.campaign.attempts import Attempt
from hardmag.campaign.config import HalfCycleSettings
from hardmag.campaign.corrections import LADDERS, correct
from hardmag.campaign.failures import SEEN_BY, Failure
from hardmag.campaign.samples import Sample
from hardmag.dataset import schema
from hardmag.nanostructures import KINDS
from hardmag.simulate import Case, FieldAxis, Solver

MADE = "Generated from the code: `python -m hardmag.reference`."
CASE_FILE = f"""# Case file

{MADE} What `hardmag simulate CASE.yaml -o OUT.h5` reads: one structure, one field, one
half-cycle. Examples stand in the folder `examples/`. Keys that are not listed are refused, and so are numbers that must be in
another unit ([configuration.md](configuration.md#magnitudes)). Parameters of a `nanostructure`, and what a phase may have, are
those of a campaign file ([configuration.md](configuration.md)).
"""
COMMAND_LINE = f"""# Command line

{MADE} `hardmag COMMAND --help` says the same on the screen. Exit codes: {cli.__doc__.partition("Exit codes: ")[2]}
Where a campaign is meant, `results/<campaign>` and the campaign file serve alike.
"""
PYTHON_API = f"""# Python API

{MADE} `import hardmag` gives these names. Lengths, fields and constants have their unit at
the end of their name. A wrong argument raises `hardmag.UserError`, one line that says what is allowed.
"""
COLUMNS = f"""# Columns of a dataset

{MADE} `dataset.h5` has these columns in its group `samples`, and `dataset.parquet` has the
same, a row for each sample. Each column has its unit, its meaning and its range as attributes (`unit`, `description`,
`valid_range`; of Parquet, metadata of the field). `hardmag info DATASET` lists the columns of a file. The unit `1` is that
of a pure number; a text has none. Where a sample has no value, a number is NaN and a text is empty. How to read them is in
[how-to/read-the-dataset.md](how-to/read-the-dataset.md). These are the columns of schema version {schema.SCHEMA_VERSION}.
"""
FAILURES = f"""# Failure codes

{MADE} A sample that fails keeps its code in the column `failure`. It is corrected and runs
again, with the next correction each time, up to `quality.rescue_rounds` times. A sample that still fails is quarantined: it
stays in the dataset with its code and its history, and without a coercivity.
[campaigns.md](campaigns.md#failures-and-corrections) says more. The corrections are shown on the default settings.
"""
VERSIONS = """## Versions

`hardmag.__version__` is the version of the package, a text. `hardmag.PHYSICS_VERSION` is a whole number. It is raised when a
change alters the result of a simulation, and it is part of the id of every sample.
"""


def case_file():
    """Keys of a case file, as the models have them that check it."""
    parts = [CASE_FILE]
    for title, model in (("The file", Case), ("`field`", FieldAxis), ("`solver`", Solver)):
        parts += [f"## {title}\n", f"{_plain(model.__doc__)}\n", reference.keys(model)]
    return "\n".join(parts)


def command_line():
    """Every command of `hardmag`, its arguments and options."""
    return "\n".join([COMMAND_LINE, *_commands(cli._parser(), "hardmag")])


def _commands(parser, name):
    """Markdown of the commands below a parser."""
    for group in (action for action in parser._actions if isinstance(action, argparse._SubParsersAction)):
        helps = {choice.dest: choice.help for choice in group._choices_actions}
        for word, command in group.choices.items():
            yield f"## `{name} {word}`\n"
            yield f"{_sentence(helps[word])}\n"
            own = [a for a in command._actions if not isinstance(a, (argparse._SubParsersAction, argparse._HelpAction))]
            if own:
                yield "| argument | meaning |\n|---|---|"
                yield "\n".join(f"| {_written(a)} | {_cell((a.help or '') % vars(a))} |" for a in own) + "\n"
            yield from _commands(command, f"{name} {word}")


def _written(action):
    """An argument as it is written on a command line."""
    value = action.metavar or (f"{{{','.join(action.choices)}}}" if action.choices else action.dest.upper())
    if not action.option_strings:
        return f"`{value}`" + (" …" if action.nargs in ("*", "+") else "")
    options = ", ".join(f"`{option}`" for option in action.option_strings)
    needed = " (required)" if action.required else ""
    return options + ("" if action.nargs == 0 else f" `{value}`" + (" …" if action.nargs in ("*", "+") else "")) + needed


def python_api():
    """The names of `hardmag.__all__`: how they are called, and what their docstrings say."""
    parts = [PYTHON_API]
    objects = {name: getattr(hardmag, name) for name in sorted(hardmag.__all__, key=str.lower)}
    for title, wanted in (("Functions", inspect.isfunction), ("Classes", inspect.isclass)):
        parts.append(f"## {title}\n")
        for name, value in objects.items():
            if wanted(value):
                parts += [f"### `hardmag.{name}`\n", *_described(value)]
    return "\n".join([*parts, VERSIONS])


def _described(value):
    """Markdown of a function, or of a class with its fields and methods: the source's own words."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(value))).body
    if isinstance(node, ast.FunctionDef):
        return [f"```python\n{_call(node)}\n```\n", f"{_plain(ast.get_docstring(node))}\n"]
    members = [n for n in node.body if not getattr(n, "name", "").startswith("_")]
    bases = [base for base in map(ast.unparse, node.bases) if base in ("IntEnum", "ValueError", "Exception")]
    head = [f"class {node.name}" + (f"({', '.join(bases)})" if bases else "")]
    head += [f"    {ast.unparse(n)}" for n in members if isinstance(n, (ast.AnnAssign, ast.Assign))]
    parts = ["```python\n" + "\n".join(head) + "\n```\n", f"{_plain(ast.get_docstring(node))}\n"]
    methods = [n for n in members if isinstance(n, ast.FunctionDef) and ast.get_docstring(n)]
    if methods:
        parts += ["\n".join(f"- `{_call(n, owned=True)}`: {_one_line(ast.get_docstring(n))}" for n in methods) + "\n"]
    return parts


def _call(node, owned=False):
    """How a function is called, a line for each argument where one line is too short; of a property its name. owned: it is a
    method, in a list."""
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    if any(ast.unparse(d).endswith("property") for d in node.decorator_list):
        return f"{node.name}{result}"
    given = node.args
    defaults = [None] * (len(given.args) - len(given.defaults)) + given.defaults
    arguments = [_argument(*pair) for pair in zip(given.args, defaults, strict=True)][1 if owned else 0 :]
    arguments += ["*"] if given.kwonlyargs else []
    arguments += [_argument(*pair) for pair in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    arguments += [f"**{ast.unparse(given.kwarg)}"] if given.kwarg else []
    line = f"{node.name}({', '.join(arguments)}){result}"
    return line if owned or len(line) <= 100 else f"{node.name}(\n" + "".join(f"    {a},\n" for a in arguments) + f"){result}"


def _argument(argument, default):
    return ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")


def dataset_columns():
    """What a dataset holds: columns of every campaign, and those of each kind."""
    parts = [COLUMNS]
    groups = {
        "Every dataset": schema.IDENTITY | schema.SETTINGS | schema.TARGETS,
        "Texts of every dataset": schema.TEXTS,
        "Of additions (verification, active learning)": schema.ADDED,
        "Where datasets were joined": schema.JOINED,
        "Curves: groups `curves` (averages) and `half_cycles` (each)": schema.CURVES,
    }
    for kind, model in KINDS.items():
        groups[f"Kind `{kind}`"] = model.columns() | schema.fractions(model.palette) | model.composed
    for title, quantities in groups.items():
        parts += [f"## {title}\n", "| column | unit | range | meaning |\n|---|---|---|---|"]
        parts += [f"| `{name}` | {q.unit} | {_range(q)} | {_cell(q.meaning)} |" for name, q in quantities.items()]
        parts.append("")
    return "\n".join(parts)


def _range(quantity):
    return f"{quantity.least:g} … {quantity.largest:g}" if quantity.bounded else ""


def failures():
    """Codes of failure, what sees them, and what each correction changes, tried out on a sample with the default settings."""
    parts = [FAILURES, "| code | what was seen | corrections, in order |\n|---|---|---|"]
    parts += [f"| `{code}` | {_cell(SEEN_BY[code])} | {'; then '.join(_corrections(code))} |" for code in Failure]
    return "\n".join(parts) + "\n"


def _corrections(code):
    """Each rung of the ladder of a failure, in words: what it changes of a sample of the first kind that has all defaults."""
    model = next(m for m in KINDS.values() if not any(field.is_required() for field in m.model_fields.values()))
    structure = model(edge_nm=3.0) if code is Failure.UNFIT_MESH else model()
    attempt = Attempt.of(Sample.of(structure, 0.0, HalfCycleSettings().model_dump(mode="json")))
    for _ in LADDERS[code]:
        attempt = correct(attempt, code, "")
        change = attempt.corrections[-1]["change"]
        if not change:
            yield "the same again"
        elif "seed_offset" in change and len(change) == 1:
            yield "other random seeds"
        else:
            yield ", ".join(f"`{key}` {_short(old)} → {_short(new)}" for key, (old, new) in change.items())


def _short(value):
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _plain(docstring):
    """A docstring as paragraphs of Markdown."""
    return "\n\n".join(map(_one_line, inspect.cleandoc(docstring).split("\n\n")))


def _one_line(text):
    """Words of a docstring as Markdown."""
    return _marked(" ".join(text.split())).replace("*", "\\*")


def _marked(text):
    """A text in which Markdown takes no word in angle brackets for HTML; code between ` is shown as it is."""
    return "`".join(part if n % 2 else part.replace("<", "&lt;") for n, part in enumerate(text.split("`")))


def _cell(text):
    """A text in a table."""
    return _marked(text).replace("|", "\\|")


def _sentence(text):
    return f"{text[0].upper()}{text[1:]}."


PAGES = {
    "case-file": case_file,
    "command-line": command_line,
    "python-api": python_api,
    "dataset-columns": dataset_columns,
    "failures": failures,
}


def write(root):
    """Write all pages below the repository's root."""
    reference.write(root)
    for name, page in PAGES.items():
        (root / "docs" / f"{name}.md").write_text(page().rstrip("\n") + "\n")


if __name__ == "__main__":
    write(Path.cwd())
