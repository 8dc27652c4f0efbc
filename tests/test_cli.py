"""Arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import io
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ftops.cli import run
from ftops.cli.session import graph_of
from ftops.emulator import World
from ftops.resource import ResourceKey

WORLD = Path(".ftops/emulator.db")
HOSTILE = "bad\x1b[2J\x1b]0;owned\x07\n  + job/fake  create: all is well\u202e\x9b31m"


class Out(NamedTuple):
    code: int
    stdout: str
    stderr: str


Run = Callable[..., Out]


@pytest.fixture
def ftops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Out:
        capsys.readouterr()
        code = run(list(arguments))
        return Out(code, *capsys.readouterr())

    return call


@pytest.fixture
def project(ftops: Run) -> Run:
    """Runs a command in a folder that `init` has filled."""
    assert ftops("init", "--marker", "demo").code == 0
    return ftops


@pytest.fixture
def applied(project: Run) -> Run:
    """Runs a command where everything is ready."""
    assert project("apply", "--emulator", "--wait", "--yes").code == 0
    return project


def written(file: Path = WORLD) -> list[str]:
    world = World.open(file)
    found = [entry["operation"] for entry in world.journal() if entry["effect"]]
    world.close()
    return found


def edit(name: str, old: str, new: str) -> None:
    path = Path("specs") / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


# The way of a newcomer


def test_from_nothing_to_served_and_back(ftops: Run) -> None:
    made = ftops("init", "shop")
    assert (made.code, made.stderr) == (0, "")
    assert "wrote shop/specs/project.yaml\n" in made.stdout
    assert made.stdout.endswith(
        "Next:\n  cd shop && ftops plan --emulator\n  ftops apply --emulator --wait\n  ftops status --emulator\n"
    )
    assert ftops("validate", "shop/specs") == (0, "6 documents, 4 resources: no problems\n", "")

    plan = ftops("plan", "shop/specs", "--emulator")
    assert plan.stderr == ""
    assert "Plan: 4 to create (1 training run), 0 unchanged.\nDigest: " in plan.stdout

    done = ftops("apply", "shop/specs", "--emulator", "--wait", "--yes")
    assert done.code == 0
    assert done.stdout.endswith("Apply: 4 done; 4 of 4 resources ready.\n")
    assert "  deployment/support  ready\n" in done.stderr

    again = ftops("plan", "shop/specs", "--emulator", "--detailed-exitcode")
    assert again == (0, "Plan: nothing to do, 4 resources are as declared.\n", "")
    assert ftops("status", "shop/specs", "--emulator").stdout.endswith("\n4 of 4 ready\n")

    gone = ftops("destroy", "shop/specs", "--emulator", "--yes")
    assert gone.code == 0
    assert "- deployment/support@sweden" in gone.stdout
    assert "Stays: 2 files, 1 job.\n" in gone.stdout
    assert "deployment/support  " in ftops("plan", "shop/specs", "--emulator").stdout


def test_a_repeated_apply_says_that_nothing_is_to_do(applied: Run) -> None:
    before = len(written())

    assert applied("apply", "--emulator", "--yes") == (0, "Plan: nothing to do, 4 resources are as declared.\n", "")
    assert len(written()) == before


def test_ticks_and_the_clock_of_the_emulator(project: Run) -> None:
    first = project("apply", "--emulator", "--yes", "--detailed-exitcode")
    assert first.code == 5
    assert "pending  job/support" in first.stdout
    assert "pass --wait, or `ftops emulator advance 1h`" in first.stderr
    assert project("plan", "--emulator", "--detailed-exitcode").code == 2  # the deployment is still to be made

    assert project("emulator", "advance", "2h").stdout.startswith("it is 2026-01-05 11:")
    for _ in range(3):
        project("reconcile", "--emulator")
        project("emulator", "advance")
    assert project("plan", "--emulator", "--detailed-exitcode").code == 0
    assert project("emulator", "advance").stdout.startswith("it is 2026-02-"), "the next is the removal of what idles"

    assert project("emulator", "reset").stdout == ".ftops/emulator.db is as new\n"
    assert project("plan", "--emulator", "--detailed-exitcode").code == 2


def test_reconcile_again_and_again_ends_when_all_is_ready(project: Run) -> None:
    found = project("reconcile", "--emulator", "--every", "10m")
    assert found.code == 0
    assert found.stdout.endswith("Plan: nothing to do, 4 resources are as declared.\n")


def test_work_in_progress_is_exit_code_5(project: Run) -> None:
    (Path("specs") / "support-deployment.yaml").unlink()
    project("apply", "--emulator", "--yes")

    assert project("plan", "--emulator", "--detailed-exitcode").code == 5
    assert project("plan", "--emulator").code == 0


def test_changes_are_exit_code_2_only_when_asked(project: Run) -> None:
    assert project("plan", "--emulator").code == 0
    assert project("plan", "--emulator", "--detailed-exitcode").code == 2


def test_a_failed_run_is_exit_code_1(applied: Run) -> None:
    """Somebody else's deployment of the same name: ours cannot be made."""
    edit("support-deployment.yaml", "name: support", "name: other")
    edit("project.yaml", 'marker: "demo"', "marker: late")
    edit("support-deployment.yaml", "  sku:", "  name: support\n  sku:")

    found = applied("apply", "--emulator", "--wait", "--yes")
    assert found.code == 1
    assert "blocked  deployment/other  exists and is not marked as ours\n" in found.stdout


