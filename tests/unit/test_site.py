"""The site of the documentation: built with warnings as errors, the same on it as on a git host, without a network."""

import re
from pathlib import Path

import jupytext
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from once import made_once

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
NAMES = [str(page.relative_to(ROOT / "docs").with_suffix("")) for page in PAGES]
FENCED = re.compile(r"^ *```.*?^ *```$", re.S | re.M)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A page without a place in the nav, a dead link and a dead anchor are warnings, which are errors."""
    return made_once(
        tmp_path_factory, "site", lambda folder: build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    )


@pytest.mark.parametrize(
    ("page", "text"),
    [("forgotten.md", "# In no nav"), ("index.md", "[dead](gone.md)"), ("index.md", "[dead](faq.md#what-nobody-asked)")],
    ids=["nav", "link", "anchor"],
)
def test_a_fault_stops_the_site(page, text, tmp_path):
    """What the fixture would not notice if warnings were lost."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("index.md", "faq.md"):
        (docs / name).write_text(f"# {name}\n\n## What is asked\n\n")
    with (docs / page).open("a") as file:
        file.write(text)
    config = load_config(
        str(ROOT / "mkdocs.yml"), docs_dir=str(docs), site_dir=str(tmp_path / "site"), nav=["index.md", "faq.md"], extra_css=[]
    )
    with pytest.raises(Abort, match="1 warnings in strict mode"):
        build(config)


@pytest.mark.parametrize("name", NAMES)
def test_tables_and_lists_are_shown_as_on_a_git_host(name, site):
    """The site's Markdown wants a blank line before a list, and four blanks before one that stands in another."""
    text = FENCED.sub("", (ROOT / "docs" / f"{name}.md").read_text())
    html = (site / f"{name}.html").read_text()
    article = html[html.index("<article") : html.index("</article>")]
    assert article.count("<table>") == len(re.findall(r"^\|(?: ?:?-+:? ?\|)+$", text, re.M))
    assert article.count("<li>") == len(re.findall(r"^ *(?:[-*]|\d+\.) ", text, re.M))


@pytest.mark.parametrize("name", NAMES)
def test_site_needs_no_network(name, site):
    """Scripts, styles, fonts and pictures are its own."""
    html = (site / f"{name}.html").read_text()
    assert not re.findall(
        r"""<(?:script|img|iframe)[^>]+src="?https?:|<link[^>]+rel="?(?:stylesheet|preconnect)[^>]+https?:""", html
    )


@pytest.mark.parametrize("page", ["README.md", "examples/README.md", "data/README.md"])
def test_links_of_a_git_host(page):
    found = [link for link in LINK.findall((ROOT / page).read_text()) if "://" not in link]
    assert found and not [link for link in found if not (ROOT / page).parent.joinpath(link).exists()]


def test_every_page_is_reached_from_the_readme():
    """By links alone, on a git host, which has no nav."""
    reached, pages = set(), [ROOT / "README.md"]
    while pages:
        page = pages.pop()
        links = {
            (page.parent / link).resolve()
            for link in LINK.findall(page.read_text())
            if link.endswith(".md") and "://" not in link
        }
        pages += links - reached
        reached |= links
    assert not set(PAGES) - reached


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "tutorials").glob("*.md")), ids=lambda page: page.stem)
def test_notebook_has_the_code_of_its_page(page):
    """As `make notebooks` makes it: a cell for each block that is run, in the same order."""
    (head,) = re.findall(r"^define NOTEBOOK_HEAD\n(.*?)^endef$", (ROOT / "Makefile").read_text(), re.S | re.M)
    cells = jupytext.reads(head + page.read_text(), fmt="md").cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    blocks = re.findall(r"^```(python|bash)\n(.*?)\n```$", page.read_text(), re.S | re.M)
    assert code == ["%cd -q ../..", *(block if kind == "python" else f"%%bash\n{block}" for kind, block in blocks)]
