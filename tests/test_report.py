"""Plans, results, status and graphs as a reader sees them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from ftops.apply import Event, Outcome, Result
from ftops.errors import Place, Problem
from ftops.plan import Action, Change, FieldChange, Plan
from ftops.report import data, drawing, text
from ftops.report.progress import line
from ftops.report.status import Row
from ftops.report.status import data as status_data
from ftops.report.status import text as status_text
from ftops.resource import Observed, Phase, ResourceKey, Unknown
from tests.harness import Sandbox

RUN, FILE = ResourceKey("job", "support"), ResourceKey("file", "train@sweden")
CHAT = Observed("deployment", "sweden", "chat", "chat", Phase.READY)


def change(kind: str, name: str, action: Action, reason: str, **more: object) -> Change:
    return replace(Change(ResourceKey(kind, name), action, reason, "sweden"), **more)


PLAN = Plan(
    (
        change("file", "train@sweden", Action.NOOP, ""),
        change(
            "job", "support", Action.CREATE, "new revision: hyperparameters.n_epochs changed", is_run=True, needs=(FILE,),
            fields=(FieldChange("hyperparameters.n_epochs", 2, 3), FieldChange("validation", None, "valid.jsonl")),
        ),
        change("job", "other", Action.ADOPT, "is the same as job/support and shares it", needs=(RUN,)),
        change("job", "earlier", Action.WAIT, "running", observed=replace(CHAT, phase=Phase.PROGRESSING)),
        change("job", "broken", Action.BLOCKED, "failed: bad rows", hint="raise `attempt` to run it again"),
        change(
            "deployment", "chat", Action.UPDATE, "model, protect differ", needs=(RUN,), observed=CHAT,
            fields=(FieldChange("model", "old", Unknown(RUN, "model")), FieldChange("protect", False, True)),
        ),
        change("deployment", "a-name-that-is-longer-than-the-column@sweden", Action.DELETE, "not declared in the specs"),
    ),
    orphans=(replace(CHAT, identity="forgotten"),),
)  # fmt: skip

GOLDEN = """\
  + job/support                       create: new revision: hyperparameters.n_epochs changed
      hyperparameters.n_epochs: 2 -> 3
      validation: valid.jsonl
  = job/other                         adopt: is the same as job/support and shares it
  . job/earlier                       wait: running
  ! job/broken                        blocked: failed: bad rows
      hint: raise `attempt` to run it again
  ~ deployment/chat                   update: model, protect differ
      model: old -> (known after job/support)
      protect: false -> true
  - deployment/a-name-that-is-longer-than-the-column@sweden delete: not declared in the specs
  ? deployment/forgotten in account/sweden is ours, costs money and is not declared; --prune deletes it

