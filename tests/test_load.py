"""Files in; checked documents and every problem of every file out."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ftops.document import MAX_BYTES
from ftops.kinds import discover
from ftops.load import Workspace, load
from tests.specs import BASE, account, dataset, document, job, problems, project, write


def loaded(root: Path, **files: str | bytes) -> Workspace:
    """The base and more files; `__` stands for `.` in their names."""
    return load(write(root, BASE | {name.replace("__", "."): text for name, text in files.items()}), discover())


def names(workspace: Workspace) -> list[str]:
    assert not workspace.problems, workspace.problems
    return sorted(map(str, workspace.documents))


BASE_NAMES = ["account/eastus2", "account/sweden", "dataset/train", "dataset/valid", "project/shop"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, [], id="several documents a file"),
        pytest.param({"a.yml": job("a")}, ["job/a"], id="yml"),
        pytest.param({"deep/er/a.yaml": job("a")}, ["job/a"], id="folders"),
        pytest.param({"folder.yaml/a.yaml": job("a")}, ["job/a"], id="a folder with the name of a file"),
        pytest.param({"_a.yaml": "{", ".a.yaml": "{", "_old/a.yaml": "{", ".git/a.yaml": "{"}, [], id="hidden"),
        pytest.param({"a.json": "{", "a.yaml.bak": "{", "yaml": "{"}, [], id="other names"),
        pytest.param({"a.yaml": "---\n---\n# nothing\n---\n" + job("a") + "---\n"}, ["job/a"], id="empty documents"),
        pytest.param({"a.yaml": b"\xef\xbb\xbf" + job("a").encode()}, ["job/a"], id="BOM"),
        pytest.param({"a.yaml": job("a").replace("\n", "\r\n")}, ["job/a"], id="CRLF"),
        pytest.param({"a.yaml": job("a") + document("Copy", "a", account="eastus2", model={"job": "a"})}, ["copy/a", "job/a"], id="one name in two kinds"),
    ],
)  # fmt: skip
def test_which_documents_are_read(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    found = names(load(write(tmp_path, BASE | files), discover()))

    assert found == sorted(BASE_NAMES + expected)


def test_one_file_is_a_set_of_specs(tmp_path: Path) -> None:
    write(tmp_path, BASE | {"other.yaml": "{"})

    assert names(load(tmp_path / "base.yaml", discover())) == BASE_NAMES


def test_links_between_folders_are_followed_once(tmp_path: Path) -> None:
    """Two links upwards would otherwise be followed along 2^40 paths."""
    (tmp_path / "a").symlink_to(".")
    (tmp_path / "b").symlink_to(tmp_path)

    assert names(loaded(tmp_path)) == BASE_NAMES


def test_defaults_fill_what_documents_leave_out(tmp_path: Path) -> None:
    defaults = {
        "job": {"trainingType": "Standard", "hyperparameters": {"n_epochs": 2}},
        "deployment": {"sku": "Standard"},
    }
    workspace = load(
        write(
            tmp_path,
            BASE
            | {
                "base.yaml": project(defaults=defaults) + account("sweden") + dataset("train"),
                "jobs.yaml": job("a") + job("b", trainingType="DeveloperTier", hyperparameters={"batch_size": 4}),
            },
        ),
        discover(),
    )
    assert not workspace.problems
    specs = {key.name: d.spec for key, d in workspace.documents.items() if key.kind == "job"}

    assert (specs["a"].trainingType, specs["a"].hyperparameters.n_epochs) == ("Standard", 2)
    assert (specs["b"].trainingType, specs["b"].hyperparameters.n_epochs) == ("DeveloperTier", None)


@pytest.mark.parametrize(
    ("defaults", "expected"),
    [
        ({"job": {"trainingType": "Standrd"}}, ["FT104 `defaults.job.trainingType` must be `Standard`, `GlobalStandard` or `DeveloperTier`"]),
        ({"job": {"hyperparameters": {"n_epoch": 3}}}, ["FT103 unknown key `n_epoch`"]),
        ({"dataset": {"format": "dpo"}}, []),
        ({"chain": {"trainingType": "Standard"}, "copy": {"account": "sweden"}}, []),
        ({"job": 3}, ["FT104 `defaults.job` must be a mapping"]),
        ([], ["FT104 `defaults` must be a mapping"]),
    ],
)  # fmt: skip
def test_defaults_are_checked_where_they_stand_and_once(tmp_path: Path, defaults: object, expected: list[str]) -> None:
    files = {"base.yaml": project(defaults=defaults) + account("sweden"), "jobs.yaml": job("a") + job("b")}
    found = load(write(tmp_path, files), discover()).problems

    assert [f"{p.code} {p.message}" for p in found] == expected
    assert {p.place.path.name for p in found} <= {"base.yaml"}


def test_every_problem_of_every_file_in_one_run(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.yaml": "apiVersion: ftops/v1\nkind: Jb\nmetadata: {name: a}\nspec: {}\n",
        "b.yaml": "a: 1\na: 2\n---\n- a list\n---\nkind: Job\n",
        "c/broken.yaml": "spec: [1, 2\n",
        "d.yaml": job("d", training="trian", seed=-1, trainingTyp="x") + document("Dataset", "gone", path="gone.jsonl"),
        "e.yaml": document("Job", "E!") + document("Chain", "c", account="swedn", model={"job": "d"}, steps=[{}]),
        "f.yaml": b"\xff",
        "g.yaml": document("Copy", "c", account="swedn", model={"chain": "nope"}, protect=True),
        "h.yaml": document("Copy", "h", account="swedn", model={"chain": "c", "checkpoint": "best"}),
        "i.yaml": job("x", model={"job": "y"}) + job("y", model={"job": "x"}) + job("z", model={"job": "z"}),
    }
    found = problems(write(tmp_path, {**BASE, **files}))
    listed = [f"{p.place.path.name}:{p.place.line} {p.code} {p.message}" for p in found]

    assert listed == [
        "a.yaml:2 FT108 unknown kind `Jb`",
        "b.yaml:1 FT103 unknown key `a`",
        "b.yaml:1 FT105 `apiVersion` is missing",
        "b.yaml:1 FT105 `kind` is missing",
        "b.yaml:1 FT105 `metadata.name` is missing",
        "b.yaml:2 FT102 `a` is given twice",
        "b.yaml:4 FT104 a document must be a mapping",
        "b.yaml:6 FT105 `apiVersion` is missing",
        "b.yaml:6 FT105 `metadata.name` is missing",
        "broken.yaml:1 FT101 not YAML: while parsing a flow sequence, did not find expected ',' or ']'",
        "d.yaml:5 FT201 there is no dataset/trian",
        "d.yaml:5 FT104 `seed` must be at least 0",
        "d.yaml:5 FT103 unknown key `trainingTyp`",
        "d.yaml:10 FT301 there is no file `gone.jsonl`",
        "e.yaml:4 FT109 `E!` is no name: 1-63 lower-case letters, digits and `-`, no `-` at an end",
        "e.yaml:10 FT201 there is no account/swedn",
        "e.yaml:10 FT105 `steps[0].training` is missing",
        "e.yaml:10 FT105 `steps[0].name` is missing",
        "f.yaml:0 FT101 not UTF-8: byte 0 cannot be read",
        "g.yaml:5 FT201 there is no account/swedn",
        "g.yaml:5 FT201 there is no chain/nope",
        "g.yaml:5 FT103 unknown key `protect`",
        "h.yaml:5 FT201 there is no account/swedn",
        "i.yaml:5 FT202 a resource needs itself: job/x -> job/y -> job/x",
        "i.yaml:15 FT202 a resource needs itself: job/z -> job/z",
    ]
    for problem in found:
        if problem.place.line:
            assert problem.place.text == problem.place.path.read_text("utf-8").splitlines()[problem.place.line - 1]
            assert re.search(rf"(?m)^ {problem.place.line} \| .*\n +\| +\^+$", str(problem))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"a.yaml": b"# \xfc\n"}, "FT101 not UTF-8: byte 2 cannot be read", id="Latin-1"),
        pytest.param({"a.yaml": "a: 1".encode("utf-16")}, "FT101 not UTF-8: byte 0 cannot be read", id="UTF-16"),
        pytest.param({"a.yaml": "#" * (MAX_BYTES + 1)}, "FT106 the file is larger than 1 MiB", id="large"),
        pytest.param({"a.yaml": "#" * MAX_BYTES}, None, id="not too large"),
    ],
)
def test_files_that_are_no_text(tmp_path: Path, files: dict[str, str | bytes], expected: str | None) -> None:
    found = [f"{p.code} {p.message}" for p in load(write(tmp_path, BASE | files), discover()).problems]

    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (project().replace("name: shop", "name: Shop"), ["FT109"]),
        (project().replace("shop}", "shop, labels: {}}"), ["FT103"]),
        (project().replace("kind: Project", "kind: Projekt"), ["FT108"]),
        (project().replace("{name: shop}", ""), ["FT104"]),
        (project(markr="x"), ["FT103"]),
        (project()[:-3], ["FT101"]),
    ],
)
def test_a_broken_project_is_not_also_a_missing_one(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = load(write(tmp_path, {"a.yaml": account("sweden"), "p.yaml": text}), discover()).problems

    assert [problem.code for problem in found] == expected


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("apiVersion", "", "FT105 `apiVersion` is missing"),
        ("apiVersion", "1.0", "FT108 unknown apiVersion `1.0`"),
        ("kind", "", "FT105 `kind` is missing"),
        ("kind", "File", "FT108 unknown kind `File`"),  # follows from documents, is none
        ("kind", "[Job]", "FT108 unknown kind `['Job']`"),
        ("metadata", "", "FT104 `metadata` must be a mapping"),
        ("metadata", "{name: 3}", "FT104 `metadata.name` must be text"),
        ("metadata", "{name: a, protect: 1}", "FT104 `metadata.protect` must be true or false"),
        ("metadata", "{}", "FT105 `metadata.name` is missing"),
        ("spec", "", "FT104 `spec` must be a mapping"),
        ("spec", "job", "FT104 `spec` must be a mapping"),
    ],
)
def test_the_envelope(tmp_path: Path, field: str, value: str, expected: str) -> None:
    text = re.sub(rf"(?m)^{field}:.*$", f"{field}: {value}", job("a"))
    [problem] = loaded(tmp_path, a__yaml=text).problems

    assert f"{problem.code} {problem.message}" == expected
    assert problem.place.text == f"{field}: {value}".strip() or value == ""


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("a", True), ("a-1", True), ("0", True), ("a" * 63, True),
        ("a" * 64, False), ("A", False), ("-a", False), ("a-", False), ("a.b", False), ("a_b", False), ("ü", False),
    ],
)  # fmt: skip
def test_names(tmp_path: Path, name: str, right: bool) -> None:
    found = loaded(tmp_path, a__yaml=job("x").replace("name: x", f"name: '{name}'")).problems

    assert [problem.code for problem in found] == ([] if right else ["FT109"])


def path_problems(root: Path, path: str) -> list[str]:
    found = load(write(root, {"base.yaml": project() + dataset("d", path=path)}), discover()).problems
    return [f"{p.code} {p.message}".replace(str(root), "specs") for p in found]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("data/in.jsonl", []),
        ("data/../data/in.jsonl", []),
        ("data/link", []),  # stays inside
        ("data", ["FT301 there is no file `data`"]),
        ("data/in.jsonl/x", ["FT301 there is no file `data/in.jsonl/x`"]),
        ("dangling", ["FT301 there is no file `dangling`"]),
        ("../out.jsonl", ["FT302 `../out.jsonl` lies outside the folder of specs"]),
        ("../missing.jsonl", ["FT302 `../missing.jsonl` lies outside the folder of specs"]),
        ("leak", ["FT302 `leak` lies outside the folder of specs"]),
        ("away/out.jsonl", ["FT302 `away/out.jsonl` lies outside the folder of specs"]),
        ("/etc/passwd", ["FT302 `/etc/passwd` lies outside the folder of specs"]),
        ("/proc/self/environ", ["FT302 `/proc/self/environ` lies outside the folder of specs"]),
        ("nul\0", ["FT301 there is no file `nul\0`"]),
        ("x" * 300, [f"FT301 cannot read `{'x' * 300}`: File name too long"]),
    ],
)  # fmt: skip
def test_a_dataset_is_a_file_inside_the_folder_of_specs(tmp_path: Path, path: str, expected: list[str]) -> None:
    root = tmp_path / "specs"
    write(tmp_path, {"out.jsonl": "", "specs/data/in.jsonl": ""})
    (root / "data" / "link").symlink_to("in.jsonl")
    (root / "leak").symlink_to(tmp_path / "out.jsonl")
    (root / "away").symlink_to("..")
    (root / "dangling").symlink_to("nowhere")

    assert path_problems(root, path) == expected


def test_a_path_of_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    [problem] = path_problems(tmp_path, "a")
    assert problem.startswith("FT301 ")


def test_a_folder_of_specs_may_itself_be_a_link(tmp_path: Path) -> None:
    write(tmp_path / "real", BASE)
    (tmp_path / "link").symlink_to("real")

    assert names(load(tmp_path / "link", discover())) == BASE_NAMES


def test_paths_are_relative_to_the_document(tmp_path: Path) -> None:
    files = {"base.yaml": project(), "sets/d.yaml": dataset("d", path="d.jsonl"), "sets/d.jsonl": ""}

    assert names(load(write(tmp_path, files), discover())) == ["dataset/d", "project/shop"]


def test_a_folder_that_cannot_be_read_hides_nothing(tmp_path: Path) -> None:
    """Deeper than the system's longest path, which stops root too."""
    write(tmp_path, BASE)
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("x" * 250, dir_fd=here)
        here, above = os.open("x" * 250, os.O_RDONLY, dir_fd=here), here
        os.close(above)
    os.close(here)

    [problem] = load(tmp_path, discover()).problems
    assert (problem.code, problem.message) == ("FT100", "cannot read the folder: File name too long")
    assert problem.place.path.is_relative_to(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_and_a_file_without_permission(tmp_path: Path) -> None:
    write(tmp_path, BASE | {"closed/a.yaml": "", "a.yaml": ""})
    (tmp_path / "closed").chmod(0)
    (tmp_path / "a.yaml").chmod(0)
    (tmp_path / "train.jsonl").chmod(0)
    found = [p.message for p in load(tmp_path, discover()).problems]
    (tmp_path / "closed").chmod(0o700)

    assert found == [
        "cannot read the folder: Permission denied",
        "cannot read the file: Permission denied",
        "cannot read `train.jsonl`: Permission denied",
    ]


def test_two_folders_of_one_relative_name_are_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule loads again and again: nothing about paths may outlive one load."""
    deeper = {**BASE, "sub/more.yaml": document("Dataset", "more", path="rows.jsonl"), "sub/rows.jsonl": "{}"}
    for name, files in {"one": BASE, "two": deeper}.items():
        write(tmp_path / name / "specs", files)
        monkeypatch.chdir(tmp_path / name)
        assert problems(Path("specs")) == []
