"""What the Python tests share: tokens, connections, and the two ways in which frames are written.

Needs websockets (15 or later) from PyPI; for the protobuf subprotocol also protobuf, and protoc on the PATH.
"""

import base64
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.parse

from websockets.sync.client import connect

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failed(Exception):
    """An expectation that was not met."""


def expect(condition, message):
    if not condition:
        raise Failed(message)


def add_server_options(parser):
    parser.add_argument("--url", required=True, help="ws://HOST:PORT of a running server")
    parser.add_argument(
        "--token-command",
        required=True,
        help="prints a token, for instance: restante token --user {user} --device {device}",
    )
    parser.add_argument("--timeout", type=float, default=10, help="seconds to wait for a frame (default: 10)")


class Server:
    """A running server, and how to get tokens for it."""

    def __init__(self, options):
        url = urllib.parse.urlsplit(options.url)
        self.url = urllib.parse.urlunsplit(url._replace(path=url.path.rstrip("/") or "/v1/connect"))
        self.command = shlex.split(options.token_command)
        self.timeout = options.timeout

    def token(self, user, device):
        # Replaced, not formatted: a command may have braces of its own.
        command = [part.replace("{user}", user).replace("{device}", device) for part in self.command]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60)
        lines = done.stdout.split()
        expect(done.returncode == 0 and lines, f"{command[0]} made no token (exit code {done.returncode})")
        return lines[-1]

    def open(self, subprotocols, token=None):
        """A WebSocket; with the token in the Authorization header if one is given."""
        headers = {"Authorization": f"Bearer {token}"} if token else None
        return connect(
            self.url,
            subprotocols=subprotocols,
            additional_headers=headers,
            open_timeout=self.timeout,
            close_timeout=self.timeout,
            max_size=None,
            proxy=None,
        )


class JSONFormat:
    """Text messages: proto3 JSON as it is."""

    subprotocol = "restante.v1.json"

    def write(self, frame):
        return json.dumps(frame)

    def read(self, message):
        expect(isinstance(message, str), "a binary message in the JSON subprotocol")
        return json.loads(message)


class ProtobufFormat:
    """Binary messages, by Google's own protobuf library; tests see the same dictionaries as with JSON."""

    subprotocol = "restante.v1.proto"

    def __init__(self, protoc="protoc"):
        from google.protobuf import json_format

        with tempfile.TemporaryDirectory() as made:
            schema = ROOT / "Sources" / "RestanteWire"
            subprocess.run([protoc, f"--proto_path={schema}", f"--python_out={made}", "restante.proto"], check=True)
            sys.path.insert(0, made)
            try:
                import restante_pb2
            finally:
                sys.path.remove(made)
        self.json_format = json_format
        self.schema = restante_pb2

    def write(self, frame):
        return self.json_format.ParseDict(frame, self.schema.ClientFrame()).SerializeToString()

    def read(self, message):
        expect(isinstance(message, bytes), "a text message in the protobuf subprotocol")
        return self.json_format.MessageToDict(self.schema.ServerFrame.FromString(message))


def message_id(milliseconds=None):
    """A fresh UUIDv7 (RFC 9562 section 5.7) as base64."""
    time_bytes = (time.time_ns() // 1_000_000 if milliseconds is None else milliseconds).to_bytes(6, "big")
    random = bytearray(os.urandom(10))
    random[0] = 0x70 | random[0] & 0x0F
    random[2] = 0x80 | random[2] & 0x3F
    return base64.b64encode(time_bytes + random).decode()


def difference(expected, actual, where=""):
    """Where two JSON values differ, or None. The string "*" stands for any value, and lets nothing be missing."""
    if expected == "*":
        return None
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            if key not in actual:
                return f"{where}.{key} is missing"
            if key not in expected:
                return f"{where}.{key} is {actual[key]!r} and should not be there"
            found = difference(expected[key], actual[key], f"{where}.{key}")
            if found:
                return found
        return None
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{where} has {len(actual)} elements instead of {len(expected)}"
        pairs = enumerate(zip(expected, actual))
        return next(filter(None, (difference(one, other, f"{where}[{i}]") for i, (one, other) in pairs)), None)
    if type(expected) is type(actual) and expected == actual:
        return None
    return f"{where} is {actual!r} instead of {expected!r}"
