"""LibreOffice without a window: what a workbook shows to somebody who opens it."""

import subprocess
from pathlib import Path

TIMEOUT = 180  # seconds; the first start fills its profile

#: Calculate every formula on opening, whatever values the file brings: a test must see the formulas at work.
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
 <item oor:path="/org.openoffice.Office.Calc/Formula/Load">
  <prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
 </item>
</oor:items>
"""


class Office:
    """Converts files with a profile of its own, so that parallel workers do not wait for each other's lock."""

    def __init__(self, soffice: Path, profile: Path) -> None:
        self.soffice = soffice
        self.profile = profile
        user = profile / "user"
        user.mkdir(parents=True, exist_ok=True)
        (user / "registrymodifications.xcu").write_text(SETTINGS, encoding="utf-8")

    def convert(self, source: Path, fmt: str, folder: Path | None = None) -> Path:
        """Convert *source* to *fmt* (``"pdf"``, ``"csv"``, ``"xlsx"``) in *folder*, by default ``FMT/`` beside it.

        *fmt* may carry LibreOffice's filter and its options: ``"csv:Text - txt - csv (StarCalc):44,34,76,1,,0"``.
        """
        suffix = fmt.partition(":")[0]
        folder = folder or source.parent / suffix
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{source.stem}.{suffix}"
        target.unlink(missing_ok=True)
        command = [
            str(self.soffice),
            f"-env:UserInstallation={self.profile.as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            fmt,
            "--outdir",
            str(folder),
            str(source),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        if not target.exists():  # LibreOffice exits 0 when it fails
            raise OSError(f"LibreOffice made no {target.name} of {source}:\n{done.stdout}{done.stderr}")
        return target
