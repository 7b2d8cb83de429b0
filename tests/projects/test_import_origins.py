"""A base comes from the checkout and a head from the working tree, however the project is laid out and installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from summarykit.projects.source_folders import read_source_folders
from support import programs

ROOT = Path(__file__).resolve().parents[2]
MODEL = "from torch import nn\nfrom {package}.size import WIDTH\n\ndef build():\n    return nn.Linear(16, WIDTH)\n"
SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
PROJECT = SETUPTOOLS + '[project]\nname = "Shop.Models"\nversion = "1"\n'


class Layout(NamedTuple):
    """How a repository keeps its one package."""

    folder: str  # of the package, in the repository
    package: str = "shop"
    settings: str = ""  # more of pyproject.toml
    setup: str = ""  # a setup.py
    project: str = ""  # the folder with the build files


LAYOUTS = {
    "flat": Layout("shop", settings='[tool.setuptools]\npackages = ["shop"]\n'),
    "src": Layout("src/shop"),
    "package-dir": Layout("code", settings='[tool.setuptools]\npackages = ["shop"]\npackage-dir = { shop = "code" }\n'),
    "setup.py": Layout(
        "lib/python/shop",
        setup='from setuptools import setup\nsetup(packages=["shop"], package_dir={"": "lib/python"})\n',
    ),
    "namespace": Layout(
        "src/acme/shop", "acme.shop", settings='[tool.setuptools.packages.find]\nwhere = ["src"]\nnamespaces = true\n'
    ),
    "monorepo": Layout("packages/one/src/shop", project="packages/one"),
}


class Repository:
    """A repository with one commit, and an environment of its own in which the project is installed."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.folder, self.layout = folder / "repository", layout
        self.package = self.folder / layout.folder
        self.package.mkdir(parents=True)
        (self.package / "__init__.py").write_text("")
        (self.package / "net.py").write_text(MODEL.format(package=layout.package))
        project = self.folder / layout.project
        (project / "pyproject.toml").write_text(PROJECT + layout.settings)
        if layout.setup:
            (project / "setup.py").write_text(layout.setup)
        (self.folder / ".gitignore").write_text("build/\n*.egg-info/\n.venv/\n")
        self.width(4)
        self.git("init", "--quiet")
        self.git("symbolic-ref", "HEAD", "refs/heads/main")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "first")
        self.python = environment(self.folder / ".venv")

    def git(self, *arguments):
        names = ("-c", "user.name=A", "-c", "user.email=a@b")
        subprocess.run(["git", *names, *arguments], cwd=self.folder, check=True, capture_output=True)

    def width(self, number):
        (self.package / "size.py").write_text(f"WIDTH = {number}\n")

    def install(self, *options):
        command = [sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet", "--no-deps"]
        options = ("--no-build-isolation", "--disable-pip-version-check", *options)
        done = subprocess.run(
            [*command, *options], cwd=self.folder / self.layout.project, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def run(self, *arguments, folder=None, **variables):
        env = {**os.environ, **variables}
        done = subprocess.run(
            [self.python, "-m", "summarykit", *arguments],
            cwd=folder or self.folder, env=env, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def diff(self, **variables):
        return self.run("diff", f"{self.layout.package}.net:build", "--git", "main", **variables)


def environment(folder):
    """A Python that has what this one has, and summarykit from here; nothing is installed into this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    here = [path for path in sys.path if path.endswith("site-packages")]
    (site / "summarykit_test.pth").write_text("\n".join([str(ROOT), *here]) + "\n")
    return str(folder / "bin" / "python")


@pytest.fixture
def repository(tmp_path):
    programs.require("git")
    return lambda layout: Repository(tmp_path, LAYOUTS[layout])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_installed_copy_is_neither_base_nor_head(layout, repository):
    own = repository(layout)
    own.install(".")
    shutil.rmtree(own.folder / own.layout.project / "build", ignore_errors=True)
    own.width(8)
    code, out, err = own.diff()
    if layout == "flat":  # the current folder goes before what is installed
        assert (code, "+68 parameters" in out) == (0, True), err
        return
    assert (code, out) == (2, "")
    assert f"module '{own.layout.package}.size' was imported from " in err
    assert f"which differs from {own.layout.folder}/size.py of the repository" in err
    assert "hint: install the project as editable" in err
    target = f"{own.layout.package}.net:build"
    assert own.run("report", target)[0] == 2
    own.install(".")
    code, out, err = own.diff()
    assert (code, "+68 parameters" in out) == (0, True), err  # the base is the checkout's, though 8 is installed
    assert own.run("report", target)[0] == 0


@pytest.mark.parametrize("mode", [(), ("--config-settings", "editable_mode=strict")], ids=["editable", "strict"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_editable_project_is_compared_with_its_checkout(layout, mode, repository):
    own = repository(layout)
    own.install("-e", ".", *mode)
    (own.package / "size.py").unlink()  # as editors save: another file of the name, which breaks a hard link
    own.width(8)
    code, out, err = own.diff()
    if code == 2 and mode:  # a copy that no longer follows is no head either
        assert "size' was imported from " in err
        return
    assert (code, "+68 parameters" in out) == (0, True), err


def test_a_build_folder_on_the_path_is_an_old_copy(repository):
    own = repository("src")
    old = own.folder / "build" / "lib"
    shutil.copytree(own.folder / "src", old)
    own.width(8)
    code, _, err = own.diff(PYTHONPATH=str(old))
    assert code == 2
    assert (
        f"module 'shop.size' was imported from {old / 'shop' / 'size.py'}, which differs from src/shop/size.py" in err
    )
    assert "take 'build/lib' off Python's path" in err
    code, out, err = own.diff(PYTHONPATH=f"{own.folder / 'src'}{os.pathsep}{old}")
    assert (code, "+68 parameters" in out) == (0, True), err


def test_a_copy_elsewhere_on_the_path_is_named(repository, tmp_path):
    own = repository("src")
    shutil.copytree(own.folder / "src", tmp_path / "elsewhere")
    own.width(8)
    code, _, err = own.diff(PYTHONPATH=str(tmp_path / "elsewhere"))
    assert code == 2
    assert f"take {str(tmp_path / 'elsewhere')!r} off Python's path" in err


def test_lock_and_check_do_not_take_an_old_copy(repository):
    own = repository("src")
    own.install(".")
    with (own.folder / "pyproject.toml").open("a") as file:
        file.write('[tool.summarykit.models.net]\ntarget = "shop.net:build"\nmax_parameters = 100\n')
    assert own.run("check")[0] == 0
    own.width(8)
    for command in ("check", "lock"):
        code, _, err = own.run(command)
        assert code == 2
        assert "module 'shop.size' was imported from " in err
        assert not (own.folder / "summarykit.lock.json").exists()


def test_a_module_that_is_there_and_cannot_be_imported_is_not_new(repository):
    own = repository("src")
    (own.folder / "src").rename(own.folder / "hidden")
    own.git("add", ".")
    own.git("commit", "--quiet", "-m", "moved")
    (own.folder / "hidden").rename(own.folder / "src")
    own.install("-e", ".")
    code, _, err = own.diff()
    assert code == 2
    assert "at main: hidden/shop/net.py is there, and was not imported: 'shop.net'" in err
    assert "PYTHONPATH=hidden" in err
    code, out, err = own.diff(PYTHONPATH="hidden")
    assert (code, "othing changed" in out) == (0, True), err
    (own.folder / "src" / "shop" / "fresh.py").write_text(MODEL.format(package="shop"))
    code, out, err = own.run("diff", "shop.fresh:build", "--git", "main", PYTHONPATH="hidden")
    assert (code, "new, no base" in out) == (0, True), err


def test_other_peoples_modules_of_the_same_name_are_theirs(repository):
    own = repository("src")
    for folder in ("jinja2", "python", "lib"):
        (own.folder / folder).mkdir()
    (own.folder / "jinja2" / "notes.txt").write_text("no package")
    for folder in ("python", "lib"):
        (own.folder / folder / "markupsafe.py").write_text("raise ImportError('never')\n")
    own.git("add", ".")
    own.git("commit", "--quiet", "-m", "names")
    own.install("-e", ".")
    own.width(8)
    code, out, err = own.diff()
    assert (code, "+68 parameters" in out) == (0, True), err


def test_projects_of_one_repository_may_have_modules_of_one_name(repository):
    own = repository("monorepo")
    other = own.folder / "packages" / "another"
    for folder, width in ((other, 3), (own.folder / "packages" / "one", 4)):
        folder.mkdir(exist_ok=True)
        (folder / "pyproject.toml").write_text(PROJECT.replace("Shop.Models", folder.name))
        (folder / "model.py").write_text(f"from torch import nn\n\ndef build():\n    return nn.Linear(2, {width})\n")
    own.git("add", ".")
    own.git("commit", "--quiet", "-m", "two")
    path = str(own.folder / "packages" / "one")
    (Path(path) / "model.py").write_text("from torch import nn\n\ndef build():\n    return nn.Linear(2, 5)\n")
    code, out, err = own.run("diff", "model:build", "--git", "main", PYTHONPATH=path)
    assert (code, "+3 parameters" in out) == (0, True), err


def test_a_module_that_the_working_tree_cannot_import_is_not_found_at_the_base(repository):
    """Else the base would be another model: code often looks for a package that need not be there."""
    own = repository("flat")
    optional = own.folder / "lib" / "fast_kernels"
    optional.mkdir(parents=True)
    (optional / "__init__.py").write_text("")
    (own.package / "size.py").write_text(
        "try:\n    import fast_kernels\n    WIDTH = 9\nexcept ImportError:\n    WIDTH = 4\n"
    )
    own.git("add", ".")
    own.git("commit", "--quiet", "-m", "optional")
    code, out, err = own.diff()
    assert (code, "othing changed" in out) == (0, True), err


@pytest.mark.parametrize(
    ("name", "text", "module", "place"),
    [
        ("pyproject.toml", '[tool.poetry]\nname = "a"\npackages = [{ include = "m", from = "code" }]', "m.x", "code/m"),
        ("pyproject.toml", '[tool.hatch.build.targets.wheel]\npackages = ["source/m"]', "m.x", "source/m"),
        ("pyproject.toml", '[tool.maturin]\npython-source = "py"', "m.x", "py/m"),
        ("pyproject.toml", '[tool.setuptools.package-dir]\n"" = "code"', "m.x", "code/m"),
        ("pyproject.toml", '[tool.setuptools.package-dir]\n"m.inner" = "code"', "m.inner.x", "code"),
        ("setup.cfg", "[options]\npackage_dir =\n    = code\n", "m.x", "code/m"),
        ("setup.cfg", "[options.packages.find]\nwhere = code\n", "m.x", "code/m"),
        ("setup.py", "import setuptools\nsetuptools.setup(package_dir={'m': 'code'})", "m.x", "code"),
        ("setup.py", "from setuptools import *\nsetup(packages=find_packages('code'))", "m.x", "code/m"),
        ("pyproject.toml", "not = toml = at all", "m.x", "src/m"),
    ],
)
def test_build_files_say_where_packages_are(name, text, module, place, tmp_path):
    (tmp_path / name).write_text(text)
    (tmp_path / place).mkdir(parents=True)
    file = tmp_path / place / "x.py"
    file.write_text("")
    assert read_source_folders(tmp_path, [name]).file_of(tmp_path, module) == file


def test_folders_that_lead_out_of_the_repository_are_not_looked_at(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.maturin]\npython-source = "../other"\n')
    assert all(
        not folder.startswith(("/", "..")) for folder in read_source_folders(tmp_path, ["pyproject.toml"]).folders
    )