# Arguments


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "--emulator", "specs"],
        ["plan", "specs", "--emulator"],
        ["plan", "--emulator", "specs", "--json"],
        ["plan", "--json", "--emulator", "specs"],
        ["apply", "--wait", "--emulator", "specs", "--yes"],
        ["apply", "specs", "--yes", "--emulator", "--wait"],
    ],
)
def test_options_stand_anywhere(arguments: list[str], project: Run) -> None:
    assert project(*arguments).code == 0
    assert WORLD.exists()


def test_the_world_is_where_it_is_said_to_be(project: Run) -> None:
    assert project("plan", "--emulator=other/world.db", "specs").code == 0
    assert Path("other/world.db").exists()
    assert not WORLD.exists()


@pytest.mark.parametrize(("wait", "outcome"), [("--wait=5m", "pending"), ("--wait=2h", "done"), ("--wait", "done")])
def test_waiting_ends_in_time(wait: str, outcome: str, project: Run) -> None:
    found = json.loads(project("apply", "--emulator", wait, "--yes", "--json").stdout)
    assert {change["resource"]: change["outcome"] for change in found["changes"]}["job/support"] == outcome


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pln"], "there is no command `pln`; did you mean `plan`?"),
        (["frobnicate"], "there is no command `frobnicate`; known: `apply`, "),
        (["plan", "--jsn"], "No such option '--jsn'. Did you mean '--json'?"),
        (["plan", "a", "b"], "unexpected extra argument"),
        (["graph", "--format", "png"], "'png' is not one of 'text', 'mermaid', 'dot'"),
        (["apply", "--wait=soon", "--yes"], "`soon` is no duration\nhint: write 30s, 10m, 2h or 1d"),
        (["apply", "--wait=-5m", "--yes"], "`-5m` is no duration"),
        (["apply", "--wait=nanm", "--yes"], "`nanm` is no duration"),
        (["apply", "--wait=", "--yes"], "`` is no duration"),
        (["reconcile", "--every", "0s"], "`0s` is no duration above 0 that ends"),
        (["reconcile", "--every", "forever"], "`forever` is no duration above 0 that ends"),
        (["emulator", "advance", "forever"], "`forever` is no duration above 0 that ends"),
        (["emulator", "advance", "0s"], "`0s` is no duration above 0 that ends"),
        (["emulator", "advance", "--", "-5m"], "`-5m` is no duration"),
        (["emulator", "frobnicate"], "No such command 'frobnicate'"),
        (["plan", "--emulator=specs"], "cannot open `specs` as an emulator world"),
        (["plan", "--emulator=specs/project.yaml"], "cannot open `specs/project.yaml` as an emulator world"),
        (["destroy", "--include", "model", "--emulator", "--yes"], "`model` cannot be destroyed"),
        (["events", "suport", "--emulator"], "no run is called `suport`\nhint: did you mean `support`?"),
        (["explain", "Jb"], "there is no kind `Jb`\nhint: did you mean `Job`?"),
        (["explain", "Job.hyperparameters.epochs"], "hint: did you mean `n_epochs`?"),
        (["init", "x", "--marker", "Not OK"], "`Not OK` is no marker\nhint: use 2-8 of a-z and 0-9"),
    ],
)
def test_wrong_usage_is_exit_code_64_and_says_what_to_write(arguments: list[str], message: str, project: Run) -> None:
    found = project(*arguments)
    assert (found.code, found.stdout) == (64, "")
    assert message in found.stderr


