"""``python -m summarykit``."""

import sys

from summarykit.cli import main

sys.exit(main())
