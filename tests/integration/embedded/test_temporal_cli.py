"""The Temporal CLI is found, or got, in a fixed order; nothing half-made is ever used.

Downloads are made to fail here by a proxy that isn't there; Go and `temporal` are scripts.
"""

import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded import temporal_cli, temporal_download
from embedded.errors import StackError
from tests.integration.embedded.helpers import HERE, ROOT, eventually, lives

GO = """#!/bin/sh
if [ "$1" = env ]; then echo go{version}; exit 0; fi
while [ "$1" != -o ]; do echo "$1" >> "$FAKE_GO/arguments"; shift; done
echo half > "$2"
echo $$ > "$FAKE_GO/building"
while [ -e "$FAKE_GO/hold" ]; do sleep 0.02; done
[ -e "$FAKE_GO/fail" ] && {{ echo "no space left on device"; exit 1; }}
echo built >> "$FAKE_GO/built"
cp "$FAKE_GO/result" "$2"
"""


def _script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def _cli(path: Path, version: str) -> Path:
    return _script(path, f'#!/bin/sh\necho "temporal version {version} (Server 1.29.1, UI 2.42.1)"\n')


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty cache, no way out, and nothing on PATH but the system's own tools."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("FAKE_GO", str(tmp_path))
    return tmp_path


def _fake_go(machine: Path, version: str = "1.99.1") -> None:
    _script(machine / "bin" / "go", GO.format(version=version))
    _cli(machine / "result", temporal_cli.VERSION)


def _get(setting: Path | None = None, report: Callable[[str], None] = lambda _: None) -> Path:
    return temporal_cli.find_or_make(setting, report, lambda: None)


def test_setting_wins(machine: Path) -> None:
    """The executable of the setting is used, though there is one on PATH."""
    _cli(machine / "bin" / "temporal", "1.5.1")
    assert _get(_cli(machine / "mine", "1.4.0")) == machine / "mine"


def test_wrong_setting_is_an_error(machine: Path) -> None:
    """A setting that names nothing, or another program, is an error, and no reason to look elsewhere."""
    _cli(machine / "bin" / "temporal", "1.5.1")
    with pytest.raises(StackError, match=r"TEMPORAL_CLI is .*/missing, but .* doesn't run: No such file"):
        _get(machine / "missing")
    with pytest.raises(StackError, match=r"TEMPORAL_CLI is .*/other, but .* isn't a Temporal CLI"):
        _get(_script(machine / "other", "#!/bin/sh\necho hello\n"))


def test_path_before_cache(machine: Path) -> None:
    """The one on PATH is used where it is at least 1.1; an older or broken one is passed over."""
    temporal_cli.cached().parent.mkdir(parents=True)
    _cli(temporal_cli.cached(), temporal_cli.VERSION)
    on_path = _cli(machine / "bin" / "temporal", "1.1.0")
    assert _get() == on_path
    _cli(on_path, "1.0.0")
    assert _get() == temporal_cli.cached()
    _script(on_path, "#!/bin/sh\nexit 1\n")
    assert _get() == temporal_cli.cached()


def test_built_when_download_fails(machine: Path) -> None:
    """Where the download is refused and Go is there, it is built from the pinned module, kept, and not built again."""
    _fake_go(machine)
    reports: list[str] = []
    assert _get(report=reports.append) == temporal_cli.cached()
    assert any(report.startswith("temporal: the download by the Temporal SDK isn't possible: ") for report in reports)
    assert any("building the Temporal CLI" in report for report in reports)
    assert "-mod=readonly" in (machine / "arguments").read_text()
    assert _get() == temporal_cli.cached()
    assert (machine / "built").read_text() == "built\n"
    assert sorted(path.name for path in temporal_cli.cached().parent.iterdir()) == ["lock", "temporal"]


def test_no_way_open(machine: Path) -> None:
    """The error names each way, why it isn't open, and how to get the CLI."""
    with pytest.raises(StackError) as caught:
        _get()
    message = str(caught.value)
    assert "PATH: there is no `temporal`" in message
    assert f"the cache: {temporal_cli.cached()} isn't there" in message
    assert "the download by the Temporal SDK: " in message
    assert "error sending request" in message, message
    assert "a build with Go: there is no `go` on PATH" in message
    assert "install the CLI" in message
    assert "TEMPORAL_ADDRESS" in message


