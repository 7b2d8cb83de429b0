"""pdfTeX with the packages a table names: what a paper shows."""

import re
import subprocess
from pathlib import Path

TIMEOUT = 120  # seconds

DOCUMENT = r"""\documentclass{article}
\usepackage[%s]{fontenc}
\usepackage{booktabs}
\usepackage{tabularx}
\begin{document}
%s
\end{document}
"""


class Tex:
    """Sets a document; an error, a letter that a font lacks or a line that is too long is told."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def pdf(self, folder: Path, body: str, *, fonts: str = "OT1") -> Path:
        """Set *body*, which may read in the files of *folder*, and return the PDF."""
        (folder / "main.tex").write_text(DOCUMENT % (fonts, body), encoding="ascii")
        # T1 needs no pictures of its letters here: they would be drawn one by one.
        draft = ["-draftmode"] if fonts == "T1" else []
        command = [str(self.program), "-interaction=nonstopmode", "-halt-on-error", *draft, "main.tex"]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=TIMEOUT, check=False
        )
        if done.returncode:
            raise AssertionError(done.stdout[-3_000:])
        log = (folder / "main.log").read_text("utf-8", errors="replace")
        faults = re.findall(r"^(?:Missing character|Overfull).*", log, re.MULTILINE)
        assert not faults, "\n".join(faults)
        return folder / "main.pdf"
