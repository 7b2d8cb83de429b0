"""HTML: one page that needs no other file."""
