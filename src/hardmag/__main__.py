import sys

from hardmag.cli import main

sys.exit(main())
