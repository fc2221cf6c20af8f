#!/usr/bin/env python3
"""A client that nobody of this project wrote, Python's websockets, against a running server; in both subprotocols.

    Tests/python/client_test.py --url ws://127.0.0.1:8080 \
        --token-command 'restante token --user {user} --device {device}'

Users have fresh names, so the database need not be empty. Prints "N passed, N failed"; exits 1 on a failure.
"""

import argparse
import base64
import json
import os
import sys
import traceback

from websockets.exceptions import ConnectionClosed, InvalidStatus

from restante_testing import Failed, JSONFormat, ProtobufFormat, Server, add_server_options, expect, message_id


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_server_options(parser)
    parser.add_argument("--protoc", default="protoc")
    options = parser.parse_args()
    passed = failed = 0
    for format in [JSONFormat(), ProtobufFormat(options.protoc)]:
        for test in TESTS:
            try:
                with Room(Server(options), format) as room:
                    test(room)
                passed += 1
            except Exception:
                failed += 1
                print(f"--- {test.__name__}, {format.subprotocol}", file=sys.stderr)
                traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


class Room:
    """The people of one test, with names that nobody had before."""

    def __init__(self, server, format):
        self.server = server
        self.format = format
        self.suffix = os.urandom(6).hex()
        self.devices = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for device in self.devices:
            device.socket.close()

    def name(self, name):
        return f"{name}-{self.suffix}"

    def connect(self, user, device="phone"):
        token = self.server.token(self.name(user), device)
        connected = Device(self, self.server.open([self.format.subprotocol], token))
        self.devices.append(connected)
        welcome = connected.receive("welcome")
        expect((welcome["user"], welcome["device"]) == (self.name(user), device), f"welcome is {welcome}")
        connected.welcome = welcome
        return connected

    def register(self, user, device="phone"):
        """Makes a device that mail is held for, and goes."""
        connected = self.connect(user, device)
        connected.receive("drained")
        connected.close()


class Device:
    """A connection of a device; frames are dictionaries as in proto3 JSON."""

    def __init__(self, room, socket):
        self.room = room
        self.socket = socket

    def write(self, **frame):
        self.socket.send(self.room.format.write(frame))

    def receive(self, kind):
        """The next frame, which must be of this kind."""
        frame = self.room.format.read(self.socket.recv(timeout=self.room.server.timeout))
        if kind not in frame:
            raise Failed(f"expected {kind}, received {frame}")
        return frame[kind]

    def send(self, id=None, **fields):
        """Sends and waits for the answer, which must be `accepted`."""
        id = id or message_id()
        self.write(send={"messageId": id, **fields})
        accepted = self.receive("accepted")
        expect(accepted["messageId"] == id, f"another message was accepted: {accepted}")
        return id, accepted

    def acknowledge(self, tag):
        self.write(ack={"through": tag})
        expect(self.receive("acked") == {"through": tag}, "another tag was acked")

    def expect_nothing(self):
        """What had been owed would have come before the pong."""
        self.write(ping={})
        self.receive("pong")

    def expect_close(self, code):
        try:
            message = self.socket.recv(timeout=self.room.server.timeout)
        except ConnectionClosed as closed:
            actual = closed.rcvd.code if closed.rcvd else None
            expect(actual == code, f"closed with {actual} instead of {code}")
        else:
            raise Failed(f"not closed, but received: {message!r}")

    def close(self):
        self.socket.close()


def data(text):
    return base64.b64encode(text.encode()).decode()


def mail_waits_for_who_is_away(room):
    room.register("bob")
    alice = room.connect("alice")
    alice.receive("drained")
    texts = ["one", "two", "drei 👩‍👧"]
    sent = [alice.send(user=room.name("bob"), payload=data(text))[0] for text in texts]

    bob = room.connect("bob")
    expect(bob.welcome["pending"]["messages"] == "3", f"pending is {bob.welcome['pending']}")
    for tag, (id, text) in enumerate(zip(sent, texts), start=1):
        message = bob.receive("deliver")
        sender = {"device": {"user": room.name("alice"), "device": "phone"}}
        expect(message["tag"] == str(tag) and message["messageId"] == id, f"out of order: {message}")
        expect(message["payload"] == data(text) and message["from"] == sender, f"not what was sent: {message}")
        expect(message["conversation"] == {"user": room.name("bob")}, f"in another conversation: {message}")
    bob.acknowledge("3")
    bob.receive("drained")
    bob.close()

    bob = room.connect("bob")
    expect(bob.welcome.get("pending", {}) == {}, f"pending is {bob.welcome['pending']}")
    bob.receive("drained")
    bob.expect_nothing()


def what_was_not_acknowledged_comes_again(room):
    room.register("bob")
    alice = room.connect("alice")
    alice.receive("drained")
    first, _ = alice.send(user=room.name("bob"), payload=data("first"))
    second, _ = alice.send(user=room.name("bob"), payload=data("second"))
    bob = room.connect("bob")
    expect(bob.receive("deliver")["messageId"] == first, "not the first")
    expect(bob.receive("deliver")["messageId"] == second, "not the second")
    bob.acknowledge("1")
    bob.close()
    bob = room.connect("bob")
    again = bob.receive("deliver")
    expect((again["messageId"], again["tag"]) == (second, "1"), f"not the second with a new tag: {again}")
    bob.acknowledge("1")
    bob.receive("drained")


