"""Which pictures the workflow of micrographs has, and what each is drawn from."""

from hardmag.figures.microstructure import draw_curves, draw_images, draw_map, draw_sizes
from hardmag.files import read_json
from hardmag.images.sample_map import read_map
from hardmag.microstructure import segmented

LEAST_SAMPLES = 3  # of a map


def figures_of(samples):
    """Names of the pictures of so many samples."""
    return ("images", "sizes", *(("map",) if samples >= LEAST_SAMPLES else ()), "curves")


def draw(figure, labels, descriptions, curves, maps, output):
    """One of figures_of. labels, descriptions, curves: files of each sample, in one order; maps: of one file, or of none."""
    described = [read_json(path) for path in descriptions]
    if figure == "images":
        draw_images([segmented.load(path) for path in labels], output)
    elif figure == "sizes":
        draw_sizes(described, output)
    elif figure == "map":
        draw_map(read_map(maps[0]), {d["sample"]: d["sizes"]["fitted"]["D_V_um"]["value"] for d in described}, output)
    else:
        draw_curves([read_json(path) for path in curves], output)
