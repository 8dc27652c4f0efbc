"""Files, as raw HTTP."""

from __future__ import annotations

import pytest
from emulator_raw import Service, rows


def upload(service, name="train.jsonl", content=b"", purpose="fine-tune"):
    return service.sweden("POST", "files", data={"purpose": purpose}, files={"file": (name, content)})


def test_an_upload_is_pending_and_processed_five_seconds_later(service: Service) -> None:
    answer = upload(service, "mark-support-0123456789ab.jsonl", rows(10))
    assert answer.status_code == 201
    file = answer.json()
    assert file == {
        "status": "pending",
        "bytes": len(rows(10)),
        "purpose": "fine-tune",
        "filename": "mark-support-0123456789ab.jsonl",
        "id": file["id"],
        "created_at": 1767603600,
        "object": "file",
    }
    assert answer.headers["location"] == f"https://sweden.openai.azure.com/openai/files/{file['id']}?api-version=1"
    service.world.advance(4.9)
    assert service.sweden("GET", f"files/{file['id']}").json()["status"] == "pending"
    service.world.advance(0.1)
    assert service.sweden("GET", f"files/{file['id']}").json() == file | {"status": "processed"}


def test_every_answer_carries_the_headers_of_the_service(service: Service) -> None:
    headers = service.sweden("GET", "files").headers
    assert headers["x-ms-region"] == "Sweden Central"
    assert headers["date"] == "Mon, 05 Jan 2026 09:00:00 GMT"
    assert "2024-10-21" in headers["api-supported-versions"].split(",")
    assert {"apim-request-id", "x-request-time", "x-content-type-options"} <= set(headers)


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_content_comes_back_byte_by_byte(service: Service, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    id = service.file(content[:size])
    assert service.sweden("GET", f"files/{id}").json()["bytes"] == size
    assert service.sweden("GET", f"files/{id}/content").content == content[:size]


def test_a_batch_file_is_processed_at_once(service: Service) -> None:
    assert upload(service, content=b"{}", purpose="batch").json()["status"] == "processed"


def test_the_list_is_newest_first_and_pages_when_asked(service: Service) -> None:
    mine = [service.file(name=f"{number}.jsonl") for number in range(3)]
    whole = service.sweden("GET", "files?purpose=fine-tune").json()
    ids = [file["id"] for file in whole["data"]]
    assert ids[:3] == mine[::-1]
    assert set(whole) == {"object", "data"}
    first = service.sweden("GET", "files?purpose=fine-tune&limit=2").json()
    assert [file["id"] for file in first["data"]] == ids[:2]
    assert first["has_more"] is True
    rest = service.sweden("GET", f"files?purpose=fine-tune&limit=2&after={ids[1]}").json()
    assert [file["id"] for file in rest["data"]] == ids[2:]
    assert rest["has_more"] is False
    oldest = service.sweden("GET", "files?purpose=fine-tune&order=asc").json()
    assert [file["id"] for file in oldest["data"]] == ids[::-1]


def test_a_deleted_file_is_gone_with_its_content(service: Service) -> None:
    id = service.file()
    assert service.sweden("DELETE", f"files/{id}").json() == {"object": "file", "deleted": True, "id": id}
    for method, path in (("GET", f"files/{id}"), ("GET", f"files/{id}/content"), ("DELETE", f"files/{id}")):
        answer = service.sweden(method, path)
        assert answer.status_code == 404
        assert answer.json() == {"error": {"code": "notFound", "message": "The specified entity cannot be found."}}


def test_accounts_do_not_see_each_others_files(service: Service) -> None:
    assert service.eastus2("GET", f"files/{service.file()}").status_code == 404


def test_malformed_uploads_are_refused(service: Service) -> None:
    assert upload(service, purpose="poetry").json()["error"]["code"] == "invalidPayload"
    assert service.sweden("POST", "files", data={"purpose": "fine-tune"}).status_code == 400
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert service.sweden("POST", "files", headers=broken, content=b"--y").status_code == 400
    assert service.sweden("GET", "files?limit=0").status_code == 400
    assert service.sweden("GET", "files?after=file-unknown").status_code == 400


def test_an_account_holds_a_hundred_fine_tuning_files(service: Service) -> None:
    for _ in range(99):
        assert upload(service, content=b"{}").status_code == 201
    refused = upload(service, content=b"{}")
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "quotaExceeded"
    assert upload(service, content=b"{}", purpose="batch").status_code == 201
