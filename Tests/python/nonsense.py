#!/usr/bin/env python3
"""Sends a server frames and requests that are none, each with a secret in it, and prints all that it answers."""

import argparse
import asyncio
import base64
import json

import websockets

parser = argparse.ArgumentParser()
parser.add_argument("--url", required=True)
parser.add_argument("--token", required=True)
parser.add_argument("--secret", required=True)
options = parser.parse_args()

SECRET = options.secret
ENCODED = base64.b64encode(SECRET.encode()).decode()
FRAMES = [
    SECRET,
    "{" + json.dumps(SECRET) + ": 1}",
    json.dumps({"send": {"messageId": "AAAA", "user": "bob", "payload": ENCODED}}),
    json.dumps({"send": {"user": SECRET * 20, "payload": ENCODED}}),
    json.dumps({"requestId": "1", SECRET: {}}),
    json.dumps({"ack": {"through": SECRET}}),
    json.dumps({"ack": {"through": "999"}}),
    SECRET.encode(),
    SECRET * 50_000,
]


async def say(frame):
    async with websockets.connect(
        options.url + "/v1/connect",
        subprotocols=["restante.v1.json"],
        additional_headers={"authorization": "Bearer " + options.token},
    ) as socket:
        await socket.recv()
        try:
            await socket.send(frame)
            while True:
                # The user's name is not the secret here, and the welcome was taken.
                print(await asyncio.wait_for(socket.recv(), 1))
        except (websockets.ConnectionClosed, asyncio.TimeoutError) as end:
            print(type(end).__name__, getattr(socket, "close_code", None), getattr(socket, "close_reason", None))


async def main():
    for frame in FRAMES:
        await say(frame)


asyncio.run(main())
