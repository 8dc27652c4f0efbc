"""Wrong specs in, the whole message out, as a user reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.specs import BASE, QUICKSTART, account, messages, project, write

SUPPORT = """\
apiVersion: ftops/v1
kind: Job
metadata:
  name: support
spec:
  account: sweden
  model: gpt-4.1-mini-2025-04-14
  training: train
"""
MODEL = "model: gpt-4.1-mini-2025-04-14"


def edited(old: str, new: str, text: str = SUPPORT) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def other(kind: str, name: str, spec: str) -> str:
    return f"---\napiVersion: ftops/v1\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n  {spec}\n"


CASES = {
    "a missing dataset file": (
        {"data.yaml": other("Dataset", "extra", "path: data/extra.jsonl")},
        """\
        error[FT301]: there is no file `data/extra.jsonl`
          --> specs/data.yaml:7:9
           |
         7 |   path: data/extra.jsonl
           |         ^^^^^^^^^^^^^^^^
          hint: the path is relative to the document
        """,
    ),
    "an unknown dataset": (
        {"job.yaml": edited("training: train", "training: trian")},
        """\
        error[FT201]: there is no dataset/trian
          --> specs/job.yaml:8:13
           |
         8 |   training: trian
           |             ^^^^^
          hint: did you mean `train`?
        """,
    ),
    "an unknown job": (
        {"job.yaml": edited(MODEL, "model: {job: suport}")},
        """\
        error[FT201]: there is no job/suport
          --> specs/job.yaml:7:16
           |
         7 |   model: {job: suport}
           |                ^^^^^^
          hint: did you mean `support`?
        """,
    ),
    "an unknown account": (
        {"job.yaml": edited("account: sweden", "account: norway")},
        """\
        error[FT201]: there is no account/norway
          --> specs/job.yaml:6:12
           |
         6 |   account: norway
           |            ^^^^^^
          hint: known: `eastus2`, `sweden`
        """,
    ),
    "a cycle": (
        {
            "job.yaml": edited(MODEL, "model:\n    chain: triage"),
            "chain.yaml": other("Chain", "triage", "account: sweden\n  model: {job: support}\n  steps:\n    - name: one\n      training: train\n    - name: two\n      training: train"),
        },
        """\
        error[FT202]: a resource needs itself: job/support -> job/triage.two -> job/triage.one -> job/support
          --> specs/job.yaml:8:5
           |
         8 |     chain: triage
           |     ^
          hint: remove one of the references
        """,
    ),
    "a repeated name": (
        {"job.yaml": SUPPORT, "more/job.yaml": "# a copy\n" + SUPPORT},
        """\
        error[FT110]: job/support is declared twice
          --> specs/more/job.yaml:5:9
           |
         5 |   name: support
           |         ^^^^^^^
          hint: the first one is at specs/job.yaml:4:9
        """,
    ),
    "a wrong type": (
        {"job.yaml": SUPPORT + "  hyperparameters:\n    n_epochs: three\n  seed: 1e3\n"},
        """\
        error[FT104]: `hyperparameters.n_epochs` must be a whole number or `auto`
          --> specs/job.yaml:10:15
            |
         10 |     n_epochs: three
            |               ^^^^^

        error[FT104]: `seed` must be a whole number
          --> specs/job.yaml:11:9
            |
         11 |   seed: 1e3
            |         ^^^
        """,
    ),
    "a bad suffix": (
        {"job.yaml": SUPPORT + "  suffix: my.model\n"},
        """\
        error[FT104]: `suffix` must be text that matches `^[A-Za-z0-9][A-Za-z0-9_-]{0,19}$`
          --> specs/job.yaml:9:11
           |
         9 |   suffix: my.model
           |           ^^^^^^^^
        """,
    ),
    "a typo in a key": (
        {"job.yaml": SUPPORT + "  hyperparameters: {n_epoch: 3}\n"},
        """\
        error[FT103]: unknown key `n_epoch`
          --> specs/job.yaml:9:21
           |
         9 |   hyperparameters: {n_epoch: 3}
           |                     ^^^^^^^
          hint: did you mean `n_epochs`?
        """,
    ),
    "a typo in a kind": (
        {"job.yaml": edited("kind: Job", "kind: Jobs")},
        """\
        error[FT108]: unknown kind `Jobs`
          --> specs/job.yaml:2:7
           |
         2 | kind: Jobs
           |       ^^^^
          hint: did you mean `Job`?
        """,
    ),
    "a typo in a choice": (
        {"job.yaml": SUPPORT + "  trainingType: Globalstandard\n"},
        """\
        error[FT104]: `trainingType` must be `Standard`, `GlobalStandard` or `DeveloperTier`
          --> specs/job.yaml:9:17
           |
         9 |   trainingType: Globalstandard
           |                 ^^^^^^^^^^^^^^
          hint: did you mean `GlobalStandard`?
        """,
    ),
    "what does not go together": (
        {"job.yaml": SUPPORT + "  method: dpo\n  hyperparameters: {eval_samples: 3, reasoning_effort: low}\n"},
        """\
        error[FT104]: `eval_samples`, `reasoning_effort`: no hyperparameter of method dpo
          --> specs/job.yaml:5:1
           |
         5 | spec:
           | ^^^^
        """,
    ),
    "an unknown apiVersion": (
        {"job.yaml": edited("ftops/v1", "ftops/v2")},
        """\
        error[FT108]: unknown apiVersion `ftops/v2`
          --> specs/job.yaml:1:13
           |
         1 | apiVersion: ftops/v2
           |             ^^^^^^^^
          hint: write `apiVersion: ftops/v1`
        """,
    ),
    "two projects": (
        {"zoo.yaml": project().replace("shop", "zoo")},
        """\
        error[FT112]: there are two Project documents
          --> specs/zoo.yaml:2:1
           |
         2 | apiVersion: ftops/v1
           | ^
          hint: the first one is at specs/base.yaml:2:1
        """,
    ),
    "no project": (
        {"base.yaml": account("sweden")},
        """\
        error[FT112]: there is no Project document
          --> specs
          hint: add one: `kind: Project` with `spec: {marker: …}`
        """,
    ),
    "a default for an unknown field and an unknown kind": (
        {"base.yaml": other("Project", "shop", "marker: demo\n  defaults:\n    job: {epochs: 3}\n    jobs: {}")},
        """\
        error[FT103]: unknown key `epochs`
          --> specs/base.yaml:9:11
           |
         9 |     job: {epochs: 3}
           |           ^^^^^^
          hint: known: `account`, `attempt`, `hyperparameters`, `integrations`, `method`, `model`, `onSupersede`, `seed`, `state`, `suffix`, `training`, `trainingType`, `validation`

        error[FT103]: unknown kind `jobs`
          --> specs/base.yaml:10:5
            |
         10 |     jobs: {}
            |     ^^^^
          hint: did you mean `job`?
        """,
    ),
    "a dataset outside": (
        {"data.yaml": other("Dataset", "extra", "path: ../extra.jsonl"), "../extra.jsonl": ""},
        """\
        error[FT302]: `../extra.jsonl` lies outside the folder of specs
          --> specs/data.yaml:7:9
           |
         7 |   path: ../extra.jsonl
           |         ^^^^^^^^^^^^^^
          hint: move the file below `specs`: what a model learned from belongs to its specs
        """,
    ),
    "a step that a chain does not have": (
        {
            "chain.yaml": other("Chain", "triage", f"account: sweden\n  {MODEL}\n  steps: [{{name: one, training: train}}]"),
            "job.yaml": edited(MODEL, "model: {chain: triage, step: two}"),
        },
        """\
        error[FT201]: chain/triage has no step `two`; its steps: `one`
          --> specs/job.yaml:7:32
           |
         7 |   model: {chain: triage, step: two}
           |                                ^^^
        """,
    ),
    "a copy to where it is": (
        {"job.yaml": SUPPORT + other("Copy", "here", "account: sweden\n  model: {job: support}")},
        """\
        error[FT203]: job/support is in account/sweden already
          --> specs/job.yaml:16:10
            |
         16 |   model: {job: support}
            |          ^
          hint: use it where it is, or name another account
        """,
    ),
    "a deployment away from its model": (
        {"job.yaml": SUPPORT + other("Deployment", "there", "account: eastus2\n  model: {job: support}")},
        """\
        error[FT203]: job/support is in account/sweden, deployment/there in account/eastus2
          --> specs/job.yaml:16:10
            |
         16 |   model: {job: support}
            |          ^
          hint: declare a Copy of it to account/eastus2 and refer to that: `{copy: …}`
        """,
    ),
    "broken YAML": (
        {"job.yaml": edited("model: gpt-4.1-mini-2025-04-14", "model: {job: x")},
        """\
        error[FT101]: not YAML: while parsing a flow mapping, did not find expected ',' or '}'
          --> specs/job.yaml:8:11
           |
         8 |   training: train
           |           ^
        """,
    ),
    "a repeated key": (
        {"job.yaml": SUPPORT + "  account: eastus2\n"},
        """\
        error[FT102]: `account` is given twice
          --> specs/job.yaml:9:3
           |
         9 |   account: eastus2
           |   ^^^^^^^
          hint: keep one of the two
        """,
    ),
    "a bad name": (
        {"job.yaml": edited("name: support", "name: Support_Bot")},
        """\
        error[FT109]: `Support_Bot` is no name: 1-63 lower-case letters, digits and `-`, no `-` at an end
          --> specs/job.yaml:4:9
           |
         4 |   name: Support_Bot
           |         ^^^^^^^^^^^
        """,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES)
def test_messages(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    root = write(tmp_path / "specs", BASE | files)

    assert messages(root) == dedent(expected).rstrip("\n")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://contoso.openai.azure.com.evil.example",
        "https://evil.example/contoso.openai.azure.com",
        "https://contoso.openai.azure.com@evil.example",
        "https://evil.example#.openai.azure.com",
        "https://evilopenai.azure.com.evil.example:443",
        "http://contoso.openai.azure.com",
        "contoso.openai.azure.com",
        "https://",
    ],
)
def test_credentials_go_to_azure_only(tmp_path: Path, endpoint: str) -> None:
    files = {"base.yaml": project() + other("Account", "west", f"endpoint: '{endpoint}'\n  resourceId: /subscriptions/0/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/west\n  region: west")}  # fmt: skip

    assert messages(write(tmp_path, files)) == dedent(f"""\
        error[FT104]: `endpoint`: no https address of Azure: credentials are sent nowhere else
          --> specs/base.yaml:12:13
            |
         12 |   endpoint: '{endpoint}'
            |             {"^" * (len(endpoint) + 2)}""")


def test_a_dataset_outside_through_a_link(tmp_path: Path) -> None:
    root = write(tmp_path / "specs", BASE | {"data.yaml": other("Dataset", "extra", "path: link"), "../secret": ""})
    (root / "link").symlink_to("../secret")

    assert messages(root) == dedent("""\
        error[FT302]: `link` lies outside the folder of specs
          --> specs/data.yaml:7:9
           |
         7 |   path: link
           |         ^^^^
          hint: move the file below `specs`: what a model learned from belongs to its specs""")


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        pytest.param(
            "missing",
            """\
            error[FT100]: there is no folder `specs`
              --> specs
              hint: run `ftops init` to make one
            """,
            id="no folder",
        ),
        pytest.param(
            "file/inside",
            """\
            error[FT100]: there is no folder `specs`
              --> specs
              hint: run `ftops init` to make one
            """,
            id="a folder inside a file",
        ),
        pytest.param(
            "dangling",
            """\
            error[FT100]: there is no folder `specs`
              --> specs
              hint: run `ftops init` to make one
            """,
            id="a link to nowhere",
        ),
        pytest.param(
            "empty",
            """\
            error[FT111]: there are no specs: no document in a `*.yaml` file
              --> specs
              hint: write documents there, or run `ftops init` in an empty folder
            """,
            id="an empty folder",
        ),
        pytest.param(
            "blank",
            """\
            error[FT111]: there are no specs: no document in a `*.yaml` file
              --> specs
              hint: write documents there, or run `ftops init` in an empty folder
            """,
            id="a file without documents",
        ),
        pytest.param(
            "broken-link",
            """\
            error[FT100]: cannot read the file: No such file or directory
              --> specs/a.yaml
            """,
            id="a file that cannot be read",
        ),
    ],
)
def test_folders(tmp_path: Path, folder: str, expected: str) -> None:
    write(tmp_path, {"file": "", "empty/_old.yaml": "{", "blank/a.yaml": "# soon\n---\n", "broken-link/_": ""})
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "broken-link" / "a.yaml").symlink_to("nowhere")

    assert messages(tmp_path / folder) == dedent(expected).rstrip("\n")


def test_validate_says_it_on_stderr(tmp_path: Path) -> None:
    write(tmp_path / "specs", BASE | {"job.yaml": edited("training: train", "training: trian"), "list.yaml": "[]"})
    command = [sys.executable, "-m", "ftops", "validate", "specs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == dedent("""\
        error[FT201]: there is no dataset/trian
          --> specs/job.yaml:8:13
           |
         8 |   training: trian
           |             ^^^^^
          hint: did you mean `train`?

        error[FT104]: a document must be a mapping
          --> specs/list.yaml:1:1
           |
         1 | []
           | ^
          hint: begin with `apiVersion`, `kind`, `metadata` and `spec`

        2 problems in the specs; nothing was sent
    """)


OFFLINE = ("openai", "azure", "httpx2", "networkx", "numpy")
LIGHT = (*OFFLINE, "pydantic", "yaml", "rich", "msgspec")


@pytest.mark.parametrize(
    ("arguments", "absent", "says"),
    [
        (["validate", str(QUICKSTART)], OFFLINE, "14 documents, 12 resources: no problems\n"),
        (["--help"], LIGHT, "Usage: ftops "),
        (["--version"], (*LIGHT, "click"), "ftops "),
    ],
    ids=["validate", "help", "version"],
)
def test_what_an_offline_command_imports(arguments: list[str], absent: tuple[str, ...], says: str) -> None:
    program = dedent("""\
        import sys
        from ftops.__main__ import main
        code = main()
        print(code, *sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)
    """)
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, *modules = done.stderr.splitlines()[-1].split()

    assert (code, done.stdout[: len(says)]) == ("0", says)
    assert "ftops" in modules
    assert not set(modules) & set(absent)