def test_without_a_command_help_is_shown(ftops: Run) -> None:
    found = ftops()
    assert found.code == 64
    assert (found.stdout + found.stderr).startswith("Usage: ftops [OPTIONS] COMMAND [ARGS]...")


def test_a_file_that_is_no_world_is_not_to_be_removed(project: Run) -> None:
    """The hint must not talk anybody into deleting a spec."""
    assert "remove" not in project("plan", "--emulator=specs/project.yaml").stderr


def test_an_account_with_a_key_works_on_the_emulator_without_the_key(project: Run) -> None:
    edit("account.yaml", "  region:", "  auth: {type: key, variable: NO_SUCH_KEY}\n  region:")

    found = project("apply", "--emulator", "--wait", "--yes")
    assert (found.code, found.stdout.splitlines()[-1]) == (0, "Apply: 4 done; 4 of 4 resources ready.")


def test_an_account_that_changed_its_id_says_how_to_go_on(applied: Run) -> None:
    edit("account.yaml", "accounts/sweden", "accounts/other")

    found = applied("plan", "--emulator")
    assert found.code == 64
    assert "`sweden.openai.azure.com` belongs to another account" in found.stderr


OPTIONS = {
    "init": ["--marker"],
    "validate": ["--json"],
    "plan": ["--emulator", "--prune", "--detailed-exitcode", "--json"],
    "apply": ["--emulator", "--wait", "--prune", "--yes", "--detailed-exitcode", "--json"],
    "reconcile": ["--emulator", "--prune", "--detailed-exitcode", "--json", "--every"],
    "status": ["--emulator", "--json"],
    "graph": ["--format"],
    "events": ["--specs", "--emulator", "--json"],
    "explain": ["KIND[.FIELD]"],
    "schema": [],
    "destroy": ["--emulator", "--include", "--wait", "--yes", "--json"],
    "emulator": ["serve", "reset", "advance"],
    "emulator serve": ["--file", "--port", "--rate"],
    "emulator reset": ["--file"],
    "emulator advance": ["--file", "DURATION"],
}


@pytest.mark.parametrize("command", OPTIONS)
def test_help_names_every_option(command: str, ftops: Run) -> None:
    found = ftops(*command.split(), "--help")
    assert (found.code, found.stderr) == (0, "")
    assert [option for option in OPTIONS[command] if option not in found.stdout] == []


def test_help_names_every_command(ftops: Run) -> None:
    found = ftops("--help")
    assert found.code == 0
    assert [name for name in OPTIONS if f"\n  {name.split()[0]} " not in found.stdout] == []


# Data


