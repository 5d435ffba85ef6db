"""One function per figure: data in, a PNG file out."""
