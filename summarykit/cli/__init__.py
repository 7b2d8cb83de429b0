"""The command line: ``main`` is the entry point; one file a command."""

from summarykit.cli.main import main as main