def test_a_plan_as_json(project: Run) -> None:
    found = project("plan", "--emulator", "--json")
    plan = json.loads(found.stdout)
    assert found.stderr == ""
    assert (plan["format"], plan["changes_pending"], plan["orphans"]) == (1, True, [])
    by_name = {change["resource"]: change for change in plan["changes"]}
    assert list(by_name) == [
        "file/support-train@sweden",
        "file/support-valid@sweden",
        "job/support",
        "deployment/support",
    ]
    job = by_name["job/support"]
    assert (job["action"], job["trains"], job["account"], job["phase"]) == ("create", True, "sweden", None)
    assert job["needs"] == ["file/support-train@sweden", "file/support-valid@sweden"]
    assert {"path": "hyperparameters.n_epochs", "before": None, "after": 3} in job["fields"]
    unknown = {"path": "model", "before": None, "after": None, "known_after": "job/support"}
    assert unknown in by_name["deployment/support"]["fields"]


def test_results_as_json(project: Run) -> None:
    found = project("apply", "--emulator", "--wait", "--yes", "--json")
    results = json.loads(found.stdout)
    assert found.stderr == ""
    assert {change["outcome"] for change in results["changes"]} == {"done"}
    assert results["changes"][2]["id"].startswith("ftjob-")


def test_status_as_json(applied: Run) -> None:
    rows = json.loads(applied("status", "--emulator", "--json").stdout)
    assert {row["phase"] for row in rows} == {"ready"}
    assert rows[3] | {"id": ""} == {
        "resource": "deployment/support", "account": "sweden", "phase": "ready", "reason": "", "waits_for": [], "id": "",
    }  # fmt: skip


def test_status_says_what_waits_for_what(project: Run) -> None:
    rows = {row["resource"]: row for row in json.loads(project("status", "--emulator", "--json").stdout)}
    assert (rows["job/support"]["phase"], rows["deployment/support"]["waits_for"]) == ("absent", ["job/support"])
    assert written() == []


def test_problems_as_json(project: Run) -> None:
    assert json.loads(project("validate", "--json").stdout) == {
        "valid": True, "documents": 6, "resources": 4, "problems": [],
    }  # fmt: skip
    edit("support.yaml", "n_epochs", "n_epoch")

    found = project("validate", "--json")
    assert found.code == 3
    (problem,) = json.loads(found.stdout)["problems"]
    assert (problem["code"], problem["line"], problem["column"]) == ("FT103", 13, 5)
    assert (problem["file"], problem["hint"]) == ("specs/support.yaml", "did you mean `n_epochs`?")


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "reconcile", "status", "graph", "destroy"])
def test_invalid_specs_are_exit_code_3_and_go_to_stderr(command: str, project: Run) -> None:
    edit("support.yaml", "n_epochs", "n_epoch")

    found = project(command)
    assert (found.code, found.stdout) == (3, "")
    assert found.stderr.startswith("error[FT103]: unknown key `n_epoch`\n  --> specs/support.yaml:13:5\n")
    assert found.stderr.endswith("\n1 problem in the specs; nothing was sent\n")


@pytest.mark.parametrize(
    ("form", "start"), [("text", "file/"), ("mermaid", "flowchart LR"), ("dot", "digraph ftops {")]
)
def test_the_graph_in_three_forms(form: str, start: str, project: Run) -> None:
    found = project("graph", "--format", form)
    assert (found.code, found.stderr) == (0, "")
    assert found.stdout.startswith(start)
    assert "deployment/support" in found.stdout


@pytest.mark.parametrize("name", ["support", "job/support"])
def test_events_are_oldest_first(name: str, applied: Run) -> None:
    lines = applied("events", name, "--emulator").stdout.splitlines()
    assert lines[0] == "2026-01-05 09:00:06  info     Job enqueued. Waiting for jobs ahead to complete."
    assert lines == sorted(lines, key=lambda line: line[:19])

    entries = json.loads(applied("events", name, "--emulator", "--json").stdout)
    assert [entry["message"] for entry in entries] == [line[30:] for line in lines]