def sending_twice_is_harmless(room):
    room.register("bob")
    alice = room.connect("alice")
    alice.receive("drained")
    id, first = alice.send(user=room.name("bob"), payload=data("once"))
    alice.close()
    alice = room.connect("alice")
    alice.receive("drained")
    _, second = alice.send(id, user=room.name("bob"), payload=data("once"))
    expect(second.get("duplicate") is True and "duplicate" not in first, f"answers: {first}, {second}")
    expect(second["acceptedAt"] == first["acceptedAt"], "the second answer is not the first")
    alice.write(send={"messageId": id, "user": room.name("bob"), "payload": data("other")})
    expect(alice.receive("rejected")["name"] == "id_conflict", "another payload under the same id was not refused")
    bob = room.connect("bob")
    bob.receive("deliver")
    bob.acknowledge("1")
    bob.receive("drained")
    bob.expect_nothing()


def members_of_a_group_get_its_messages(room):
    room.register("bob")
    alice = room.connect("alice")
    alice.receive("drained")
    group = f"Größe \"'; 👩‍👧 {room.suffix}"
    alice.write(requestId="7", createGroup={"group": group, "members": [room.name("bob")]})
    version = alice.receive("reply")["groupVersion"]["version"]
    sent, _ = alice.send(group=group, groupVersion=version, payload=data("hi all"), receipt=True)

    bob = room.connect("bob")
    change = bob.receive("deliver")
    told = json.loads(base64.b64decode(change["payload"]))
    expect(change["kind"] == "KIND_MEMBERSHIP" and told["change"] == "created", f"not the creation: {change}")
    expect(set(told["users"]) == {room.name("alice"), room.name("bob")}, f"not the members: {told}")
    message = bob.receive("deliver")
    expect(message["messageId"] == sent and message["conversation"] == {"group": group}, f"not it: {message}")
    live, _ = alice.send(group=group, payload=data("live"))
    expect(bob.receive("deliver")["messageId"] == live, "the live message did not come")
    bob.acknowledge("3")
    bob.receive("drained")
    receipt = alice.receive("receipt")
    expect((receipt["reader"], receipt["messageIds"]) == (room.name("bob"), [sent]), f"receipt is {receipt}")
    alice.acknowledge(receipt["tag"])

    alice.write(send={"messageId": message_id(), "group": group, "groupVersion": "99", "payload": ""})
    rejected = alice.receive("rejected")
    expect((rejected["code"], rejected["stale"]["version"]) == (33, version), f"not stale: {rejected}")
    bob.write(requestId="8", deleteGroup={"group": group})
    expect(bob.receive("failure")["name"] == "not_allowed", "a member that is no admin deleted the group")


def limits_are_told_and_kept(room):
    room.register("bob")
    alice = room.connect("alice")
    alice.receive("drained")
    most = alice.welcome["limits"]["messageBytes"]
    for count in [0, most - 1, most]:
        alice.send(user=room.name("bob"), payload=base64.b64encode(bytes(count)).decode())
    too_much = base64.b64encode(bytes(most + 1)).decode()
    alice.write(send={"messageId": message_id(), "user": room.name("bob"), "payload": too_much})
    expect(alice.receive("rejected")["name"] == "too_large", "one byte too many was taken")
    alice.write(send={"messageId": message_id(), "user": room.name("nobody"), "payload": data("x")})
    expect(alice.receive("rejected")["name"] == "no_devices", "a message for nobody was taken")
    bob = room.connect("bob")
    sizes = [len(base64.b64decode(bob.receive("deliver").get("payload", ""))) for _ in range(3)]
    expect(sizes == [0, most - 1, most], f"sizes are {sizes}")


def bad_frames_close_with_their_code(room):
    alice = room.connect("alice")
    alice.receive("drained")
    text = room.format.subprotocol == JSONFormat.subprotocol
    alice.socket.send(b"{}" if text else "{}")
    alice.expect_close(1003)
    alice = room.connect("alice")
    alice.receive("drained")
    alice.socket.send('{"send":' if text else b"\xff")
    alice.expect_close(1007)
    alice = room.connect("alice")
    alice.receive("drained")
    alice.write(ack={"through": "1"})
    alice.expect_close(4400)


def the_newer_connection_displaces_the_older(room):
    older = room.connect("alice")
    older.receive("drained")
    newer = room.connect("alice")
    expect(older.receive("closing")["reason"] == "displaced", "not told that it was displaced")
    older.expect_close(4409)
    newer.receive("drained")
    newer.expect_nothing()


def bad_tokens_are_refused_before_the_upgrade(room):
    good = room.server.token(room.name("alice"), "phone")
    head, payload, signature = good.split(".")
    forged = f"{head}.{payload}.{signature[:-8]}AAAAAAAA"
    for token in [None, "nonsense", forged, f"{head}.{payload}."]:
        try:
            room.server.open([room.format.subprotocol], token).close()
        except InvalidStatus as refused:
            expect(refused.response.status_code == 401, f"status {refused.response.status_code}")
        else:
            raise Failed("connected with a bad token")


def browsers_send_the_token_as_a_subprotocol(room):
    token = room.server.token(room.name("alice"), "phone")
    alice = Device(room, room.server.open([room.format.subprotocol, f"bearer.{token}"]))
    room.devices.append(alice)
    expect(alice.socket.subprotocol == room.format.subprotocol, f"the server chose {alice.socket.subprotocol!r}")
    alice.receive("welcome")
    refused = Device(room, room.server.open([room.format.subprotocol, "bearer.nonsense"]))
    room.devices.append(refused)
    refused.expect_close(4401)


TESTS = [
    mail_waits_for_who_is_away,
    what_was_not_acknowledged_comes_again,
    sending_twice_is_harmless,
    members_of_a_group_get_its_messages,
    limits_are_told_and_kept,
    bad_frames_close_with_their_code,
    the_newer_connection_displaces_the_older,
    bad_tokens_are_refused_before_the_upgrade,
    browsers_send_the_token_as_a_subprotocol,
]

if __name__ == "__main__":
    sys.exit(main())
