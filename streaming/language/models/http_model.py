"""A language model behind an OpenAI-compatible endpoint: vLLM, Ollama, llama.cpp, a cloud.

Each call ends: connecting, each read and the whole have a time-out. Failed calls are tried again
with growing pauses. After `_TRIPS` failures in a row no call is made for a while, so that a dead
server costs the work one time-out and not one for each text.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson
import urllib3

from streaming.errors import one_line
from streaming.language.models.model import Answer, Prompt

_CONNECT_SECONDS = 5.0
_FIRST_PAUSE_SECONDS = 0.5
_MOST_BYTES = 4 * 1024 * 1024
_CHUNK = 16 * 1024
_TRIPS = 3
_REST_SECONDS = 30.0
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


class _FailedCallError(Exception):
    """One call failed; `again` says whether another one may succeed."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.again = again


@dataclass
class _Breaker:
    """Stops calls to a server that failed several times in a row."""

    failures: int = 0
    rests_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_open(self) -> bool:
        with self.lock:
            return time.monotonic() < self.rests_until

    def record(self, *, failed: bool) -> None:
        with self.lock:
            self.failures = self.failures + 1 if failed else 0
            if self.failures >= _TRIPS:
                self.rests_until = time.monotonic() + _REST_SECONDS


class HttpModel:
    """Calls `URL/chat/completions`."""

    def __init__(
        self,
        url: str,
        name: str,
        *,
        api_key: str | None,
        timeout: float,
        retries: int,
        parallel: int,
    ) -> None:
        """Prepare calls; none is made yet.

        Args:
            url: such as http://127.0.0.1:8000/v1.
            name: the model's name at the endpoint.
            api_key: sent as bearer token.
            timeout: seconds for one call.
            retries: further calls after one that failed.
            parallel: calls at the same time.
        """
        self._url, self._name = f"{url.rstrip('/')}/chat/completions", name
        self._headers = {"Content-Type": "application/json"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._timeout, self._retries, self._parallel = timeout, retries, parallel
        self._pool = urllib3.PoolManager(maxsize=parallel, retries=False)
        self._breaker = _Breaker()

    @property
    def name(self) -> str:
        """The model's name at the endpoint."""
        return self._name

    def complete(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """Return one answer for each prompt, in order."""
        if not prompts:
            return []
        with ThreadPoolExecutor(max_workers=min(self._parallel, len(prompts))) as threads:
            return list(threads.map(self._answer, prompts))

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _answer(self, prompt: Prompt) -> Answer:
        message = ""
        for attempt in range(self._retries + 1):
            if self._breaker.is_open():
                break
            try:
                text = self._call(prompt)
            except _FailedCallError as error:
                message = str(error)
                self._breaker.record(failed=True)
                if not error.again or attempt == self._retries:
                    break
                time.sleep(_FIRST_PAUSE_SECONDS * 2**attempt)
            else:
                self._breaker.record(failed=False)
                return Answer(text)
        reason = message or "it failed several times in a row and rests"
        return Answer(None, f"language model {self._name} did not answer: {reason}")

    def _call(self, prompt: Prompt) -> str:
        messages = [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ]
        body = {"model": self._name, "messages": messages, "max_tokens": prompt.max_tokens}
        try:
            status, content = self._post(orjson.dumps({**body, "temperature": 0}))
        except urllib3.exceptions.HTTPError as error:
            raise _FailedCallError(one_line(error), again=True) from error
        if status != 200:  # noqa: PLR2004 - HTTP's OK
            raise _FailedCallError(f"HTTP status {status}", again=status in _AGAIN)
        return _text_of(content)

    def _post(self, body: bytes) -> tuple[int, bytes]:
        ends = time.monotonic() + self._timeout
        timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, self._timeout), read=self._timeout)
        response = self._pool.request(
            "POST",
            self._url,
            body=body,
            headers=self._headers,
            timeout=timeout,
            preload_content=False,
            redirect=False,
        )
        content = bytearray()
        try:
            # read1 returns what has come, so that a server that drips is noticed.
            while chunk := response.read1(_CHUNK):
                content += chunk
                self._check(len(content), ends)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return response.status, bytes(content)

    def _check(self, length: int, ends: float) -> None:
        if length > _MOST_BYTES:
            raise _FailedCallError(f"more than {_MOST_BYTES:,} bytes", again=False)
        if time.monotonic() > ends:
            raise _FailedCallError(f"no end after {self._timeout:g} s", again=True)


def _text_of(content: bytes) -> str:
    """Return the text of a response.

    Raises:
        _FailedCallError: it is no completion.
    """
    try:
        value: Any = orjson.loads(content)
        text = value["choices"][0]["message"]["content"]
    except (orjson.JSONDecodeError, LookupError, TypeError) as error:
        raise _FailedCallError("the response is no chat completion", again=False) from error
    if not isinstance(text, str) or not text.strip():
        raise _FailedCallError("the answer is empty", again=False)
    return text
