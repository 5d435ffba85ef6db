"""What the command line says of what it refuses."""

from hardmag.cli import main


def complaint(capsys, *words):
    """What a refused command says: one line, with nothing on stdout."""
    try:
        assert main(list(words)) == 2
    except SystemExit as exit_:
        assert exit_.code == 2
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert out == ""
    return line.partition("error: ")[2]
