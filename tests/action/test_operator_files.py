from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.commands.call import Call
from reviewer.commands.operator_files import OperatorFiles, sarif_copy
from reviewer.errors import ConfigError
from reviewer.settings_file import FolderFiles


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    (root / "ci").mkdir(parents=True)
    (root / "ci" / "reviewer.toml").write_text("max-cost = 1\n")
    (root / "ci" / "more.md").write_text("Mind the locks.\n")
    return root


def given(workspace: Path, config: str = "", instructions: str = "") -> Call:
    folder = workspace.parent / "ours"
    folder.mkdir(exist_ok=True)
    call = Call(path=workspace, flags={}, config_file=None, isolated=False, environ={})
    return OperatorFiles(config, instructions, workspace, folder).given_to(call, FolderFiles(workspace))


def test_what_was_not_given_changes_nothing(workspace: Path) -> None:
    call = given(workspace)

    assert (call.config_file, call.flags) == (None, {})


@pytest.mark.parametrize("name", ["ci/reviewer.toml", "./ci/../ci/reviewer.toml", "WORKSPACE/ci/reviewer.toml"])
def test_files_are_read_below_the_top_of_the_repository(workspace: Path, name: str) -> None:
    call = given(workspace, name.replace("WORKSPACE", str(workspace)), "ci/more.md")

    assert call.config_file is not None
    assert call.config_file.read_text() == "max-cost = 1\n"
    assert not call.config_file.is_relative_to(workspace)
    assert Path(str(call.flags["instructions"])).read_text() == "Mind the locks.\n"


def test_a_file_outside_the_workspace_is_the_operators_own(workspace: Path) -> None:
    outside = workspace.parent / "mine.toml"
    outside.write_text("")

    assert given(workspace, str(outside)).config_file == outside


def test_a_link_from_outside_into_the_workspace_is_refused(workspace: Path) -> None:
    link = workspace.parent / "link.toml"
    link.symlink_to(workspace / "ci" / "reviewer.toml")

    with pytest.raises(ConfigError, match="leads into the workspace"):
        given(workspace, str(link))


def test_a_path_out_of_the_repository_is_refused(workspace: Path) -> None:
    with pytest.raises(ConfigError, match=r"input config: \.\./mine\.toml lies outside the repository"):
        given(workspace, "../mine.toml")


def test_a_file_that_is_not_there_is_named(workspace: Path) -> None:
    with pytest.raises(ConfigError, match=r"input instructions: there is no file ci/none\.md"):
        given(workspace, instructions="ci/none.md")


def test_flags_go_before_the_input_and_their_files_are_read_at_the_same_place(workspace: Path) -> None:
    (workspace / "ci" / "mine.md").write_text("Mine.\n")
    flags = {"instructions": "ci/mine.md", "lens": ("ci/more.md",)}
    call = Call(path=workspace, flags=flags, config_file=None, isolated=False, environ={})
    files = OperatorFiles("", "ci/more.md", workspace, workspace.parent / "ours")
    files.folder.mkdir()

    found = files.given_to(call, FolderFiles(workspace)).flags
    lens = found["lens"]
    assert isinstance(lens, tuple)
    assert [Path(str(path)).read_text() for path in (found["instructions"], *lens)] == ["Mine.\n", "Mind the locks.\n"]
    assert not any(Path(str(path)).is_relative_to(workspace) for path in (found["instructions"], *lens))


def test_two_settings_files_are_one_too_many(workspace: Path) -> None:
    call = Call(path=workspace, flags={}, config_file=Path("mine.toml"), isolated=False, environ={})

    with pytest.raises(ConfigError, match="a settings file each"):
        OperatorFiles("ci/reviewer.toml", "", workspace, workspace.parent).given_to(call, FolderFiles(workspace))


def test_a_sarif_file_goes_below_the_workspace_or_where_the_operator_says(workspace: Path) -> None:
    assert sarif_copy("", workspace) is None
    assert sarif_copy("ci/x.sarif", workspace) == workspace / "ci" / "x.sarif"
    assert sarif_copy(str(workspace.parent / "x.sarif"), workspace) == workspace.parent / "x.sarif"


def test_a_sarif_file_goes_through_no_link_that_lies_in_the_workspace(workspace: Path) -> None:
    (workspace / "out").symlink_to(workspace.parent)
    (workspace / "x.sarif").symlink_to(workspace.parent / "y")

    for given_path in ("out/x.sarif", "x.sarif", "../x.sarif", "none/x.sarif", "ci"):
        with pytest.raises(ConfigError, match="input sarif-file"):
            sarif_copy(given_path, workspace)
