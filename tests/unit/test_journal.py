"""The journal: whatever happens to its files, whole records come back once, and nothing else does."""

import json
from math import isnan

import pytest

from hardmag.jobs.journal import JournalWriter, read_journal


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


def write(folder, *records):
    writer = JournalWriter(folder)
    for record in records:
        writer.append(record)
    writer.close()
    return max(folder.glob("*.jsonl"))


def test_records_come_back_as_they_were(folder, record):
    given = [record("a", 0), record("a", 1, status="NOT_CONVERGED"), record("b", 0, mu0_Hc_T=4.05)]
    write(folder, *given)
    assert read_journal(folder) == {("a", 0): given[0], ("a", 1): given[1], ("b", 0): given[2]}


def test_numbers_keep_every_digit_and_nan(folder, record):
    values = [0.1 + 0.2, 1 / 3, -5e-324, 1e300]
    write(folder, record("a", m_parallel=values, mean_Ms_A_per_m=float("nan")))
    found = read_journal(folder)["a", 0]
    assert found.m_parallel == values and isnan(found.mean_Ms_A_per_m)


def test_each_record_is_on_disk_before_the_next(folder, record):
    writer = JournalWriter(folder)
    for n in range(3):
        writer.append(record("a", n))
        assert len(read_journal(folder)) == n + 1  # read by somebody else, while the writer is open
    writer.close()


def test_no_journal_is_an_empty_journal(folder):
    assert read_journal(folder) == {}


def test_a_torn_last_line_is_left_out_wherever_it_was_torn(folder, record):
    path = write(folder, record("a", 0), record("a", 1), record("a", 2, mu0_H_T=[1.0], m_parallel=[1.0]))
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for length in range(last, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert set(read_journal(folder)) == {("a", 0), ("a", 1)}
    path.write_bytes(whole[:-1])  # but for its line feed it is whole
    assert len(read_journal(folder)) == 3


def test_the_next_worker_goes_on_after_a_torn_line(folder, record):
    path = write(folder, record("a", 0), record("a", 1))
    path.write_bytes(path.read_bytes()[:-20])
    again = record("a", 1, evaluations=7)
    write(folder, again)
    assert read_journal(folder) == {("a", 0): record("a", 0), ("a", 1): again}


def test_a_flipped_bit_costs_its_line_and_no_other(folder, record):
    path = write(folder, *(record("a", n, mu0_H_T=[1.0], m_parallel=[1.0]) for n in range(3)))
    whole = path.read_bytes()
    first = whole.find(b"\n") + 1
    second = whole.find(b"\n", first)
    for at in range(first, second):  # every byte of the middle line: its checksum, its blank, its text
        for bit in (0x01, 0x80):
            damaged = bytearray(whole)
            damaged[at] ^= bit
            if damaged[at] in b"\n\r":
                continue
            path.write_bytes(damaged)
            assert set(read_journal(folder)) == {("a", 0), ("a", 2)}, at


def test_a_line_with_a_wrong_checksum_is_left_out(folder, record):
    path = write(folder, record("a", 0))
    with open(path, "a") as file:
        file.write("0123456789abcdef " + json.dumps(record("a", 1).to_dict()) + "\n\n \n{}\n")
    assert set(read_journal(folder)) == {("a", 0)}


def test_two_writers_are_merged(folder, record):
    one, two = JournalWriter(folder), JournalWriter(folder)
    for n in range(4):  # in turns: they write to files of their own
        (one, two)[n % 2].append(record("a", n))
    one.close()
    two.close()
    assert len(list(folder.glob("*.jsonl"))) == 2
    assert read_journal(folder) == {("a", n): record("a", n) for n in range(4)}


def test_duplicates_count_once_and_the_first_wins(folder, record):
    write(folder, record("a", 0, evaluations=1), record("a", 0, evaluations=2))
    write(folder, record("a", 0, evaluations=3), record("a", 1, evaluations=4))
    found = read_journal(folder)
    assert {key: r.evaluations for key, r in found.items()} == {("a", 0): 1, ("a", 1): 4}
