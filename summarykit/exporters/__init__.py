"""From a summary to a file."""
