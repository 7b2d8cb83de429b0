"""The tree as a picture: a box for each part, as wide as what it holds, what is inside it below."""
