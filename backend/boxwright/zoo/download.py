"""Downloading one file: a partial download is resumed, and the file gets its name only when it is complete."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from boxwright.failpoints import reach
from boxwright.files import atomic_write_text, sha256_of, sync_folder
from boxwright.progress import Progress, Reporter, silent
from boxwright.zoo.errors import ZooError

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT = 15.0  # in seconds
READ_TIMEOUT = 60.0  # in seconds without a byte
SLOWEST = 1000  # bytes a second; a transfer below it for SLOW_SECONDS is given up
SLOW_SECONDS = 60.0
FRUITLESS_TRIES = 3  # in a row without a new byte, before the download fails
PAUSES = (1.0, 3.0)  # in seconds, before the next try: after a try that received bytes, and after one that did not
BLOCK = 1 << 18  # bytes
MEGABYTE = 1_000_000
PARTIAL_SUFFIX = ".part"
VALIDATOR_SUFFIX = ".part.version"
GZIP_MAGIC = b"\x1f\x8b"

_ELSEWHERE = "A browser or another machine may be able to download it: then give the file with --from PATH."
_CUT = "the connection ended before the file did"
_TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_SATISFIED = 416  # "range not satisfiable": nothing is left to send, or the server's file is shorter now


class _LostError(Exception):
    """The connection failed, and another try may succeed."""


class _Pace:
    """Notices a transfer that receives less than SLOWEST bytes a second for SLOW_SECONDS."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self._received = 0

    def is_too_slow(self, received: int) -> bool:
        """Add `received` bytes; return whether the last SLOW_SECONDS brought too few."""
        self._received += received
        seconds = self._clock() - self._since
        if seconds < SLOW_SECONDS:
            return False
        too_few = self._received < SLOWEST * seconds
        self._since, self._received = self._clock(), 0
        return too_few


@dataclass(frozen=True)
class Download:
    """A file to download, and its path.

    Attributes:
        address: The http or https address.
        target: The path of the file; while it is incomplete its name ends in ".part".
        size: Its size in bytes; None when it is not known.
        sha256: Its SHA-256 in hexadecimal; None when it is not known.
        begins: Its first bytes, without which the answer is refused at once; b"" when they are not known.
    """

    address: str
    target: Path
    size: int | None = None
    sha256: str | None = None
    begins: bytes = GZIP_MAGIC

    @property
    def partial(self) -> Path:
        """The path of the partial file."""
        return self.target.with_name(self.target.name + PARTIAL_SUFFIX)

    @property
    def validator(self) -> Path:
        """The path of the file with the version that the server sent: its ETag or date."""
        return self.target.with_name(self.target.name + VALIDATOR_SUFFIX)

    def discard(self) -> None:
        """Delete the file and the partial file."""
        for path in (self.target, self.partial, self.validator):
            path.unlink(missing_ok=True)


def fetch(
    download: Download,
    *,
    reporter: Reporter = silent,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Download a file, resuming a partial download; do nothing when the file is there and complete.

    Proxies are taken from the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY). After a failed connection it tries
    again, as long as tries receive new bytes, and FRUITLESS_TRIES times when they do not. A transfer that is too slow
    (SLOWEST, SLOW_SECONDS) fails at once, so that the caller can take another source.

    Args:
        download: The file to download.
        reporter: Receives the progress in megabytes.
        pause: Waits for a number of seconds between two tries.
        clock: Returns the time in seconds.

    Returns:
        The path of the file.

    Raises:
        ZooError: No network, a transfer that is too slow, no such file, the wrong content, or a disk that is too full.
        OSError: The folder cannot be written.
    """
    if download.target.exists() and _is_right(download):
        return download.target
    download.target.parent.mkdir(parents=True, exist_ok=True)
    fruitless = 0
    while True:
        before = _size(download.partial)
        try:
            _request(download, reporter, clock)
            break
        except _LostError as error:
            fruitless = fruitless + 1 if _size(download.partial) <= before else 0
            if fruitless >= FRUITLESS_TRIES:
                raise ZooError(_gave_up(download, str(error))) from error
            have = _size(download.partial)
            reporter(Progress(_stage(download), _megabytes(have), message=f"{error}; trying again"))
            pause(PAUSES[min(fruitless, 1)])
    _check(download, download.partial)
    reach("download-checked")
    download.partial.replace(download.target)
    sync_folder(download.target.parent)
    download.validator.unlink(missing_ok=True)
    return download.target


def _is_right(download: Download) -> bool:
    try:
        _check(download, download.target)
    except ZooError:
        return False  # _check deleted it, and it is downloaded again
    return True


def _check(download: Download, file: Path) -> None:
    """Compare the file's size and hash with the known ones; delete the file if they differ."""
    size = _size(file)
    if download.size is not None and size != download.size:
        download.discard()
        raise ZooError(
            f"{download.address}: got {size:,} bytes, but the known file has {download.size:,}. It was deleted. "
            f"Try again later. {_ELSEWHERE}"
        )
    if download.sha256 is not None and (found := sha256_of(file)) != download.sha256:
        download.discard()
        raise ZooError(
            f"{download.address}: the bytes are not those of the known file (SHA-256 {found}, known is "
            f"{download.sha256}). They were deleted. Try again later. {_ELSEWHERE}"
        )


