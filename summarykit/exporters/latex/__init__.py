"""LaTeX: a table for a paper."""
