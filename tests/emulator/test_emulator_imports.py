"""Files that expire, come from an address or arrive in parts, as raw HTTP."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx2
import pytest
from emulator_raw import Plane, Service, rows

DAY = 86_400
URL = "https://store.example/data/train.jsonl?sig=abc"


@pytest.fixture
def dated(service: Service) -> Plane:
    keys = {"api-key": "emulator-key-sweden"}
    return Plane(service.world, "https://sweden.openai.azure.com/openai", keys, "2025-04-01-preview")


def control(service: Service, method: str, path: str, body: dict[str, Any]) -> httpx2.Response:
    return Plane(service.world, "http://127.0.0.1/_emulator", {})(method, path, json=body)


def begin(dated: Plane, size: int, **more: Any) -> dict[str, Any]:
    body = {"purpose": "fine-tune", "filename": "big.jsonl", "bytes": size, "mime_type": "text/jsonl", **more}
    answer = dated("POST", "uploads", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def part(dated: Plane, upload: dict[str, Any], content: bytes) -> dict[str, Any]:
    answer = dated("POST", f"uploads/{upload['id']}/parts", files={"data": ("part", content)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def complete(dated: Plane, upload: dict[str, Any], ids: list[str], **more: str) -> httpx2.Response:
    return dated("POST", f"uploads/{upload['id']}/complete", json={"part_ids": ids, **more})


@pytest.mark.parametrize("spelling", ["expires_after[{}]", "expires_after.{}"])
def test_a_file_expires_by_the_clock(service: Service, spelling: str) -> None:
    form = {
        "purpose": "fine-tune",
        spelling.format("anchor"): "created_at",
        spelling.format("seconds"): str(14 * DAY),
    }
    answer = service.sweden("POST", "files", data=form, files={"file": ("a.jsonl", rows(10))})
    assert answer.status_code == 201
    assert "expires_at" not in answer.json()
    path = f"files/{answer.json()['id']}"
    service.world.advance(5)
    file = service.sweden("GET", path).json()
    assert (file["status"], file["expires_at"]) == ("processed", file["created_at"] + 14 * DAY)
    service.world.advance(14 * DAY - 6)
    assert service.sweden("GET", path).status_code == 200
    service.world.advance(1)
    assert service.sweden("GET", path).json()["error"]["code"] == "notFound"
    assert service.sweden("GET", f"{path}/content").status_code == 404


def test_a_deleted_file_does_not_expire_later(service: Service) -> None:
    form = {"purpose": "batch", "expires_after[anchor]": "created_at", "expires_after[seconds]": str(30 * DAY)}
    file = service.sweden("POST", "files", data=form, files={"file": ("a", b"x")}).json()["id"]
    assert service.world.next_due() is not None
    service.sweden("DELETE", f"files/{file}")
    assert service.world.next_due() is None


@pytest.mark.parametrize(
    ("anchor", "seconds"),
    [
        ("created_at", str(14 * DAY - 1)),
        ("created_at", str(30 * DAY + 1)),
        ("created_at", "soon"),
        ("now", str(14 * DAY)),
        (None, str(14 * DAY)),
        ("created_at", None),
    ],
)
def test_a_wrong_expiry_is_refused(service: Service, anchor: str | None, seconds: str | None) -> None:
    fields = {"expires_after[anchor]": anchor, "expires_after[seconds]": seconds}
    form = {"purpose": "batch"} | {name: value for name, value in fields.items() if value}
    answer = service.sweden("POST", "files", data=form, files={"file": ("a", b"x")})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "expires_after"


def test_an_import_is_pending_without_a_size_and_then_holds_the_content(service: Service, dated: Plane) -> None:
    registered = control(service, "POST", "blobs", {"url": URL, "text": rows(10).decode()})
    assert (registered.status_code, registered.json()["bytes"]) == (201, len(rows(10)))
    body = {"purpose": "fine-tune", "filename": "mine.jsonl", "content_url": URL}
    answer = dated("POST", "files/import", json=body)
    assert answer.status_code == 201
    file = answer.json()
    assert set(file) == {"status", "purpose", "filename", "id", "created_at", "object"}
    assert file["status"] == "pending"
    assert f"/openai/files/{file['id']}?" in answer.headers["location"]
    service.world.advance(5)
    done = dated("GET", f"files/{file['id']}").json()
    assert done == file | {"status": "processed", "bytes": len(rows(10))}
    assert dated("GET", f"files/{file['id']}/content").content == rows(10)
    assert service.trained(training_file=file["id"])["status"] == "succeeded"


def test_bytes_of_an_address_are_kept_as_they_are(service: Service, dated: Plane) -> None:
    content = bytes(range(256)) * 5000
    control(service, "POST", "blobs", {"url": URL, "content": base64.b64encode(content).decode()})
    expiry = {"anchor": "created_at", "seconds": 20 * DAY}
    body = {"purpose": "batch", "filename": "a.bin", "content_url": URL, "expires_after": expiry}
    file = dated("POST", "files/import", json=body).json()["id"]
    service.world.advance(5)
    assert dated("GET", f"files/{file}/content").content == content
    assert dated("GET", f"files/{file}").json()["expires_at"] == 1767603600 + 20 * DAY


def test_nothing_is_fetched_from_an_address_nobody_registered(service: Service, dated: Plane) -> None:
    body = {"purpose": "fine-tune", "filename": "mine.jsonl", "content_url": "https://sweden.openai.azure.com/"}
    file = dated("POST", "files/import", json=body).json()["id"]
    service.world.advance(5)
    failed = dated("GET", f"files/{file}").json()
    assert failed["status"] == "error"
    assert "fileImportFailed" in failed["status_details"]
    answer = service.sweden("POST", "fine_tuning/jobs", json={"model": "gpt-4.1", "training_file": file})
    assert answer.status_code == 400


def test_imports_that_say_too_little(service: Service, dated: Plane) -> None:
    full = {"purpose": "fine-tune", "filename": "a.jsonl", "content_url": URL}
    for change in ({"purpose": "x"}, {"filename": ""}, {"content_url": None}, {"content_url": "file:///etc/passwd"}):
        assert dated("POST", "files/import", json=full | change).status_code == 400
    assert service.sweden("POST", "files/import", json=full).status_code == 501
    for body in ({"url": URL}, {"url": URL, "content": "%"}, {"url": URL, "text": "a", "more": "b"}):
        assert control(service, "POST", "blobs", body).status_code == 400


def test_the_files_of_an_account_have_a_limit_in_bytes(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    used = sum(file["bytes"] for file in service.sweden("GET", "files?purpose=fine-tune").json()["data"])
    monkeypatch.setattr("ftops.emulator.fileplaces.MAX_TOTAL_BYTES", used + 1000)
    for size, status in ((600, 201), (401, 400), (400, 201), (1, 400)):
        part = {"file": ("a.jsonl", b"x" * size)}
        answer = service.sweden("POST", "files", data={"purpose": "fine-tune"}, files=part)
        assert answer.status_code == status
    assert answer.json()["error"]["code"] == "quotaExceeded"
    part = {"file": ("a.jsonl", b"x" * 5000)}
    assert service.sweden("POST", "files", data={"purpose": "batch"}, files=part).status_code == 201


def test_imports_and_uploads_count_as_well(service: Service, dated: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = begin(dated, 3)
    ids = [part(dated, upload, b"abc")["id"]]
    number = len(service.sweden("GET", "files?purpose=fine-tune").json()["data"])
    monkeypatch.setattr("ftops.emulator.fileplaces.MAX_USER_FILES", number)
    body = {"purpose": "fine-tune", "filename": "a.jsonl", "content_url": URL}
    for answer in (dated("POST", "files/import", json=body), complete(dated, upload, ids)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "quotaExceeded")
    monkeypatch.setattr("ftops.emulator.fileplaces.MAX_USER_FILES", number + 1)
    assert complete(dated, upload, ids).json()["status"] == "completed"


@pytest.mark.parametrize("key", ["id", "azure_block_id"])
def test_an_upload_is_put_together_in_the_order_of_its_ids(service: Service, dated: Plane, key: str) -> None:
    content = rows(10)
    upload = begin(dated, len(content))
    assert upload["status"] == "pending"
    assert upload["expires_at"] == upload["created_at"] + 7200
    later = part(dated, upload, content[100:])
    first = part(dated, upload, content[:100])
    assert set(first) == {"upload_id", "azure_block_id", "id", "created_at", "object"}
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    answer = complete(dated, upload, [first[key], later[key]], md5=digest)
    assert answer.status_code == 200
    done = answer.json()
    assert (done["status"], done["bytes"]) == ("completed", len(content))
    file = done["file"]
    assert (file["filename"], file["bytes"], file["object"]) == ("big.jsonl", len(content), "file")
    service.world.advance(5)
    assert service.sweden("GET", f"files/{file['id']}").json()["status"] == "processed"
    assert service.sweden("GET", f"files/{file['id']}/content").content == content
    assert complete(dated, upload, [first[key]]).json()["error"]["code"] == "unexpectedEntityState"


def test_an_upload_whose_parts_do_not_add_up(dated: Plane) -> None:
    upload = begin(dated, 10)
    one, two = part(dated, upload, b"abcdef"), part(dated, upload, b"ghij")
    too_much = dated("POST", f"uploads/{upload['id']}/parts", files={"data": ("part", b"k")})
    assert too_much.status_code == 400
    for ids in ([one["id"]], [one["id"], one["id"]], [one["id"], "uplprt-0"], [], "x"):
        assert complete(dated, upload, ids).json()["error"]["target"] == "part_ids"
    both = [one["id"], two["id"]]
    assert complete(dated, upload, both, md5="0" * 32).json()["error"]["target"] == "md5"
    # A refusal spoils nothing.
    assert complete(dated, upload, both).json()["status"] == "completed"


def test_an_upload_expires_after_two_hours_or_is_cancelled(service: Service, dated: Plane) -> None:
    late, unwanted = begin(dated, 3), begin(dated, 3)
    ids = [part(dated, late, b"abc")["id"]]
    assert dated("POST", f"uploads/{unwanted['id']}/cancel").json() == unwanted | {"status": "cancelled"}
    service.world.advance(7199)
    second = begin(dated, 3)
    other = [part(dated, second, b"abc")["id"]]
    service.world.advance(1)
    for upload in (late, unwanted):
        for path in ("complete", "cancel"):
            answer = dated("POST", f"uploads/{upload['id']}/{path}", json={"part_ids": ids})
            assert answer.json()["error"]["code"] == "unexpectedEntityState"
        refused = dated("POST", f"uploads/{upload['id']}/parts", files={"data": ("part", b"abc")})
        assert refused.status_code == 400
    assert complete(dated, second, other).status_code == 200


def test_only_dated_previews_of_an_account_have_uploads(service: Service) -> None:
    body = {"purpose": "fine-tune", "filename": "a", "bytes": 1, "mime_type": "text/jsonl"}
    keys = {"api-key": "emulator-key-sweden"}
    stable = Plane(service.world, "https://sweden.openai.azure.com/openai", keys, "2024-10-21")
    host = "https://sweden.services.ai.azure.com/api/projects/shop/openai"
    for plane in (service.sweden, stable, Plane(service.world, host, keys, "2025-11-15-preview")):
        answer = plane("POST", "uploads", json=body)
        assert answer.json() == {"error": {"code": "404", "message": "Resource not found"}}


def test_uploads_that_say_too_little(dated: Plane) -> None:
    full = {"purpose": "fine-tune", "filename": "a", "bytes": 1, "mime_type": "text/jsonl"}
    changes = ({"purpose": "x"}, {"filename": ""}, {"bytes": 0}, {"bytes": "1"}, {"bytes": 10**10}, {"mime_type": None})
    for change in changes:
        assert dated("POST", "uploads", json=full | change).status_code == 400
    upload = begin(dated, 1)
    assert dated("POST", f"uploads/{upload['id']}/parts", files={"file": ("part", b"a")}).status_code == 400
    assert dated("POST", "uploads/fine-tune-0/cancel").status_code == 404
