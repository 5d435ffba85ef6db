"""Tables of what follows from a design's numbers where the kind's script has no formula: explore.html interpolates in them."""

import re

import numpy as np

# Along each axis, by how many there are. Cubics between them are exact to 1e-6, of three axes at kinks to 1e-3.
NODES = {0: 1, 1: 65, 2: 33, 3: 17}
MOST_NUMBERS = max(NODES)
DIGITS = 9


def tables(variables, values, limits, script):
    """{column: {axes: [{name, from, step, count}], values}}, the last axis running fastest.

    variables: Variables; values: (k,) of what a design sets; limits: {number: [least, largest] that the page allows}; script:
    of the kind. What a level's own table has, what its script computes and what follows from too many numbers is left out.
    """
    return {
        name: _table(variables, values, limits, name, numbers)
        for name, numbers in _by_numbers(variables, script).items()
        if len(numbers) <= MOST_NUMBERS
    }


def too_many(variables, script):
    """{feature: numbers} of the features that neither the kind's script computes nor a table can hold."""
    found = _by_numbers(variables, script)
    return {name: found[name] for name in variables.followed if len(found.get(name, ())) > MOST_NUMBERS}


def _by_numbers(variables, script):
    """{column: the numbers of a design that it follows from} of what the kind's script does not compute."""
    known, found = {*variables.names, *variables.fixed}, {}
    for name in variables.learned.follows:
        sources = variables.sources(name)
        computed = re.search(rf"\b{name}\s*[:(]", script)  # a formula of KIND.follows
        if name not in known and sources <= known and variables.level not in sources and not computed:
            found[name] = tuple(number for number in variables.numbers if number in sources)
    return found


def _table(variables, values, limits, name, numbers):
    count = NODES[len(numbers)]
    ends = [np.linspace(*limits[number], count) for number in numbers]
    grid = np.tile(np.asarray(values, dtype=float), (count ** len(numbers), 1))
    for number, column in zip(numbers, np.meshgrid(*ends, indexing="ij"), strict=True):
        grid[:, variables.numbers.index(number)] = column.ravel()
    found = variables.columns_at(grid)[name]
    axes = [
        {"name": number, "from": float(nodes[0]), "step": float(nodes[1] - nodes[0]), "count": count}
        for number, nodes in zip(numbers, ends, strict=True)
    ]
    return {"axes": axes, "values": [float(f"{value:.{DIGITS}g}") for value in found.tolist()]}
