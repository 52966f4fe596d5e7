"""A real Elasticsearch on the loopback address, without a container engine; for tests and benchmarks only.

Maven fetches Elastic's own server once (`pom.xml`, 129 MB), javac compiles one small plugin beside it (`java/`), and
both are kept in a cache folder that all checkouts of a user share. Needs Linux, a JDK of 17 or later, and mvn; on
Debian and Ubuntu as root these come from the package manager.

    with ElasticsearchServer() as server:
        client = Elasticsearch(server.url)

    python -m tests.elasticsearch.server run --port 9200
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Self

HERE = Path(__file__).resolve().parent
VERSION = re.search("<elasticsearch.version>([^<]+)<", (HERE / "pom.xml").read_text(encoding="utf-8"))[1]
# Elasticsearch refuses to run as root; then it runs as "nobody".
NOBODY = 65534
PLUGIN = f"""description=The filters of analysis-common that Courant's index names, for tests only
version=1
name=courant-es-test
java.version=17
elasticsearch.version={VERSION}
classname=courant.EnglishAnalysis
"""
LOGGING = """status = error
appender.file.type = File
appender.file.name = file
appender.file.fileName = ${sys:es.logs.base_path}/server.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
"""
DEBIAN_PACKAGES = ("openjdk-17-jdk-headless", "maven")
START_SECONDS = 180
STOP_SECONDS = 30


class ServerFailed(RuntimeError):  # noqa: N818 (reads as what happened)
    """The server could not be fetched, compiled or started; the message says why."""


def ensure_tools() -> None:
    """Have a JDK and Maven: install them on Debian and Ubuntu as root, elsewhere say what is missing."""
    if shutil.which("javac") and shutil.which("mvn"):
        return
    if os.getuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _run(["apt-get", "update", "-q"], env=environment)
        _run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *DEBIAN_PACKAGES], env=environment)
        return
    msg = (
        "the tests need an Elasticsearch: install a JDK (17 or later) and Maven, or set ELASTICSEARCH_URL to the "
        "address of a server of version 8 that the tests may fill"
    )
    raise ServerFailed(msg)


def build() -> Path:
    """Return the folder of a server that is ready to run, made on the first call, by one process at a time."""
    sources = sorted((HERE / "java").rglob("*.java"))
    parts = [path.read_bytes() for path in (HERE / "pom.xml", *sources)]
    key = hashlib.sha256(b"\0".join([*parts, PLUGIN.encode()])).hexdigest()[:12]
    cache = Path(os.environ.get("COURANT_ES_CACHE") or f"/var/tmp/courant-elasticsearch-{os.getuid()}")  # noqa: S108
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / f"{VERSION}-{key}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            ensure_tools()
            work = Path(tempfile.mkdtemp(prefix="build-", dir=cache))
            try:
                _fetch_and_compile(work, sources).rename(home)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return home


def _fetch_and_compile(work: Path, sources: list[Path]) -> Path:
    _run(["mvn", "-q", "-B", "-C", "-f", str(HERE / "pom.xml"), f"-Des.out={work}", "generate-resources"])
    made = work / f"elasticsearch-{VERSION}"
    plugin, classes = made / "plugins" / "courant-es-test", work / "classes"
    plugin.mkdir(parents=True)
    flags = ["-nowarn", "-proc:none", "--release", "17", "-encoding", "UTF-8", "-cp", f"{made}/lib/*"]
    _run(["javac", *flags, "-d", str(classes), *map(str, sources)])
    with zipfile.ZipFile(plugin / "courant-es-test.jar", "w") as jar:
        for file in sorted(classes.rglob("*.class")):
            jar.write(file, file.relative_to(classes))
    (plugin / "plugin-descriptor.properties").write_text(PLUGIN, encoding="utf-8")
    _run(["chmod", "-R", "a+rX", str(made)])
    return made


def _run(command: list[str], **options: object) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode:
        msg = f"{command[0]} failed ({done.returncode}):\n{(done.stdout + done.stderr)[-4000:]}"
        raise ServerFailed(msg)


def _die_with_parent() -> None:
    """SIGTERM when the thread that started the server ends, however it ends. Linux only."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class ElasticsearchServer:
    """One server. `folder` keeps its data between starts; without it a temporary one is made and removed.

    Start it in the main thread: it dies with the thread that started it.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        port: int = 0,
        heap: str = "512m",
        settings: dict[str, object] | None = None,
        fast_start: bool = True,
    ) -> None:
        self.folder, self.port, self.heap = folder, port, heap
        self.settings, self.fast_start = settings or {}, fast_start
        self._is_temporary = folder is None
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start and wait until it answers."""
        home = build()
        self.folder = self.folder or Path(tempfile.mkdtemp(prefix="courant-elasticsearch-"))
        config, logs = self._write_configuration(home)
        options: dict[str, object] = {}
        if os.getuid() == 0:
            _run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(self.folder)])
            options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        own = {"ES_JAVA_OPTS", "ES_HOME", "CLI_JAVA_OPTS", "JAVA_TOOL_OPTIONS"}
        environment = {name: value for name, value in os.environ.items() if name not in own}
        java = Path(shutil.which("java") or "/usr/bin/java").resolve().parent.parent
        environment |= {
            "ES_JAVA_HOME": os.environ.get("JAVA_HOME", str(java)),
            "ES_PATH_CONF": str(config),
            "ES_TMPDIR": str(self.folder / "tmp"),
            "HOME": str(self.folder),
        }
        with (logs / "console.log").open("wb") as console:
            self.process = subprocess.Popen(  # type: ignore[call-overload]
                ["bash", str(home / "bin" / "elasticsearch")],
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 (one system call, no lock)
                **options,
            )
        try:
            self._wait(logs)
        except BaseException:
            self.stop()
            raise
        return self

    def _write_configuration(self, home: Path) -> tuple[Path, Path]:
        assert self.folder is not None
        config, logs = self.folder / "config", self.folder / "logs"
        for folder in (config, logs, self.folder / "data", self.folder / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(home / "config", config, dirs_exist_ok=True)
        (config / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
        java_options = [f"-Xms{self.heap}", f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"]
        java_options.append(f"-Djava.io.tmpdir={self.folder / 'tmp'}")
        if self.fast_start:  # half the time to start; half the speed later, so benchmarks do without
            java_options.append("-XX:TieredStopAtLevel=1")
        (config / "jvm.options").write_text("\n".join(java_options) + "\n", encoding="utf-8")
        settings = {
            "cluster.name": "courant-test",
            "path.data": str(self.folder / "data"),
            "path.logs": str(logs),
            "discovery.type": "single-node",
            "network.host": "127.0.0.1",
            "http.port": self.port,
            "transport.port": 0,
            "node.portsfile": True,
            "xpack.security.enabled": False,
            "cluster.routing.allocation.disk.threshold_enabled": False,
            **self.settings,
        }
        lines = "".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items())
        (config / "elasticsearch.yml").write_text(lines, encoding="utf-8")
        for stale in (logs / "http.ports", logs / "server.log"):
            stale.unlink(missing_ok=True)
        return config, logs

    def _wait(self, logs: Path) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            ports = logs / "http.ports"
            if not self.url and ports.exists():
                found = re.search(r"^127\.0\.0\.1:(\d+)$", ports.read_text(encoding="utf-8"), re.MULTILINE)
                self.url = f"http://127.0.0.1:{found[1]}" if found else ""
            if self.url and self._is_ready():
                return
            time.sleep(0.1)
        said = [path.read_text(errors="replace")[-3000:] for path in logs.glob("*.log")]
        msg = "Elasticsearch did not start\n" + "\n".join(said)
        raise ServerFailed(msg)

    def _is_ready(self) -> bool:
        address = f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return bool(json.load(answer)["status"] != "red")
        except OSError:
            return False

    def stop(self) -> None:
        """Stop cleanly; data in a `folder` given can be started again."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process, self.url = None, ""
        if self._is_temporary and self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def kill(self) -> None:
        """SIGKILL the server, not only its launcher: for tests of recovery; call `start` again afterwards."""
        assert self.process is not None
        for tasks in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            for number in tasks.read_text(encoding="ascii").split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(number), signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.process, self.url = None, ""


def main() -> int:
    """Run a server until it is told to stop."""
    parser = argparse.ArgumentParser(description="A real Elasticsearch for tests.")
    parser.add_argument("command", choices=["build", "run"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.command == "build":
        sys.stdout.write(f"{build()}\n")
        return 0

    def ask_to_stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, ask_to_stop)
    try:
        with ElasticsearchServer(folder=options.folder, port=options.port) as server:
            sys.stdout.write(f"{server.url}\n")
            sys.stdout.flush()
            assert server.process is not None
            return server.process.wait()
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