def test_events_of_a_run_that_does_not_exist_yet(project: Run) -> None:
    found = project("events", "support", "--emulator")
    assert (found.code, found.stdout) == (1, "")
    assert found.stderr == "error: job/support has no run yet\nhint: `ftops status` says what it waits for\n"


def test_explain(ftops: Run) -> None:
    job = ftops("explain", "job").stdout
    assert job.startswith("Job\n\nOne fine-tuning run.")
    assert "  account  <name of an account> (required)\n" in job
    assert ftops("explain", "Job.hyperparameters.n_epochs").stdout == (
        "Job.hyperparameters.n_epochs\n\n"
        "Passes over the training set.\n\n"
        "  type     whole number or auto\n"
        "  default  left out\n"
        "  change   is another run, which is paid for\n"
    )
    assert "  change   starts no run\n" in ftops("explain", "Job.state").stdout


# Writing


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_nothing_is_written_unasked(command: str, applied: Run) -> None:
    edit("support-deployment.yaml", "capacity: 10", "capacity: 20")
    before = len(written())

    found = applied(command, "--emulator")
    assert found.code == 64
    assert "deployment/support" in found.stdout  # what it would do is shown first
    assert found.stderr == "error: nobody is there to ask\nhint: pass --yes to go on without asking\n"
    assert len(written()) == before


class Terminal(io.StringIO):
    """A stream with somebody in front of it."""

    def isatty(self) -> bool:
        return True


class Interrupting(Terminal):
    """Somebody who presses Ctrl-C."""

    def readline(self, *_: Any) -> str:
        raise KeyboardInterrupt


def test_yes_on_a_terminal(project: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))

    found = project("apply", "--emulator", "--wait")
    assert found.code == 0
    assert "Make these changes? [y/N]: " in found.stderr


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_no_on_a_terminal(answer: str, project: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))

    found = project("apply", "--emulator")
    assert found.code == 1
    assert found.stderr.endswith("error: not confirmed, so nothing was changed\n")
    assert written() == []


def test_an_interrupted_question_is_exit_code_130(project: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Interrupting())

    found = project("apply", "--emulator")
    assert found.code == 130
    assert found.stderr.endswith("\ninterrupted; nothing is lost: run the same command again to go on\n")
    assert written() == []


def test_init_never_overwrites(ftops: Run) -> None:
    specs = Path("specs")
    specs.mkdir()
    mine = specs / "project.yaml"
    mine.write_text("mine")

    found = ftops("init")
    assert (found.code, found.stdout) == (1, "")
    assert found.stderr == "error: these files exist already: specs/project.yaml\nhint: name an empty folder\n"
    assert [path.name for path in specs.iterdir()] == ["project.yaml"]
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("folder", ["2024", "1e3", "null", "0x1f", "Größe", "a b", "true"])
def test_init_in_a_folder_of_any_name(folder: str, ftops: Run) -> None:
    """A marker that YAML takes for a number or a truth value is still text."""
    assert ftops("init", folder).code == 0
    assert ftops("validate", f"{folder}/specs") == (0, "6 documents, 4 resources: no problems\n", "")


def test_init_where_no_folder_can_be(ftops: Run) -> None:
    Path("file").write_text("mine")

    found = ftops("init", "file")
    assert (found.code, found.stdout) == (1, "")
    assert found.stderr.startswith("error: cannot write file/")


# What reaches a terminal