def _request(download: Download, reporter: Reporter, clock: Callable[[], float]) -> None:
    """Request the missing bytes once and append them; return when the server has no more to send."""
    import requests  # noqa: PLC0415 (takes 0.1 s and 15 MB, needed for downloads only)
    from urllib3.exceptions import HTTPError, ReadTimeoutError  # noqa: PLC0415

    try:
        with (
            requests.Session() as session,
            session.get(
                download.address,
                headers=_headers(download),
                stream=True,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            ) as response,
        ):
            start = _start_of(response, download)
            if start is None:
                return
            total = start + int(length) if (length := response.headers.get("Content-Length", "")).isdigit() else None
            _refuse_other_size(download, total)
            _refuse_full_disk(download, start, total)
            _receive(download, _arriving(response), start, total, reporter, _Pace(clock))
    except (requests.exceptions.ReadTimeout, ReadTimeoutError) as error:
        raise ZooError(_stalled(download, _reason(error))) from error
    except requests.exceptions.ProxyError as error:
        raise _LostError(f"the proxy does not answer ({_reason(error)})") from error
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
        raise ZooError(
            f"{download.address}: this is not an address to download from. Give an address that begins with http://."
        ) from None
    except requests.exceptions.SSLError as error:
        raise ZooError(
            f"{download.address}: the server's certificate cannot be trusted ({_reason(error)}). Check the computer's "
            f"clock, and whether a proxy is in between. {_ELSEWHERE}"
        ) from error
    except (requests.exceptions.RequestException, HTTPError) as error:
        raise _LostError(_reason(error)) from error


def _headers(download: Download) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity", "User-Agent": "boxwright"}
    if have := _size(download.partial):
        headers["Range"] = f"bytes={have}-"
        if download.validator.exists():
            headers["If-Range"] = download.validator.read_text(encoding="utf-8")
    return headers


def _start_of(response: requests.Response, download: Download) -> int | None:
    """Return the first byte that the server sends, and truncate the partial file there; None when it is complete."""
    status, have = response.status_code, _size(download.partial)
    sent = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", "").strip())
    if status == _SATISFIED and have:
        if sent and sent[2] == str(have):
            return None
        download.discard()  # it is longer than the server's file, so it is of another version
        raise _LostError("the server has another version of the file than the part that is here")
    if status == 206 and sent and sent[1] == str(have):
        return have
    if status == 206:
        download.discard()
        raise _LostError("the server sent another part of the file than was asked for")
    if status != 200:
        _refuse_status(response, download)
    if "html" in response.headers.get("Content-Type", "").lower():
        raise ZooError(_not_an_archive(download, "a web page"))
    download.partial.unlink(missing_ok=True)
    _remember_version(download, response.headers)
    return 0


def _remember_version(download: Download, headers: Mapping[str, str]) -> None:
    """Write the version of the file to disk, so that a later try does not append bytes of another version."""
    tag = headers.get("ETag", "")
    version = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
    if version:
        atomic_write_text(download.validator, version)
    else:
        download.validator.unlink(missing_ok=True)


