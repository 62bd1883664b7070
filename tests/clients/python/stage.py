"""The stage of every client test: an emulator and a configuration of the skill.

Both end with the test.
"""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path(os.environ.get("INFISICAL_SKILL_BIN_DIR", Path(__file__).parents[3] / "target" / "debug"))


# Values can be revealed with the read identity.
REVEALS = ['reveals = "switch"', 'reveal_with = "read"']


class Stage:
    def __init__(self, folder, world, settings):
        self.folder, self.world = Path(folder), world
        for name in ("reader", "writer"):
            self.private(f"{name}-secret", world[name]["clientSecret"])
        text = [
            f'url = "{world["origin"]}"', "allow_http = true", f'state_dir = "{self.folder}/state"',
            f'project = "{world["projectId"]}"', 'environment = "dev"', f'organization = "{world["orgId"]}"',
            *settings.pop("top", []), *(REVEALS if (reveals := settings.pop("reveals", False)) else []),
            "[read]", f'client_id = "{world["reader"]["clientId"]}"', f'client_secret_file = "{self.folder}/reader-secret"',
        ]
        if settings.pop("writes", True):
            text += ["[write]", f'client_id = "{world["writer"]["clientId"]}"', f'client_secret_file = "{self.folder}/writer-secret"']
        if reveals:
            text += ["[[reveal_scopes]]", f'project = "{world["projectId"]}"']
        text += ["[budgets]", "pending_plans = 32", "writes_per_hour = 120", "reveals_per_hour = 40"]
        forms = ["approve_in_client = true"] if settings.pop("forms", False) else []
        text += ["[mcp]", *forms, "[[mcp.clients]]", 'name = "tester"', 'may = "apply"', "reveal = true", *forms]
        self.config = self.private("config.toml", "\n".join(text + settings.pop("tables", [])))
        assert not settings, settings
        self.env = {**os.environ, "INFISICAL_SKILL_CONFIG": str(self.config)}
        self.command = str(BIN / "infisical-skill")

    def private(self, name, text):
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def run(self, *arguments, ok=True):
        """Runs the command as a local user does. Returns its standard output."""
        done = subprocess.run([self.command, *arguments], env=self.env, capture_output=True, text=True, timeout=60)
        assert not ok or done.returncode == 0, done
        return done.stdout

    def writes_on(self):
        """Turns changes on by confirming at a terminal. There is no other way."""
        self.agree("Turn changes on", "writes", "on", "--for", "10m")

    def reveals_on(self):
        """Turns reveals on in the same way."""
        self.agree("Let values be revealed", "reveal", "on", "--for", "10m", "--reason", "a test")

    def agree(self, question, *arguments):
        terminal = Path(__file__).parents[3] / "host" / "tests" / "cli" / "terminal.py"
        command = [sys.executable, terminal, question, "y", "--", self.command, *arguments]
        subprocess.run(command, env=self.env, check=True, capture_output=True, timeout=60)

    def records(self):
        """The audit trail, the oldest record first."""
        shown = self.run("audit", "show", "--json")
        return [json.loads(line) for line in shown.splitlines()]

    @contextlib.contextmanager
    def http(self, *more):
        """Runs the server over HTTP. Yields its URL and a client's token."""
        token = secrets.token_hex(32)
        file = self.private("tester", token)
        command = [self.command, "mcp", "--http", "127.0.0.1:0", "--token-file", str(file), *more]
        server = subprocess.Popen(command, env=self.env, stderr=subprocess.PIPE, text=True)
        try:
            line = server.stderr.readline()
            assert "listening on http://" in line, line
            yield line.split()[-1], token
        finally:
            server.terminate()
            assert server.wait(timeout=30) == 0
            server.stderr.close()


@contextlib.contextmanager
def stage(generation="v4", **settings):
    command = [str(BIN / "infisical-emulator"), "--api-version", generation, "--until-stdin-closes"]
    with tempfile.TemporaryDirectory() as folder:
        emulator = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield Stage(folder, json.loads(emulator.stdout.readline()), settings)
        finally:
            emulator.stdin.close()
            emulator.stdout.close()
            emulator.wait(timeout=10)
