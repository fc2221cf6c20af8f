#!/usr/bin/env python3
"""Plays the example session of docs/PROTOCOL.md against a running server with an empty database.

    Tests/python/protocol_example.py --url ws://127.0.0.1:8080 \
        --token-command 'restante token --user {user} --device {device}'

Each line of the block marked ```restante-session is a step; the first that fails ends the play. Message ids of the page
are replaced by fresh ones, since the server refuses old ones. Prints "N passed, N failed"; exits 1 on a failure.
"""

import argparse
import json
import re
import sys

from websockets.exceptions import ConnectionClosed

from restante_testing import ROOT, Failed, JSONFormat, Server, add_server_options, difference, expect, message_id


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_server_options(parser)
    parser.add_argument("--document", default=str(ROOT / "docs" / "PROTOCOL.md"))
    options = parser.parse_args()
    with open(options.document, encoding="utf-8") as document:
        steps = with_fresh_ids(read_session(document.read()))
    player = Player(Server(options))
    passed = 0
    try:
        for number, line in steps:
            player.play(line)
            passed += 1
    except Exception as error:  # whatever went wrong, in one line
        print(f"{options.document}:{number}: {line}\n  {type(error).__name__}: {error}", file=sys.stderr)
    finally:
        player.end()
    failed = 0 if passed == len(steps) else 1
    print(f"{passed} passed, {failed} failed" + (f", {len(steps) - passed - failed} not reached" if failed else ""))
    return 1 if failed or not steps else 0


def read_session(text):
    """The steps of the block, each with its line number."""
    lines = list(enumerate(text.splitlines(), start=1))
    starts = [index for index, (_, line) in enumerate(lines) if line.strip() == "```restante-session"]
    if len(starts) != 1:
        raise SystemExit(f"one block marked restante-session was expected, {len(starts)} found")
    steps = []
    for number, line in lines[starts[0] + 1 :]:
        if line.strip() == "```":
            return steps
        if line.strip() and not line.startswith("#"):
            steps.append((number, line))
    raise SystemExit("the block marked restante-session does not end")


def with_fresh_ids(steps):
    """The same steps with a fresh id for each that a client sends."""
    fresh = {}
    for _, line in steps:
        if line.startswith("C "):
            for written in re.findall(r'"messageId":\s*"([^"*]+)"', line):
                fresh.setdefault(written, message_id())
    renewed = []
    for number, line in steps:
        for written, new in fresh.items():
            line = line.replace(f'"{written}"', f'"{new}"')
        renewed.append((number, line))
    return renewed


class Player:
    """Carries out one step after the other."""

    def __init__(self, server):
        self.server = server
        self.format = JSONFormat()
        self.connections = {}
        self.devices = {}

    def play(self, line):
        frame = re.fullmatch(r"([CS]) (\S+)> (.*)", line)
        if frame:
            step = self.send if frame[1] == "C" else self.receive
            return step(self.connections[frame[2]], json.loads(frame[3]))
        words = line.split()
        steps = {("connect", 3): self.connect, ("close", 2): self.close, ("closed", 3): self.closed}
        step = steps.get((words[0], len(words)))
        if step is None:
            raise Failed("this is no step")
        step(*words[1:])

    def connect(self, name, address):
        user, device = address.split("/")
        token = self.server.token(user, device)
        connection = self.server.open([self.format.subprotocol], token)
        self.connections[name] = connection
        self.devices[connection] = (user, device)
        chosen = connection.subprotocol
        expect(chosen == self.format.subprotocol, f"the server chose {chosen!r}")

    def send(self, connection, frame):
        if "refresh" in frame:  # the page cannot show a token that is still good
            frame["refresh"]["token"] = self.server.token(*self.devices[connection])
        connection.send(self.format.write(frame))

    def receive(self, connection, expected):
        actual = self.format.read(connection.recv(timeout=self.server.timeout))
        found = difference(expected, actual)
        expect(found is None, f"{found}\n  received: {json.dumps(actual, ensure_ascii=False)}")

    def close(self, name):
        """Nothing may have come that the page does not show."""
        connection = self.connections.pop(name)
        connection.send(self.format.write({"ping": {}}))
        self.receive(connection, {"pong": {}})
        connection.close()

    def closed(self, name, code):
        connection = self.connections.pop(name)
        try:
            message = connection.recv(timeout=self.server.timeout)
        except ConnectionClosed as closed:
            actual = closed.rcvd.code if closed.rcvd else None
            expect(actual == int(code), f"closed with {actual}")
        else:
            raise Failed(f"not closed, but received: {message!r}")

    def end(self):
        for connection in self.connections.values():
            connection.close()


if __name__ == "__main__":
    sys.exit(main())
