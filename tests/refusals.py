"""What the command line says of what it refuses."""

from hardmag.cli import main


def complaint(capsys, *words):
    """What a refused command says, without its usage: its last line, with nothing on stdout and no traceback."""
    try:
        assert main(list(words)) == 2
    except SystemExit as exit_:
        assert exit_.code == 2
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    return err.splitlines()[-1].partition("error: ")[2]
