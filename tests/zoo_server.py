"""A zoo on 127.0.0.1 that can misbehave, and archives for it, good ones and hostile ones."""

from __future__ import annotations

import contextlib
import gzip
import io
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Site:
    """What the server does; tests change it between requests.

    Attributes:
        files: Path → bytes.
        ranges: Whether it obeys Range.
        etag: Of every file; "" for none.
        cut_after: For each coming answer, after how many bytes of it the connection is cut; then it is whole.
        status: Answered instead of a file, for each coming request; then files.
        content_type: Of every file.
        announce_length: Whether answers say how long they are.
        hold: When set, an answer stops halfway until it is set to the event's end.
        requests: Path and Range header of each request so far.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    etag: str = '"one"'
    cut_after: list[int] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    content_type: str = "application/x-tar"
    announce_length: bool = True
    hold: threading.Event | None = None
    requests: list[tuple[str, str]] = field(default_factory=list)
    base: str = ""


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        asked = self.headers.get("Range", "")
        site.requests.append((self.path, asked))
        data = site.files.get(self.path)
        if site.status or data is None:
            self.send_error(site.status.pop(0) if site.status else 404)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and site.ranges else 0
        if start and self.headers.get("If-Range", site.etag) != site.etag:
            start = 0
        if start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", site.content_type)
        if site.etag:
            self.send_header("ETag", site.etag)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if site.announce_length:
            self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self._send(data[start:])

    def _send(self, body: bytes) -> None:
        if self.site.cut_after:
            body = body[: self.site.cut_after.pop(0)]
        if self.site.hold is not None:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.site.hold.wait(30)
            body = body[len(body) // 2 :]
        with contextlib.suppress(ConnectionError):  # the client has gone, as some tests want
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(files: Mapping[str, bytes] | None = None) -> Iterator[Site]:
    """Serve on a free port of 127.0.0.1 within the block."""
    site = Site(dict(files or {}))
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    site.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        if site.hold is not None:
            site.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


def member(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[Any, bytes]:
    """Return an entry for `archive`."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content) if kind == tarfile.REGTYPE else 0
    return info, content


def archive(*members: tuple[Any, bytes], zipped: bool = True) -> bytes:
    """Return a tar archive of the entries, as they are; the same entries give the same bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return gzip.compress(stream.getvalue(), mtime=0) if zipped else stream.getvalue()


def archive_of(files: Mapping[str, bytes], top: str = "model_2018_01_28") -> bytes:
    """Return an archive as the zoo's are: all files in one folder."""
    folder = tarfile.TarInfo(top)
    folder.type = tarfile.DIRTYPE
    return archive((folder, b""), *(member(f"{top}/{name}", content) for name, content in files.items()))


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
