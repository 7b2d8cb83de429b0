"""The icicle: a box for each part of the tree, its width the part's share, its children below it."""
