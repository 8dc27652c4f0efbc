"""Files, jobs, checkpoints and copies of one account.

Reads are raw JSON over the shared client. Writes are the openai SDK with its retries off, and their answers are read
by the same tolerant code: the SDK's models misread Azure's statuses and absent fields.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import IO, TYPE_CHECKING, Any

from ftops.errors import ServiceError
from ftops.service.transport import answer, endless, listed, lost

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from ftops.service.address import Address
    from ftops.service.tokens import Tokens
    from ftops.service.transport import Transport

Json = Mapping[str, Any]

COPY_HEADER = {"aoai-copy-ft-checkpoints": "preview"}
_FILE_PAGE, _JOB_PAGE = 10_000, 100


class DataPlane:
    """`/openai/v1` of one account."""

    def __init__(self, address: Address, transport: Transport, tokens: Tokens) -> None:
        self._address = address
        self._transport = transport
        self._tokens = tokens
        self._client: AsyncOpenAI | None = None

    def files(self) -> AsyncIterator[Json]:
        """Fine-tuning files, newest first."""
        return self._pages("/files", {"purpose": "fine-tune", "limit": str(_FILE_PAGE)})

    def jobs(self, limit: int = _JOB_PAGE) -> AsyncIterator[Json]:
        """Fine-tuning jobs, newest first."""
        return self._pages("/fine_tuning/jobs", {"limit": str(limit)})

    def checkpoints(self, job: str) -> AsyncIterator[Json]:
        return self._pages(f"/fine_tuning/jobs/{job}/checkpoints", {"limit": str(_JOB_PAGE)})

    def events(self, job: str) -> AsyncIterator[Json]:
        """Events of a job, newest first."""
        return self._pages(f"/fine_tuning/jobs/{job}/events", {"limit": str(_JOB_PAGE)})

    async def file(self, file: str) -> Json:
        return await self._object(f"/files/{file}")

    async def job(self, job: str) -> Json:
        return await self._object(f"/fine_tuning/jobs/{job}")

    async def copies(self, checkpoint: str) -> Json:
        """Where a checkpoint (`<job>/checkpoints/<id>`) was copied to, and how far each copy is."""
        return await self._read(f"/fine_tuning/jobs/{checkpoint}/copy", COPY_HEADER)

    async def upload(self, filename: str, content: IO[bytes]) -> Json:
        """Send a file for fine-tuning, streamed from disk."""
        file = (filename, content, "application/octet-stream")
        return await self._write("upload", lambda c: c.files.with_raw_response.create(file=file, purpose="fine-tune"))

    async def delete_file(self, file: str) -> Json:
        return await self._write("delete file", lambda c: c.files.with_raw_response.delete(file))

    async def create_job(self, body: dict[str, Any]) -> Json:
        """Start a run: the one call that costs money. Sent once, whatever happens."""
        known = ("model", "training_file", "validation_file", "suffix", "seed", "method", "integrations", "metadata")
        arguments: Any = {name: body[name] for name in known if name in body}
        extra = {name: value for name, value in body.items() if name not in known}
        return await self._write(
            "create job",
            lambda c: c.fine_tuning.jobs.with_raw_response.create(**arguments, extra_body=extra),
        )

    async def cancel(self, job: str) -> Json:
        return await self._write("cancel job", lambda c: c.fine_tuning.jobs.with_raw_response.cancel(job))

    async def pause(self, job: str) -> Json:
        return await self._write("pause job", lambda c: c.fine_tuning.jobs.with_raw_response.pause(job))

    async def resume(self, job: str) -> Json:
        return await self._write("resume job", lambda c: c.fine_tuning.jobs.with_raw_response.resume(job))

    async def copy(self, checkpoint: str, destination: str, region: str) -> Json:
        """Ask for a copy of `<job>/checkpoints/<id>` to the account with this ARM id."""
        import httpx2

        body = {"destinationResourceId": destination, "region": region}
        return await self._write(
            "copy checkpoint",
            lambda c: c.post(
                f"/fine_tuning/jobs/{checkpoint}/copy",
                cast_to=httpx2.Response,
                body=body,
                options={"headers": COPY_HEADER},
            ),
        )

    async def _pages(self, path: str, params: dict[str, str]) -> AsyncIterator[Json]:
        """Every item of a list, page by page. A page that cannot be a page is an error, never an empty list."""
        after, seen = "", {""}
        while True:
            page = await self._read(path, params={**params, "after": after} if after else params)
            for item in (items := listed(page, "data", "id", path)):
                yield item
            if not page.get("has_more"):
                return
            after = str(items[-1].get("id") or "") if items else ""
            if after in seen:
                raise endless(path)
            seen.add(after)

    async def _object(self, path: str) -> Json:
        """One file or job. An answer without an id is none."""
        found = await self._read(path)
        if not found.get("id"):
            raise ServiceError(200, "Unreadable", f"GET {path}: the answer has no id")
        return found

    async def _read(
        self, path: str, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
    ) -> Json:
        async def all_headers() -> Mapping[str, str]:
            return {**await self._credential(), **(headers or {})}

        found = await self._transport.read(self._address.data_url + path, all_headers, params)
        if not isinstance(found, dict):
            raise ServiceError(200, "Unreadable", f"GET {path}: the answer is no object")
        return found

    async def _credential(self) -> Mapping[str, str]:
        secret = await self._tokens.data(self._address)
        is_key = self._address.key_variable and not self._tokens.is_for_emulator(self._address)
        return {"api-key": secret} if is_key else {"Authorization": f"Bearer {secret}"}

    async def _write(self, what: str, call: Callable[[AsyncOpenAI], Awaitable[Any]]) -> Json:
        from openai import APIConnectionError, APIStatusError

        try:
            sent = await call(self._openai())
        except APIStatusError as error:
            return answer(error.response.status_code, error.response.content, error.response.headers)
        except APIConnectionError as error:
            cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
            raise lost(what, cause) from error
        response = getattr(sent, "http_response", sent)
        return answer(response.status_code, response.content, response.headers)

    def _openai(self) -> AsyncOpenAI:
        """The SDK's client, on the shared connections. It repeats nothing: a repeated create is paid twice."""
        if self._client is None:
            from openai import AsyncOpenAI

            self._client = AsyncOpenAI(
                api_key=lambda: self._tokens.data(self._address),
                base_url=self._address.data_url + "/",
                max_retries=0,
                http_client=self._transport.client,
            )
        return self._client
