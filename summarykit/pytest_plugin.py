"""The pytest plugin: ``model_summary`` and ``assert_summary`` in the tests of whoever installs summarykit.

Importing it imports neither torch nor pandas; pytest does so at every start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from summarykit.result import Summary

#: The path of the test that runs now; the fixtures are of the session, and do not know it.
_TEST_PATH = pytest.StashKey["Path"]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember which test runs, for the settings of its project."""
    item.config.stash[_TEST_PATH] = item.path


def _project_file(config: pytest.Config) -> Path | None:
    """Return the pyproject.toml with the settings of the test that runs, else of the root folder of pytest."""
    from summarykit.settings import nearest_project, read_project

    nearest = nearest_project(config.stash[_TEST_PATH].parent)
    return nearest if nearest and read_project(nearest).table else nearest_project(config.rootpath)


@pytest.fixture(scope="session")
def model_summary(request: pytest.FixtureRequest) -> Callable[..., Summary]:
    """``model_summary(model)`` returns the summary of a model; arguments as for ``summarykit.summarize``."""

    def summarize_model(model: Any, **arguments: Any) -> Summary:
        from summarykit.api import summarize

        arguments.setdefault("project", _project_file(request.config))
        return _summary(model) or summarize(model, **arguments)

    return summarize_model


@pytest.fixture(scope="session")
def assert_summary(request: pytest.FixtureRequest) -> Callable[..., Summary]:
    """``assert_summary(model, max_parameters="10M")`` fails where a limit is not kept, and says who breaks it.

    ``matches_lock="NAME"`` fails where the model is not as ``summarykit.lock.json`` has it, and says what differs;
    ``base=`` is a summary or the path of a saved one, from which increases are counted. All else are limits, as for
    ``summarykit.check``. The summary is returned. Settings and lock are those of the test file's project.
    """

    def check_model(model: Any, *, matches_lock: str | None = None, base: Any = None, **limits: Any) -> Summary:
        __tracebackhide__ = True
        from summarykit.api import summarize
        from summarykit.settings import using_project

        with using_project(_project_file(request.config)):
            summary = _summary(model) or summarize(model)
            problems = _problems(summary, request.config.rootpath, matches_lock, base, limits)
        if problems:
            raise AssertionError(problems)
        return summary

    return check_model


def _summary(model: object) -> Summary | None:
    """Return *model* where it is a summary already."""
    from summarykit.result import Summary

    return model if isinstance(model, Summary) else None


def _problems(summary: Summary, root: Path, name: str | None, base: Any, limits: dict[str, Any]) -> str:
    """Return what is wrong with a model, one problem a line; empty if nothing is."""
    from summarykit.exporters.text.limits import broken_lines
    from summarykit.projects.checks import check, lock_change

    (result,) = check(summary, base=base, **limits).models
    if name is not None:
        result = result._replace(name=name, lock=lock_change(name, summary, root))
    return "\n".join(line.text for line in broken_lines([result]))
