#!/usr/bin/env python3
"""RFC 6455 with a client that nobody of this project wrote, Python's websockets, against `restante-echo`.

    Tests/python/echo_test.py --url ws://127.0.0.1:9001 --pid PID

Ends the echo (SIGTERM) to see its goodbye. Prints "N passed, N failed"; exits 1 on a failure.
"""

import argparse
import os
import signal
import socket
import sys
import traceback
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

MIB = 1024 * 1024


def expect(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, not {wanted!r}")


def open_socket(url, **options):
    return connect(url, max_size=None, ping_interval=None, **options)


def compression_is_declined(url, _):
    with open_socket(url, compression="deflate") as socket:
        expect(socket.request.headers["Sec-WebSocket-Extensions"].split(";")[0], "permessage-deflate")
        expect(socket.response.headers.get("Sec-WebSocket-Extensions"), None)
        socket.send("a" * 10_000)
        expect(socket.recv(), "a" * 10_000)


def messages_of_all_sizes(url, _):
    with open_socket(url) as socket:
        for size in [0, 1, 125, 126, 65535, 65536, MIB, 16 * MIB]:
            socket.send("µ" * (size // 2))
            expect(socket.recv() == "µ" * (size // 2), True)
            data = os.urandom(size)
            socket.send(data)
            expect(socket.recv() == data, True)


def fragments(url, _):
    with open_socket(url) as socket:
        data = os.urandom(100_000)
        socket.send(data[i : i + 7] for i in range(0, len(data), 7))
        expect(socket.recv() == data, True)
        socket.send(["Grü", "", "ße"])
        expect(socket.recv(), "Grüße")


def pings(url, _):
    with open_socket(url) as socket:
        expect(socket.ping(b"\xfe" * 125).wait(10), True)


def subprotocols(url, _):
    for offered, chosen in [
        (None, None),
        (["mqtt"], None),
        (["mqtt", "restante.v1.json", "restante.v1.proto"], "restante.v1.json"),
    ]:
        with open_socket(url, subprotocols=offered) as socket:
            expect(socket.subprotocol, chosen)


def close_codes(url, _):
    for code in [1000, 1001, 1011, 3000, 4999]:
        with open_socket(url) as socket:
            socket.close(code, "bye")
            expect(socket.protocol.close_rcvd.code, code)


def an_octet_a_packet(url, _):
    """The handshake and two frames, through real sockets."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = (
            "GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
        frames = b"\x81\x85\x00\x00\x00\x00hello" + b"\x88\x82\x00\x00\x00\x00\x03\xe8"
        for octet in request + frames:
            raw.sendall(bytes([octet]))
        received = b""
        while part := raw.recv(4096):
            received += part
        expect(received.startswith(b"HTTP/1.1 101 "), True)
        expect(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in received, True)
        expect(received.endswith(b"\x81\x05hello\x88\x02\x03\xe8"), True)


def goodbye(url, pid):
    """The last: it ends the server."""
    with open_socket(url) as socket:
        socket.send("here")
        expect(socket.recv(), "here")
        os.kill(pid, signal.SIGTERM)
        try:
            socket.recv(timeout=10)
            raise AssertionError("a message instead of the end")
        except ConnectionClosed as closed:
            expect((closed.rcvd.code, closed.rcvd_then_sent), (1001, True))


TESTS = [
    compression_is_declined,
    messages_of_all_sizes,
    fragments,
    pings,
    subprotocols,
    close_codes,
    an_octet_a_packet,
    goodbye,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--pid", type=int, required=True)
    options = parser.parse_args()
    passed = failed = 0
    for test in TESTS:
        try:
            test(options.url, options.pid)
            passed += 1
        except Exception:
            failed += 1
            print(f"--- {test.__name__}", file=sys.stderr)
            traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
