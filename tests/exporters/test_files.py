"""All reports or none: whatever goes wrong, older files are as they were and nothing partial is left."""

import os
import stat
from pathlib import Path

import pytest
from torch import nn

import summarykit
from summarykit.errors import OutputError, TemplateError, UnknownFormatError
from summarykit.exporters import base, files
from summarykit.exporters.json import JsonExporter
from summarykit.exporters.markdown.exporter import MarkdownExporter

SUFFIXES = [".md", ".html", ".xlsx", ".json", ".txt"]


@pytest.fixture
def model():
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2))


@pytest.fixture
def old(tmp_path):
    """A folder of older reports, and how it looks."""
    for suffix in SUFFIXES:
        (tmp_path / f"out{suffix}").write_bytes(b"older " + suffix.encode())
    return tmp_path


def contents(folder: Path):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_every_format_is_written_and_the_paths_come_back(model, tmp_path):
    paths = [tmp_path / f"out{suffix}" for suffix in SUFFIXES]
    summary = summarykit.report(model, *paths)
    assert sorted(contents(tmp_path)) == sorted(path.name for path in paths)
    assert all(path.stat().st_size > 100 for path in paths)
    assert summary.save(*map(str, paths)) == paths
    assert summary.save() == []


def test_the_same_model_gives_the_same_bytes(model, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        summarykit.report(model, *(tmp_path / folder / f"out{suffix}" for suffix in SUFFIXES))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize(
    "name", ["OUT.MD", "a.b.Html", "größe.json", "a b.txt", "-o.md", "out.markdown", "o" * 200 + ".md"]
)
def test_any_name_will_do(name, model, tmp_path):
    summarykit.report(model, tmp_path / name)
    assert list(contents(tmp_path)) == [name]


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("out.pdf", UnknownFormatError, "'.pdf'"),
        ("out", UnknownFormatError, "no suffix"),
        (".md", UnknownFormatError, "no suffix"),
        ("", UnknownFormatError, "no suffix"),
        ("out.md.exe", UnknownFormatError, "'.exe'"),
        ("out.html/out.md", OutputError, "is not a folder"),
        ("out.html/more/out.md", OutputError, "is not a folder"),
        ("folder.md", OutputError, "is a folder"),
        ("n\0ll.md", OutputError, "not a valid file name"),
        ("x" * 300 + "/out.md", OutputError, "is too long"),
        ("x" * 300 + ".md", OutputError, ""),
        ("out.html", OutputError, "the same file"),
        ("./link.html", OutputError, "the same file"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_wrong_path_is_told_before_any_work(name, error, said, model, old, monkeypatch):
    (old / "folder.md").mkdir()
    (old / "link.html").symlink_to(old / "out.html")
    before = contents(old)
    if said:
        monkeypatch.setattr("summarykit.reading.read_model", lambda _: pytest.fail("the model was read"))
    with pytest.raises(error) as caught:
        summarykit.report(model, old / "out.html", old / name if name else "")
    assert said in str(caught.value)
    assert caught.value.hint
    assert contents(old) == before
    if error is UnknownFormatError:
        assert all(suffix in caught.value.hint for suffix in SUFFIXES)
        assert isinstance(caught.value, ValueError)
    else:
        assert isinstance(caught.value, OSError)


def test_a_folder_without_the_right_to_write(model, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(OutputError, match="cannot be written"):
        summarykit.report(model, tmp_path / "out.md")
    assert contents(tmp_path) == {}


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs /proc")
def test_a_folder_that_takes_no_files(model):
    with pytest.raises(OutputError):
        summarykit.report(model, "/proc/self/out.md")


class Broken(JsonExporter):
    """Writes a part and fails."""

    suffixes = (".broken",)
    error: BaseException = ValueError("an exporter with a mistake")

    def write(self, data, out, options):
        out.write(b"half a report")
        out.flush()
        raise self.error


@pytest.fixture
def broken(monkeypatch):
    base.built_in()
    monkeypatch.setitem(base._BUILT_IN, "broken", Broken)
    return Broken


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (OSError(28, "No space left on device"), OutputError),
        (PermissionError(13, "Permission denied"), OutputError),
        (ValueError("a mistake"), ValueError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (MemoryError(), MemoryError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_an_error_while_writing_leaves_everything_as_it_was(error, seen, model, old, broken, monkeypatch):
    monkeypatch.setattr(broken, "error", error)
    before = contents(old)
    for paths in (
        ["out.md", "out.broken"],
        ["out.broken", "out.md"],
        ["out.broken"],
        ["out.md", "out.broken", "out.html"],
    ):
        with pytest.raises(seen):
            summarykit.report(model, *(old / name for name in paths))
        assert contents(old) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk(suffix, model, old, monkeypatch):
    before = contents(old)
    fdopen = os.fdopen

    def full(handle, mode):
        os.close(handle)
        return fdopen(os.open("/dev/full", os.O_RDWR), mode)

    monkeypatch.setattr(files.os, "fdopen", full)
    with pytest.raises(OutputError) as caught:
        summarykit.report(model, old / f"out{suffix}")
    assert "No space left" in str(caught.value)
    assert "untouched" in caught.value.hint
    assert contents(old) == before


@pytest.mark.parametrize("refused", [0, 1, 2])
def test_a_file_that_cannot_be_replaced_brings_the_others_back(refused, model, old, monkeypatch):
    names = ["out.md", "new.json", "out.txt"]
    before = contents(old)
    replace = Path.replace

    def locked(self, target):
        if Path(target).name == names[refused] and self.suffix == ".part":
            raise PermissionError(13, "open in another program")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", locked)
    with pytest.raises(OutputError, match="open in another program"):
        summarykit.report(model, *(old / name for name in names))
    assert contents(old) == before


def test_where_there_are_no_hard_links_it_works_too(model, old, monkeypatch):
    def unable(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", unable)
    summarykit.report(model, old / "out.md", old / "out.txt")
    assert "78" in (old / "out.txt").read_text()
    assert sorted(contents(old)) == sorted(f"out{suffix}" for suffix in SUFFIXES)


@pytest.mark.parametrize("suffix", [".md", ".html", ".xlsx"])
def test_a_broken_template_leaves_everything_as_it_was(suffix, model, old):
    kind = {".md": "markdown/report.md.j2", ".html": "html/report.html.j2", ".xlsx": "excel/report.xml.j2"}[suffix]
    template = old / "templates" / kind
    template.parent.mkdir(parents=True)
    before = contents(old)
    for text in (
        "{% if %}",
        "{{ report.nothing }}",
        "{{ 1 // 0 }}",
        "{{ report.total + 1 }}",
        "{% include 'none.j2' %}",
    ):
        template.write_text(text)
        with pytest.raises(TemplateError) as caught:
            summarykit.report(model, old / "out.txt", old / f"out{suffix}", templates=[old / "templates"])
        assert isinstance(caught.value, ValueError)
        assert kind in str(caught.value)
        assert contents(old) == before


def test_a_folder_of_templates_that_is_not_there_is_told(model, tmp_path):
    for ask in (summarykit.summarize, summarykit.report):
        with pytest.raises(TemplateError, match="no folder"):
            ask(model, templates=[tmp_path / "missing"])


def test_one_folder_of_templates_needs_no_list(model, tmp_path):
    (tmp_path / "markdown").mkdir()
    (tmp_path / "markdown" / "report.md.j2").write_text("Mine: {{ report.total }}")
    assert summarykit.summarize(model, templates=str(tmp_path)).to_markdown() == "Mine: 78"
    assert summarykit.summarize(model, templates=tmp_path).to_markdown() == "Mine: 78"


def test_a_link_stays_a_link(model, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.md").symlink_to(tmp_path / "real" / "out.md")
    summarykit.report(model, tmp_path / "link.md")
    assert (tmp_path / "link.md").is_symlink()
    assert "78" in (tmp_path / "real" / "out.md").read_text()


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664])
def test_the_rights_of_an_older_file_are_kept(mode, model, tmp_path):
    path = tmp_path / "out.md"
    path.write_text("older")
    path.chmod(mode)
    summarykit.report(model, path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_the_usual_rights(model, tmp_path):
    before = os.umask(0o027)
    try:
        summarykit.report(model, tmp_path / "out.md")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.md").stat().st_mode) == 0o640


def test_a_plug_in_writes_its_suffix_and_a_broken_one_breaks_nothing(model, tmp_path, monkeypatch):
    class Point:
        name = "mine"

        def __init__(self, load):
            self.load = load

    class Mine(MarkdownExporter):
        suffixes = (".mine",)

    monkeypatch.setattr(base, "entry_points", lambda group: [Point(lambda: Mine)])
    summarykit.report(model, tmp_path / "out.mine")
    assert "78" in (tmp_path / "out.mine").read_text()

    def fail():
        raise ImportError("a broken plug-in")

    monkeypatch.setattr(base, "entry_points", lambda group: [Point(fail)])
    summarykit.report(model, tmp_path / "out.md")
    with pytest.raises(UnknownFormatError, match="'mine' cannot be loaded"):
        summarykit.report(model, tmp_path / "out.mine2")


def test_folders_are_made_and_taken_away_again_if_nothing_is_written(model, tmp_path):
    summarykit.report(model, tmp_path / "a" / "b" / "out.md", tmp_path / "a" / "c" / "out.json")
    assert (tmp_path / "a" / "b" / "out.md").is_file()
    assert (tmp_path / "a" / "c" / "out.json").is_file()
    templates = tmp_path / "templates" / "markdown"
    templates.mkdir(parents=True)
    (templates / "report.md.j2").write_text("{{ nothing_of_this_name }}")
    with pytest.raises(summarykit.errors.TemplateError):
        summarykit.report(model, tmp_path / "new" / "d" / "out.md", templates=templates.parent)
    assert not (tmp_path / "new").exists()
