"""The page of a diff."""