Plan: 1 to create (1 training run), 1 to update, 1 to delete, 1 to share, 1 in progress, 1 blocked, 1 unchanged.
Digest: DIGEST
"""


def test_a_plan_with_each_action() -> None:
    assert text.plan(PLAN) == GOLDEN.replace("DIGEST", PLAN.digest)
    assert {change.action for change in PLAN.changes} == set(Action)


def test_colour_adds_nothing_but_colour() -> None:
    coloured = text.plan(PLAN, color=True)
    assert "  \x1b[31m! job/broken\x1b[0m  " in coloured
    for code in ("\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[36m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == text.plan(PLAN)


def test_a_plan_with_nothing_in_it() -> None:
    assert text.plan(Plan(PLAN.changes[:1])) == "Plan: nothing to do, 1 resource is as declared.\n"
    assert text.plan(Plan(PLAN.changes[:1] * 2)) == "Plan: nothing to do, 2 resources are as declared.\n"


def test_what_a_destruction_leaves() -> None:
    others = [replace(CHAT, kind=kind, identity=str(n)) for n, kind in enumerate(["file", "file", "job"])]
    kept = replace(CHAT, protected=True)
    deleted = change("deployment", "chat@sweden", Action.DELETE, "is ours")
    assert text.plan(Plan((deleted,), stays=(*others, kept))).splitlines()[2:4] == [
        "Stays: 2 files, 1 job, deployment/chat (protected).",
        "Plan: 1 to delete, 0 unchanged.",
    ]


def test_a_plan_for_machines() -> None:
    plan = data.of_plan(PLAN)
    assert {key: value for key, value in plan.items() if key != "changes"} == {
        "format": 1,
        "digest": PLAN.digest,
        "changes_pending": True,
        "unreadable": [],
        "orphans": [{"kind": "deployment", "name": "forgotten", "account": "sweden"}],
    }
    assert plan["changes"][1] == {
        "resource": "job/support",
        "action": "create",
        "reason": "new revision: hyperparameters.n_epochs changed",
        "hint": "",
        "account": "sweden",
        "revision": None,
        "phase": None,
        "needs": ["file/train@sweden"],
        "fields": [
            {"path": "hyperparameters.n_epochs", "before": 2, "after": 3},
            {"path": "validation", "before": None, "after": "valid.jsonl"},
        ],
        "trains": True,
    }
    assert plan["changes"][5]["fields"][0] == {
        "path": "model", "before": "old", "after": None, "known_after": "job/support",
    }  # fmt: skip
    assert [one["phase"] for one in plan["changes"]] == [None, None, None, "progressing", None, "ready", None]
    assert data.of_plan(Plan(PLAN.changes[2:5]))["changes_pending"] is False


def results() -> list[Result]:
    outcomes = [
        Outcome.DONE,
        Outcome.PENDING,
        Outcome.SKIPPED,
        Outcome.UNKNOWN,
        Outcome.BLOCKED,
        Outcome.FAILED,
        Outcome.DONE,
    ]
    return [
        Result(
            change, outcome, f"message {number}" if outcome is not Outcome.DONE else "", CHAT if number == 0 else None
        )
        for number, (change, outcome) in enumerate(zip(PLAN.changes, outcomes, strict=True))
    ]


def test_results() -> None:
    assert text.results(results()) == dedent(
        """\
          pending  job/support  message 1
          skipped  job/other  message 2
          unknown  job/earlier  message 3
          blocked  job/broken  message 4
          failed   deployment/chat  message 5
        Apply: 1 blocked, 1 done, 1 failed, 1 pending, 1 skipped, 1 unknown; 1 of 6 resources ready.
        """
    )


def test_results_for_machines() -> None:
    whole = data.of_results(PLAN, results())
    assert [(one["outcome"], one["message"], one["id"]) for one in whole["changes"]][:2] == [
        ("done", "", "chat"),
        ("pending", "message 1", None),
    ]
    assert whole["digest"] == PLAN.digest


def test_problems_are_counted() -> None:
    problem = Problem("FT103", "unknown key `a`", Place(Path("specs/a.yaml"), 3, 5, 1, "    a: 1"), "did you mean `b`?")
    assert text.problems([problem]) == dedent(
        """\
        error[FT103]: unknown key `a`
          --> specs/a.yaml:3:5
           |
         3 |     a: 1
           |     ^
          hint: did you mean `b`?

        1 problem in the specs; nothing was sent"""
    )
    assert text.problems([problem] * 2).endswith("\n\n2 problems in the specs; nothing was sent")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Event(1_700_000_000.0, RUN, "creating", "does not exist"), "22:13:20  job/support  creating: does not exist"),
        (Event(1_700_000_000.0, RUN, "ready"), "22:13:20  job/support  ready"),
        (Event(1_700_000_000.0, RUN, "a\nb\x1b[2J", "c\rd"), r"22:13:20  job/support  a\nb\x1b[2J: c\rd"),
    ],
)
def test_progress_is_one_line_for_each_change(event: Event, expected: str) -> None:
    assert line(event) == expected


ROWS = [
    Row(FILE, "sweden", "ready", "", id="file-1"),
    Row(RUN, "sweden", "absent", "to be created", (FILE,)),
    Row(ResourceKey("deployment", "chat"), "eastus2", "failed", "bad\x1b[2J\nnews", (RUN, FILE)),
]


def test_status() -> None:
    unreadable = {("job", "sweden"): Problem("", "no\x1b role", Place(Path()))}
    assert status_text(ROWS, unreadable) == dedent(
        r"""
        file/train@sweden  ready        sweden
        job/support        absent       sweden        to be created; waits for file/train@sweden
        deployment/chat    failed       eastus2       bad\x1b[2J\nnews; waits for job/support, file/train@sweden

        1 of 3 ready
        cannot list job in account/sweden: no\x1b role
        """
    ).strip("\n")


def test_status_for_machines() -> None:
    assert status_data(ROWS)[1] == {
        "resource": "job/support",
        "account": "sweden",
        "phase": "absent",
        "reason": "to be created",
        "waits_for": ["file/train@sweden"],
        "id": "",
    }


def test_the_graph_as_text(quickstart: Sandbox) -> None:
    assert (
        drawing.text(quickstart.graph()).splitlines()
        == dedent(
            """\
        file/support-train@sweden  [sweden]
          job/support  [sweden]
            job/assistant.triage  [sweden]
              job/assistant.tone  [sweden]
                copy/assistant-us  [eastus2]
                  deployment/assistant-us  [eastus2]
                deployment/assistant-eu  [sweden]
        file/support-valid@sweden  [sweden]
          job/support  [sweden] (see above)
        file/tone-train@sweden  [sweden]
          job/assistant.tone  [sweden] (see above)
        file/tone-valid@sweden  [sweden]
          job/assistant.tone  [sweden] (see above)
        file/triage-train@sweden  [sweden]
          job/assistant.triage  [sweden] (see above)
        file/triage-valid@sweden  [sweden]
          job/assistant.triage  [sweden] (see above)"""
        ).splitlines()
    )


def test_the_graph_as_mermaid_and_dot(sandbox: Sandbox) -> None:
    source = Path(__file__).parent.parent / "specs" / "quickstart"
    for name in (
        "project.yaml",
        "accounts.yaml",
        "support.yaml",
        "data/support-train.jsonl",
        "data/support-valid.jsonl",
    ):
        sandbox.write(name, (source / name).read_text())
    datasets = (source / "datasets.yaml").read_text().split("---")
    sandbox.write("datasets.yaml", "---".join(datasets[:2]))

    assert drawing.mermaid(sandbox.graph()) == dedent(
        """\
        flowchart LR
          subgraph a0[sweden]
            n0["file/support-train@sweden"]
            n1["file/support-valid@sweden"]
            n2["job/support"]
          end
          n0 --> n2
          n1 --> n2"""
    )
    assert drawing.dot(sandbox.graph()) == dedent(
        """\
        digraph ftops {
          rankdir=LR; node [shape=box];
          "file/support-train@sweden";
          "file/support-valid@sweden";
          "job/support";
          "file/support-train@sweden" -> "job/support";
          "file/support-valid@sweden" -> "job/support";
        }"""
    )