def _arriving(response: requests.Response) -> Iterator[bytes]:
    """Yield bytes as they arrive, BLOCK at most; a slow server would fill a whole block only after minutes."""
    while block := response.raw.read1(BLOCK, decode_content=False):
        yield block


def _receive(
    download: Download, blocks: Iterator[bytes], start: int, total: int | None, reporter: Reporter, pace: _Pace
) -> None:
    name = _stage(download)
    done = start
    with download.partial.open("ab") as stream:
        for block in blocks:
            if done == 0 and not block.startswith(download.begins[: len(block)]):
                download.discard()
                raise ZooError(_not_an_archive(download, _describe(block)))
            if download.size is not None and done + len(block) > download.size:
                download.discard()
                raise ZooError(
                    f"{download.address}: the server sends more than the {download.size:,} bytes of the known file. "
                    f"Nothing was kept. {_ELSEWHERE}"
                )
            done += _write(stream, block)
            reporter(Progress(name, _megabytes(done), None if total is None else _megabytes(total)))
            reach("download-block")
            if pace.is_too_slow(len(block)):
                raise ZooError(_stalled(download, f"under {SLOWEST / 1000:g} kB/s for {SLOW_SECONDS:g} s"))
    if total is not None and done < total:
        raise _LostError(_CUT)


def _write(stream: IO[bytes], block: bytes) -> int:
    stream.write(block)
    stream.flush()  # so that the received bytes stay on the disk however this process ends
    return len(block)


def _refuse_status(response: requests.Response, download: Download) -> None:
    status = f"{response.status_code} {response.reason}".strip()
    if response.status_code in _TRY_AGAIN:
        raise _LostError(f"the server answers {status}")
    raise ZooError(f"{download.address}: the server answers {status} and does not send the file. {_ELSEWHERE}")


def _refuse_other_size(download: Download, total: int | None) -> None:
    if download.size is not None and total is not None and total != download.size:
        download.discard()
        raise ZooError(
            f"{download.address}: the server offers {total:,} bytes, but the known file has {download.size:,}. "
            f"Nothing was kept. {_ELSEWHERE}"
        )


def _refuse_full_disk(download: Download, start: int, total: int | None) -> None:
    free = shutil.disk_usage(download.target.parent).free
    if total is not None and total - start > free:
        raise ZooError(
            f"{download.target.parent}: {(total - start) / MEGABYTE:,.0f} MB are missing, but the disk has only "
            f"{free / MEGABYTE:,.0f} MB left. Free some space, then run the same command again."
        )


def _stage(download: Download) -> str:
    return f"downloading {download.target.name} (MB)"


def _kept(download: Download) -> str:
    have = _size(download.partial)
    return f" The {have / MEGABYTE:,.1f} MB received so far are kept: the same command resumes there." if have else ""


def _stalled(download: Download, reason: str) -> str:
    return f"{download.address}: the transfer has stalled: {reason}.{_kept(download)} {_ELSEWHERE}"


def _gave_up(download: Download, reason: str) -> str:
    return (
        f"{download.address} cannot be reached: {reason}. Check the network, and the proxy if you need one "
        f"(HTTP_PROXY, HTTPS_PROXY).{_kept(download)} {_ELSEWHERE}"
    )


def _not_an_archive(download: Download, what: str) -> str:
    return (
        f"{download.address}: the server does not send a .tar.gz archive but {what}. Check whether a proxy or the "
        f"login page of the network answers instead. {_ELSEWHERE}"
    )


def _describe(block: bytes) -> str:
    head = " ".join(block[:200].decode("latin-1").split())
    return f"begins with {head[:60]!a}"


def _reason(error: Exception) -> str:
    """Return the message of the innermost error, which has the system's words."""
    inner: BaseException = error
    while (cause := getattr(inner, "reason", None) or inner.__cause__ or inner.__context__) is not None:
        if not isinstance(cause, BaseException):
            break
        inner = cause
    if type(inner).__name__ == "IncompleteRead":
        return _CUT
    text = getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
    return re.sub(r"^<[^>]*>: ", "", str(text)).rstrip(".")


def _megabytes(size: int) -> int:
    return -(-size // MEGABYTE)  # rounded up, so that the last value equals the total


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
