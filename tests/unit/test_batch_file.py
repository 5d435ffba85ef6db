"""Batch files: every value comes back; damage of any kind is refused by name; a failed write leaves nothing."""

from dataclasses import replace
from math import isnan

import h5py
import numpy as np
import pytest

from hardmag import PHYSICS_VERSION, __version__
from hardmag.campaign.attempts import Attempt, Batch
from hardmag.campaign.batch_file import pack, read_batch, unpack, write_batch
from hardmag.campaign.samples import Sample
from hardmag.errors import UserError
from hardmag.sealed import BLOCK, seal


@pytest.fixture
def batch():
    a, b, c = (Sample(f"{n:016x}", 4, {"kind": "smco17"}, 30.0, {}) for n in range(3))
    change = [{"failure": "not_converged", "detail": "at µ0H = −1 T", "change": {"precision": ["fp32", "fp64"]}}]
    return Batch("0123456789ab", 1, [Attempt.of(a), Attempt.of(b, change), Attempt.of(c)])


@pytest.fixture
def records(batch, record):
    """Curves of different lengths, one of them empty, with NaN where nothing was computed."""
    a, b, c = batch.samples
    made = [
        record(a, 0),
        record(a, 1, mu0_Hc_T=5.05, m_parallel=(np.arange(62) / 7).tolist(), evaluations=12345),
        record(b, 0, status="NOT_CONVERGED", mu0_H_T=[1.0], m_parallel=[1 / 3]),
        record(b, 1, status="NOT_A_NUMBER", mu0_H_T=[1.0, 0.5], m_parallel=[1.0, float("nan")]),
        record(
            c,
            0,
            status="DEVICE_ERROR",
            mu0_H_T=[],
            m_parallel=[],
            evaluations=0,
            mean_Ms_A_per_m=float("nan"),
            cell_over_delta0=float("nan"),
            fractions={},
        ),
        record(c, 1),
    ]
    return {r.half_cycle: r for r in made}


@pytest.fixture
def path(tmp_path, batch, records):
    path = tmp_path / "round" / "0123456789ab.h5"
    write_batch(path, batch, records)
    return path


def refusal(path):
    with pytest.raises(UserError) as caught:
        read_batch(path)
    text = str(caught.value)
    assert str(path) in text and "\n" not in text
    return text


def same(a, b):
    return (isnan(a) and isnan(b)) if isinstance(a, float) and isnan(a) else a == b


def test_everything_comes_back(path, batch, records):
    read = read_batch(path)
    assert [attempt for attempt, _ in read] == batch.attempts
    found = {r.half_cycle: vars(r) for _, rs in read for r in rs}
    assert set(found) == set(records)
    for key, given in records.items():
        for name, value in vars(given).items():
            if name in ("mu0_H_T", "m_parallel"):  # bit for bit, NaN and lengths included
                assert np.array_equal(found[key][name], np.array(value), equal_nan=True), (key, name)
            else:
                assert same(found[key][name], value), (key, name)


def test_realisations_come_in_order(tmp_path, batch, records):
    write_batch(tmp_path / "b.h5", batch, dict(reversed(records.items())))
    assert [[r.realisation for r in rs] for _, rs in read_batch(tmp_path / "b.h5")] == [[0, 1]] * 3


def test_pack_and_unpack_are_inverse():
    arrays = [np.arange(3.0), np.empty(0), np.array([np.nan]), np.arange(2.0)]
    offsets, values = pack(arrays)
    assert offsets.tolist() == [0, 3, 3, 4, 6] and len(values) == 6
    for given, found in zip(arrays, unpack(offsets, values), strict=True):
        assert np.array_equal(given, found, equal_nan=True)


def test_no_file(tmp_path):
    assert "not a readable batch file" in refusal(tmp_path / "nothing.h5")


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_truncated_file(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert "Delete it and run again" in refusal(path)


def test_not_hdf5(path):
    path.write_text("nothing")
    assert "not a readable batch file" in refusal(path)


@pytest.mark.parametrize("name", ["half_cycles/m_parallel", "half_cycles/mu0_H_T", "half_cycles/cell_over_delta0"])
@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_flipped_byte_in_the_numbers(path, name, bit):
    with h5py.File(path) as file:
        start, size = file[name].id.get_offset(), file[name].id.get_storage_size()
    whole = path.read_bytes()
    for at in {start, start + size // 2, start + size - 1}:
        damaged = bytearray(whole)
        damaged[at] ^= bit
        path.write_bytes(damaged)
        assert "checksum does not match" in refusal(path)


@pytest.mark.parametrize("word", [b"NOT_CONVERGED", b"fp64", b"2:17", b"alpha_deg"])
@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_flipped_byte_in_the_texts(path, word, bit):
    damaged = bytearray(path.read_bytes())
    damaged[damaged.find(word) + 1] ^= bit
    path.write_bytes(damaged)
    assert "checksum does not match" in refusal(path)


def test_flipped_bit_anywhere(path):
    """Every byte is under the seal: refused before HDF5 sees it, which some flips make hang."""
    whole = path.read_bytes()
    label = whole.index(b"\0")  # behind the seal, zeros fill the block; they hold nothing
    for at in {*range(label), *range(BLOCK, len(whole), 97), len(whole) - 1}:
        damaged = bytearray(whole)
        damaged[at] ^= 0x04
        path.write_bytes(damaged)
        assert "Delete it and run again" in refusal(path)


def test_changed_by_another_program(path):
    with h5py.File(path, "r+") as file:
        del file["half_cycles/status"]
    assert "checksum does not match" in refusal(path)


def test_of_another_kind(path):
    seal(path, "dataset")
    assert "not a readable batch file" in refusal(path)


def test_a_failed_write_leaves_nothing_behind(tmp_path, batch, records):
    key = next(iter(records))
    records[key] = replace(records[key], fractions={"2:17": object()})  # cannot be written
    with pytest.raises(TypeError):
        write_batch(tmp_path / "round" / "b.h5", batch, records)
    assert list((tmp_path / "round").iterdir()) == []


def test_a_failed_write_leaves_the_old_file(path, batch, records):
    before = path.read_bytes()
    key = next(iter(records))
    records[key] = replace(records[key], fractions={"2:17": object()})
    with pytest.raises(TypeError):
        write_batch(path, batch, records)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_disk_that_fills_up_leaves_nothing_behind(tmp_path, batch, records, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hardmag.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_batch(tmp_path / "round" / "b.h5", batch, records)
    assert list((tmp_path / "round").iterdir()) == []


def test_the_file_says_where_it_comes_from(path, batch):
    with h5py.File(path) as file:
        assert file.attrs["batch"] == batch.name
        assert file.attrs["hardmag_version"] == __version__
        assert file.attrs["physics_version"] == PHYSICS_VERSION
