"""Plain text: the terminal and .txt files."""
