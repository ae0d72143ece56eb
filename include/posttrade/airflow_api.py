"""The REST interface of the instance's own Airflow, as far as the command line needs it."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any
from urllib.parse import quote, urlsplit

from posttrade.errors import ConfigurationError, Unavailable

REQUEST_TIMEOUT_S = 30
ATTEMPTS_MAX = 5
ATTEMPT_PAUSE_S = 1.0


class NotFound(ConfigurationError):
    """Airflow knows no such thing."""


class AirflowApi:
    """Speaks as one user; asks for a new token when the old one has run out.

    Args:
        url: address of the Airflow page.
        user: name for ``/auth/token``.
        password: the user's; never logged.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = urlsplit(url)
        self._credentials = {"username": user, "password": password}
        self._token = ""

    def get(self, *path: str) -> dict[str, Any]:
        """Read something below ``/api/v2``; path segments are quoted here.

        Raises:
            NotFound: it does not exist.
            ConfigurationError: Airflow refuses.
            Unavailable: it does not answer.
        """
        return self._ask("GET", path)

    def post(self, *path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make something; raises as `get` does. Not repeated when the connection breaks."""
        return self._ask("POST", path, body)

    def _ask(
        self, method: str, path: tuple[str, ...], body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        target = "/api/v2/" + "/".join(quote(segment, safe="") for segment in path)
        status, answer = self._request(method, target, body)
        if status == http.HTTPStatus.UNAUTHORIZED:
            self._log_in()
            status, answer = self._request(method, target, body)
        if status == http.HTTPStatus.NOT_FOUND:
            raise NotFound(f"Airflow has no {target}: {answer.get('detail')}")
        if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"Airflow answers {target} with {status}: {answer.get('detail')}")
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise ConfigurationError(f"Airflow refuses {target} ({status}): {answer.get('detail')}")
        return answer

    def _log_in(self) -> None:
        status, answer = self._request("POST", "/auth/token", self._credentials)
        if status != http.HTTPStatus.CREATED:
            raise ConfigurationError(
                f"Airflow does not let {self._credentials['username']!r} in ({status}): its "
                "password file and secrets.json do not fit; `./posttrade up` repairs that"
            )
        self._token = str(answer["access_token"])

    def _request(
        self, method: str, target: str, body: dict[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return self._request_once(method, target, body)
            except (OSError, http.client.HTTPException) as error:
                # a run that may have been triggered is not triggered again
                if attempt == ATTEMPTS_MAX or method != "GET":
                    raise Unavailable(
                        f"Airflow at {self._url.geturl()} does not answer ({error}): see "
                        "`./posttrade status`"
                    ) from error
                time.sleep(ATTEMPT_PAUSE_S)
        raise AssertionError("unreachable")

    def _request_once(
        self, method: str, target: str, body: dict[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection(
            self._url.hostname or "127.0.0.1", self._url.port, timeout=REQUEST_TIMEOUT_S
        )
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, self._url.path.rstrip("/") + target, payload, headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        try:
            answer = json.loads(text) if text else {}
        except ValueError:
            answer = {"detail": text[:500]}
        return response.status, answer if isinstance(answer, dict) else {"detail": answer}