def test_colours_only_on_a_terminal_and_not_with_no_color(project: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def plan() -> str:
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", terminal)
            assert run(["plan", "--emulator"]) == 0
        return terminal.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32m+ job/support\x1b[0m" in plan()
    assert "\x1b" not in project("plan", "--emulator").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in plan()


def test_progress_on_a_terminal_keeps_a_line_for_each_change(project: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        patch.setenv("TERM", "xterm")
        assert run(["apply", "--emulator", "--wait", "--yes"]) == 0
    assert "  deployment/support  ready" in terminal.getvalue()


Answers = dict[str, tuple[int, Any]]


@pytest.fixture
def service() -> Iterator[tuple[str, Answers]]:
    """A server on this machine: its address, and what it answers by path (anything else: an empty list)."""
    answers: Answers = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            status, body = answers.get(path, (200, {"data": [], "value": []}))
            content = json.dumps(body() if callable(body) else body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", answers
        server.shutdown()


def point_at(url: str) -> None:
    edit("account.yaml", "https://sweden.openai.azure.com", f"{url}\n  managementEndpoint: {url}")


JOBS = "/openai/v1/fine_tuning/jobs"


def failed_job(message: str) -> dict[str, Any]:
    revision = graph_of(Path("specs")).resources[ResourceKey("job", "support")].revision[:8]
    return {
        "id": "ftjob-1", "status": "failed", "suffix": f"demo-support-{revision}", "created_at": 1,
        "model": "gpt-4.1-mini-2025-04-14", "error": {"message": message},
    }  # fmt: skip


def is_harmless(text: str) -> bool:
    return all(character.isprintable() or character == "\n" for character in text)


def test_hostile_text_of_the_service_is_neutralised(project: Run, service: tuple[str, Answers]) -> None:
    """An error message must not clear the screen, set a title, or forge a line of ours."""
    url, answers = service
    point_at(url)
    answers[JOBS] = 200, {"data": [failed_job(HOSTILE)]}
    answers[f"{JOBS}/ftjob-1/events"] = (
        200,
        {"data": [{"id": "1", "created_at": 1, "level": HOSTILE, "message": HOSTILE}]},
    )

    for command in (["plan"], ["status"], ["apply", "--yes"], ["events", "support"]):
        found = project(*command)
        assert r"bad\x1b[2J\x1b]0;owned\x07\n  + job/fake" in found.stdout, command
        assert is_harmless(found.stdout), command
        assert is_harmless(found.stderr), command


def test_hostile_refusals_are_neutralised(project: Run, service: tuple[str, Answers]) -> None:
    url, answers = service
    point_at(url)
    for path in ("/openai/v1/files", JOBS):
        answers[path] = 403, {"error": {"code": HOSTILE, "message": HOSTILE}}

    for command in (["plan"], ["status"], ["apply", "--yes"], ["events", "support"]):
        found = project(*command)
        assert r"bad\x1b[2J" in found.stdout + found.stderr, command
        assert is_harmless(found.stdout), command
        assert is_harmless(found.stderr), command
    assert project("status").code == 1


def test_hostile_specs_are_neutralised(project: Run) -> None:
    """Specs come from pull requests."""
    edit("support.yaml", "    n_epochs", '    "\\e[2J": 1\n    n_epochs')

    found = project("validate")
    assert found.code == 3
    assert "unknown key `\\x1b[2J`" in found.stderr
    assert is_harmless(found.stderr)


def test_events_of_an_account_that_cannot_be_read_say_why(project: Run, service: tuple[str, Answers]) -> None:
    url, answers = service
    point_at(url)
    answers[JOBS] = 403, {"error": {"code": "PermissionDenied", "message": "no role"}}

    found = project("events", "support")
    assert (found.code, found.stdout) == (1, "")
    assert found.stderr == "error: cannot list job in account/sweden: no role (403 PermissionDenied)\n"


@pytest.mark.parametrize(
    "command", [["plan"], ["apply", "--yes", "--wait"], ["status"], ["reconcile", "--every", "1h"]]
)
def test_an_interrupted_command_is_exit_code_130_and_says_how_to_go_on(
    command: list[str], project: Run, service: tuple[str, Answers]
) -> None:
    url, answers = service
    point_at(url)

    def interrupt() -> dict[str, Any]:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        return {"data": []}

    answers[JOBS] = 200, interrupt
    found = project(*command)
    assert (found.code, found.stdout) == (130, "")
    assert found.stderr.endswith("\ninterrupted; nothing is lost: run the same command again to go on\n")
