"""LibreOffice without a window: what a workbook shows to somebody who opens it."""

import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

TIMEOUT = 180  # seconds; the first start fills its profile

#: Calculate every formula on opening, whatever values the file brings: a test must see the formulas at work.
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
 <item oor:path="/org.openoffice.Office.Calc/Formula/Load">
  <prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
 </item>
</oor:items>
"""

#: A module of StarBasic in the user's own library, as LibreOffice keeps it, and the list that names it.
MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Edit" script:language="StarBasic">
Sub Main(source, target)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  book = StarDesktop.loadComponentFromURL(source, "_blank", 0, hidden())
%s
  Dim how(0) As New com.sun.star.beans.PropertyValue
  how(0).Name = "FilterName" : how(0).Value = "Calc MS Excel 2007 XML"
  book.storeToURL(target, how())
  book.close(True)
End Sub
</script:module>
"""
LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library"
 library:name="Standard" library:readonly="false" library:passwordprotected="false">
 <library:element library:name="Edit"/>
</library:library>
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
        done = self._start("--convert-to", fmt, "--outdir", str(folder), str(source))
        if not target.exists():  # LibreOffice exits 0 when it fails
            raise OSError(f"LibreOffice made no {target.name} of {source}:\n{done.stdout}{done.stderr}")
        return target

    def edit(self, source: Path, target: Path, basic: str) -> Path:
        """Open the workbook *source*, do what *basic* says to ``book``, and save it as the .xlsx *target*.

        *basic* is StarBasic over LibreOffice's own objects: what a person does there by hand.
        """
        library = self.profile / "user" / "basic" / "Standard"
        if not library.is_dir():  # the first start makes it, and puts its own in place of what stands there
            self._start("--terminate_after_init")
        (library / "Edit.xba").write_text(MODULE % escape(basic), encoding="utf-8")
        (library / "script.xlb").write_text(LIBRARY, encoding="utf-8")
        target.unlink(missing_ok=True)
        done = self._start(f'macro:///Standard.Edit.Main("{source.as_uri()}","{target.as_uri()}")')
        if not target.exists():
            raise OSError(f"LibreOffice made no {target.name} of {source}:\n{done.stdout}{done.stderr}")
        return target

    def _start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        profile = f"-env:UserInstallation={self.profile.as_uri()}"
        command = [str(self.soffice), profile, "--headless", "--norestore", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