def test_go_too_old_or_build_fails(machine: Path) -> None:
    """An old Go, and a build that fails, are told with their reason."""
    _fake_go(machine, version="1.20")
    with pytest.raises(StackError, match=r"a build with Go: .*/go is version go1.20, and Go 1.25.0 is needed"):
        _get()
    _fake_go(machine)
    (machine / "fail").touch()
    with pytest.raises(StackError, match="a build with Go: exit status 1: no space left on device"):
        _get()
    assert not temporal_cli.cached().exists()


def test_result_that_does_not_run_is_not_kept(machine: Path) -> None:
    """What a build or download gives must say its version before it enters the cache."""
    _fake_go(machine)
    (machine / "result").write_bytes(b"\x7fELF cut short")
    with pytest.raises(StackError, match=r"a build with Go: .* doesn't run"):
        _get()
    assert not temporal_cli.cached().exists()


def _getter() -> "subprocess.Popen[str]":
    words = (
        "import sys\nfrom embedded import temporal_cli\n"
        "temporal_cli.find_or_make(None, lambda text: print(text, flush=True), lambda: None)"
    )
    return subprocess.Popen([sys.executable, "-c", words], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_build_killed_half_way(machine: Path) -> None:
    """A killed build leaves a file that is not used, and that the next one removes."""
    _fake_go(machine)
    (machine / "hold").touch()
    killed = _getter()
    eventually((machine / "building").exists, "it builds")
    killed.kill()
    killed.communicate()
    folder = temporal_cli.cached().parent
    assert [path.name for path in folder.glob("partial-*/temporal")] == ["temporal"]
    assert temporal_cli.find(None) is None
    (machine / "hold").unlink()
    assert _get() == temporal_cli.cached()
    assert [*folder.glob("partial-*")] == []


@pytest.fixture
def silence(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A way out that takes the request for the download and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(20)
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        yield proxy


def test_download_killed_half_way(machine: Path, silence: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed download ends with its process, and what it left isn't used."""
    killed = _getter()
    connection, _ = silence.accept()
    killed.kill()
    killed.communicate()
    with connection:
        connection.settimeout(20)
        while connection.recv(4096):  # the request, and then the end of the one that asked
            pass
    assert temporal_cli.find(None) is None
    monkeypatch.setattr(temporal_download, "_TIMEOUT", 0.5)
    _fake_go(machine)
    assert _get() == temporal_cli.cached()
    assert [*temporal_cli.cached().parent.glob("partial-*")] == []


def test_download_without_an_end(machine: Path, silence: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download that takes too long is given up, and that is the reason told."""
    monkeypatch.setattr(temporal_download, "_TIMEOUT", 0.5)
    with pytest.raises(StackError, match=r"the download by the Temporal SDK: it took longer than 0.5 s"):
        _get()


def test_two_at_once(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two processes that need it one builds; the other says that it waits, and uses the result."""
    _fake_go(machine)
    (machine / "hold").touch()
    first = _getter()
    eventually((machine / "building").exists, "the first one builds")
    monkeypatch.setattr("embedded.lock._REPORT_EVERY", 0.1)
    reports: list[str] = []
    found: list[Path] = []
    second = threading.Thread(target=lambda: found.append(_get(report=reports.append)))
    second.start()
    eventually(lambda: any("waiting for another process" in report for report in reports), "the second one waits")
    (machine / "hold").unlink()
    second.join()
    first.communicate(timeout=20)
    assert first.returncode == 0
    assert found == [temporal_cli.cached()]
    assert (machine / "built").read_text() == "built\n"


def test_go_ends_with_a_cancelled_start(machine: Path) -> None:
    """When the start is given up (Ctrl-C) the build ends with it, and nothing is kept."""
    _fake_go(machine)
    (machine / "hold").touch()

    class GivenUpError(Exception):
        pass

    def cancelled() -> None:
        if (machine / "building").exists():
            raise GivenUpError

    with pytest.raises(GivenUpError):
        temporal_cli.find_or_make(None, lambda _: None, cancelled)
    pid = int((machine / "building").read_text() or 0)
    eventually(lambda: not lives(pid), "go ended")
    assert [path.name for path in temporal_cli.cached().parent.iterdir()] == ["lock"]


def test_pinned_module_is_the_version_we_name() -> None:
    """The Go module, the download and the cache mean one version."""
    module = (HERE.parents[2] / "tools" / "temporal" / "go.mod").read_text()
    assert f"github.com/temporalio/cli v{temporal_cli.VERSION}" in module
    assert "tool github.com/temporalio/cli/cmd/temporal" in module
