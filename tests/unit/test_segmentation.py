"""Grey images, and a tiny segmentation network: what it costs to train a good one is in benchmarks/segmentation.py."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch

from hardmag.errors import InvalidValue, UserError
from hardmag.images.imaging import ImagingMode, grey_image, magnify, normalised
from hardmag.images.labels import BOUNDARY, INCLUSION, MAIN
from hardmag.images.segmentation import Familiar, load, save, segment, thickness_px
from hardmag.images.training import SIZE_PX, TrainingSettings, baseline, iou, train, training_labels
from hardmag.images.unet import CORE, MARGIN, new_network, probabilities

TINY = TrainingSettings(magnets=2, slices_each=3, held_out=2, channels=(4, 8), steps=40, batch=4, rate=2e-2)
SEED = 3


@pytest.fixture(scope="module")
def labels():
    return training_labels(2, 2, np.random.default_rng(1)).reshape(-1, SIZE_PX, SIZE_PX)


@pytest.fixture(scope="module")
def model():
    return train(TINY, SEED)


def test_training_labels_have_all_phases(labels):
    """Without enough inclusions a network never learns them: 5 to 15 % of the pixels are meant, single images scatter."""
    shares = np.array([[(labels == phase).mean()] for phase in (MAIN, BOUNDARY, INCLUSION)]).ravel()
    assert 0.4 < shares[0] < 0.9 and 0.05 < shares[1] < 0.4 and 0.04 < shares[2] < 0.16


@pytest.mark.parametrize("boundary", ["bright", "dark"])
@pytest.mark.parametrize("inclusion", ["bright", "dark"])
def test_polarity_is_as_asked_for(labels, boundary, inclusion):
    mode = ImagingMode(boundary, inclusion)
    for seed, one in enumerate(labels):
        grey = grey_image(one, mode, np.random.default_rng(seed))
        main = grey[one == MAIN].mean()
        assert (grey[one == BOUNDARY].mean() > main) == (boundary == "bright")
        assert (grey[one == INCLUSION].mean() > main) == (inclusion == "bright")


def test_both_polarities_come_up(labels):
    mode = ImagingMode("both", "bright")
    signs = set()
    for seed in range(12):  # the chance that one sign never comes up is 2/4096, and the seeds are fixed
        grey = grey_image(labels[0], mode, np.random.default_rng(seed))
        signs.add(bool(grey[labels[0] == BOUNDARY].mean() > grey[labels[0] == MAIN].mean()))
    assert signs == {True, False}


def test_shot_noise_has_the_variance_of_its_dose():
    """Of Poisson counts n the relative variance is 1/n; all else is off. 10,000 pixels: within 5 %, 3.5 sigma."""
    off = dict.fromkeys(("gradient", "scan_lines", "channelling", "stains", "dust_per_px"), 0.0)
    mode = ImagingMode(blur_px=(0.0, 0.0), dose=(200.0, 200.0), **off)
    grey = grey_image(np.zeros((100, 100), np.uint8), mode, np.random.default_rng(2))
    assert grey.var() / grey.mean() == pytest.approx(1 / 200, rel=0.05)


def test_a_negative_is_normalised_to_the_negative(labels):
    grey = grey_image(labels[0], ImagingMode(), np.random.default_rng(3))
    np.testing.assert_allclose(normalised(1 - grey), -normalised(grey), atol=1e-5)  # of fp32
    np.testing.assert_allclose(normalised(100 * grey + 7), normalised(grey), atol=1e-4)


def test_magnified_images_have_the_size_of_their_labels(labels):
    """Without noise they are the linear interpolation of a coarse image: a ramp stays one but for half a pixel at its ends."""
    assert grey_image(labels[0], ImagingMode(), np.random.default_rng(4), 2).shape == labels[0].shape
    ramp = np.tile(np.arange(10.0), (4, 1))
    np.testing.assert_allclose(magnify(ramp, 2)[0, 1:-1], np.arange(0.25, 9, 0.5), atol=1e-6)


def test_iou_of_a_known_pair():
    true, found = np.array([[0, 0, 1, 1]]), np.array([[0, 1, 1, 1]])
    np.testing.assert_allclose(iou(true, found), [1 / 2, 2 / 3, np.nan])


def test_baseline_finds_clear_classes():
    """Three separate greys are three classes, however they are named; the smoothing costs some pixels at the borders."""
    true = np.zeros((60, 60), np.uint8)
    true[:, 20:30], true[20:40, 40:60] = BOUNDARY, INCLUSION
    grey = np.array([0.5, 0.9, 0.1])[true]
    assert (baseline(grey, true) == true).mean() > 0.95


def test_thickness_of_a_layer_in_random_planes():
    """Strips of width t/sin of the angle between layer and plane, at a random angle in it: t comes back, within 1 % for 400."""
    rng, t = np.random.default_rng(4), 6.0
    y, x = np.mgrid[:200, :200]
    pixels, crossed = 0, 0.0
    for _ in range(400):
        normal = rng.standard_normal(3)
        across = (normal[0] * x + normal[1] * y) / np.linalg.norm(normal) + rng.uniform(0, 40)
        one = np.where(across % 40 < t, BOUNDARY, MAIN)  # layers of t, 40 from each other in space
        pixels += np.count_nonzero(one)
        crossed += 2 * np.count_nonzero(one) / thickness_px(one) if thickness_px(one) else 0
    assert 2 * pixels / crossed == pytest.approx(t, rel=0.01)


def test_training_lowers_the_loss(model):
    losses = model.metadata["losses"]
    assert np.mean(losses[-5:]) < 0.75 * np.mean(losses[:5])
    assert not model.network.training and not any(p.requires_grad for p in model.network.parameters())


def test_scores_stand_beside_their_baseline(model):
    scores = model.metadata["scores"]
    assert set(scores["iou"]) == {"main phase", "boundary", "inclusion"}
    assert 0 < scores["baseline_mean_iou"] < 1 and 0 < scores["mean_iou"] < 1
    assert model.metadata["seed"] == SEED and model.metadata["settings"]["mode"]["boundary"] == "bright"


def test_same_seed_same_weights(model):
    before = torch.random.get_rng_state()
    again = train(replace(TINY), SEED)
    assert torch.equal(before, torch.random.get_rng_state())
    assert again.metadata == model.metadata
    for one, other in zip(again.network.state_dict().values(), model.network.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_saved_model_gives_the_same_labels(model, labels, tmp_path):
    path = tmp_path / "segmentation.h5"
    save(model, path)
    read = load(path)
    grey = grey_image(labels[1], model.mode, np.random.default_rng(5))
    one, other = segment(model, grey, 0.2), segment(read, grey, 0.2)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert (one.distance, one.statement) == (other.distance, other.statement)
    assert (read.mode, read.metadata["losses"]) == (model.mode, model.metadata["losses"])


def test_tiles_fit_together():
    """A point sees no farther than the margin, so that tiles give what the whole image gives, up to rounding."""
    network = new_network((2, 4, 8, 16), 0).eval()
    image = np.random.default_rng(6).standard_normal((CORE + 40, 2 * CORE - 8)).astype(np.float32)
    with torch.no_grad():
        whole = network(torch.from_numpy(image)[None, None]).softmax(1)[0].numpy()
    np.testing.assert_allclose(probabilities(network, image), whole, atol=1e-5)
    assert MARGIN % 8 == 0 and CORE % 8 == 0  # or the coarser levels of two tiles would not lie on one grid


def test_segmentation_has_the_size_of_its_magnified_image(model, labels):
    found = segment(model, grey_image(labels[0][:50, :70], model.mode, np.random.default_rng(7)), 0.2)
    assert found.labels.shape == (50 * found.zoom, 70 * found.zoom) and found.labels.dtype == np.uint8
    assert found.pixel_um == pytest.approx(0.2 / found.zoom)


def test_foreign_images_are_called_so(model, labels):
    """One that no microscope takes: its noise, which is none, lies beyond all of the training."""
    found = segment(model, np.array([0.5, 0.8, 1.0])[labels[0]], 0.2)
    assert not found.familiar
    assert found.statement.startswith("unlike the images of the training") and found.statement.endswith("noise is low")


def test_distance_is_that_of_mahalanobis():
    """With a diagonal covariance: the root of the sum of squared deviations, each over its standard deviation."""
    known = Familiar(np.array([1.0, 2.0]), np.diag([4.0, 9.0]), 3.0, 0.05)
    np.testing.assert_allclose(known.distance(np.array([[3.0, 5.0], [1.0, 2.0]])), [2**0.5, 0.0])


@pytest.mark.parametrize(
    ("micrograph", "pixel_um", "words"),
    [
        (np.zeros((20, 20)), 0.1, "all of its pixels have one grey"),
        (np.zeros((20, 20, 3)), 0.1, "must have one grey for each pixel"),
        (np.eye(10), 0.1, "at least 16 pixels along both edges"),
        (np.full((20, 20), np.nan), 0.1, "no finite numbers"),
        (np.eye(20), 0.0, "pixel_um: must be > 0"),
    ],
)
def test_what_is_no_image_is_refused(model, micrograph, pixel_um, words):
    with pytest.raises(InvalidValue, match=words):
        segment(model, micrograph, pixel_um)


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (ImagingMode, {"boundary": "grey"}, "boundary: must be one of bright, dark, both"),
        (ImagingMode, {"dose": (100.0, 50.0)}, "dose: must be two numbers from 1 on"),
        (ImagingMode, {"gradient": 1.5}, "gradient: must be >= 0 and < 1"),
        (TrainingSettings, {"steps": 0}, "steps: must be >= 2"),
        (TrainingSettings, {"rate": 0.0}, "rate: must be > 0"),
        (TrainingSettings, {"channels": ()}, "channels: must be one to 4 numbers"),
    ],
)
def test_impossible_settings_are_refused(kind, given, words):
    with pytest.raises(InvalidValue, match=words):
        kind(**given)


def test_files_of_another_kind_are_refused(model, tmp_path):
    path = tmp_path / "model.h5"
    with pytest.raises(UserError, match="no such file"):
        load(path)
    path.write_text("no HDF5")
    with pytest.raises(UserError, match="not a readable HDF5 file"):
        load(path)
    with h5py.File(path, "w") as file:
        file.attrs["kind"] = "something else"
    with pytest.raises(UserError, match="kind is something else"):
        load(path)
    save(model, path)
    with h5py.File(path, "r+") as file:
        del file["network/last.weight"]
    with pytest.raises(UserError, match="incomplete or damaged"):
        load(path)
