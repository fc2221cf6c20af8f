"""TLS as a client sees it that nobody of this project wrote: Python's ssl, websockets and http.client.

A session stays open while the certificate is replaced and the server is told to reload; a key set that loses a key ends
the sessions of that key. Prints a line a test and a last one "N passed, M failed".
"""

import argparse
import hashlib
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.parse

from websockets.sync.client import connect

from restante_testing import Failed, expect

SECONDS = 10


class Server:
    def __init__(self, options):
        self.url = urllib.parse.urlsplit(options.url)
        self.folder = options.folder
        self.pid = options.pid
        self.restante = options.restante
        self.trust = ssl.create_default_context(cafile=self.file("ca.pem"))

    def file(self, name):
        return os.path.join(self.folder, name)

    def token(self, user):
        done = subprocess.run(
            [self.restante, "token", "--user", user, "--device", "phone", "--key-file", self.file("keys.json")],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def open(self, token, trust=None, origin=None):
        return connect(
            f"wss://localhost:{self.url.port}/v1/connect",
            ssl=trust or self.trust,
            subprotocols=["restante.v1.json"],
            additional_headers={"Authorization": f"Bearer {token}"},
            origin=origin,
            open_timeout=SECONDS,
            close_timeout=SECONDS,
            proxy=None,
        )

    def presented(self):
        """The digest of the certificate that a new handshake sees."""
        connection = http.client.HTTPSConnection("localhost", self.url.port, context=self.trust, timeout=SECONDS)
        connection.request("GET", "/healthz")
        expect(connection.getresponse().read() == b"ok\n", "no /healthz over TLS")
        seen = hashlib.sha256(connection.sock.getpeercert(True)).hexdigest()
        connection.close()
        return seen

    def post(self, trust):
        connection = http.client.HTTPSConnection("localhost", self.url.port, context=trust, timeout=SECONDS)
        connection.request("POST", "/v1/messages", b"{}", {"Content-Type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        return status

    def replace(self, name, by):
        """As certbot and other tools do: a rename, so that no reader sees half a file."""
        shutil.copy(self.file(by), self.file(name + ".new"))
        os.replace(self.file(name + ".new"), self.file(name))

    def hang_up(self):
        os.kill(self.pid, signal.SIGHUP)


def until(what, condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        expect(time.monotonic() < deadline, what)
        time.sleep(0.05)


def lives(session):
    session.send('{"ping":{}}')
    while True:
        frame = json.loads(session.recv(SECONDS))
        if "pong" in frame:
            return
        expect("closing" not in frame, f"the session was closed: {frame}")


def digest(server, name):
    with open(server.file(name)) as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()


def test_strangers_are_not_trusted(server):
    try:
        server.open(server.token("alice"), trust=ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        return
    raise Failed("a certificate of an unknown authority was taken")


def test_reload_with_a_session_open(server):
    with server.open(server.token("alice")) as session:
        lives(session)
        expect(server.presented() == digest(server, "old.pem"), "the first certificate is another")
        server.replace("server.key", "new.key")
        server.replace("server.pem", "new.pem")
        expect(server.presented() == digest(server, "old.pem"), "changed without being asked")
        server.hang_up()
        until("the new certificate was not taken", lambda: server.presented() == digest(server, "new.pem"))
        lives(session)


def test_reload_that_fails(server):
    with server.open(server.token("alice")) as session:
        server.replace("server.pem", "old.pem")
        done = subprocess.run(
            [server.restante, "reload", "--database", server.file("mail.db")], capture_output=True, text=True
        )
        expect(done.returncode == 78, f"exit code {done.returncode}")
        expect("does not belong to the first certificate" in done.stderr, done.stderr)
        expect("reloaded  keys" in done.stdout, done.stdout)
        expect(server.presented() == digest(server, "new.pem"), "half of a pair was taken")
        lives(session)
        server.replace("server.pem", "new.pem")
        done = subprocess.run([server.restante, "reload", "--database", server.file("mail.db")])
        expect(done.returncode == 0, f"exit code {done.returncode}")


def test_key_that_goes(server):
    with server.open(server.token("alice")) as session:
        lives(session)
        server.replace("keys.json", "other-keys.json")
        server.hang_up()
        frame = json.loads(session.recv(SECONDS))
        while "closing" not in frame:
            frame = json.loads(session.recv(SECONDS))
        expect(frame["closing"]["reason"] == "token_expired", f"{frame}")
    with server.open(server.token("alice")) as session:
        lives(session)


def test_origins(server):
    token = server.token("alice")
    with server.open(token, origin="https://app.example.org") as session:
        lives(session)
    try:
        server.open(token, origin="https://evil.example")
    except Exception as error:
        expect("403" in str(error), f"{error}")
        return
    raise Failed("a strange origin was let in")


def test_certificate_of_a_service(server):
    trust = ssl.create_default_context(cafile=server.file("ca.pem"))
    expect(server.post(trust) == 401, "no token and no certificate")
    trust.load_cert_chain(server.file("billing.pem"), server.file("billing.key"))
    # Past the token: what is refused is the empty body.
    expect(server.post(trust) == 400, "the certificate does not count as a token")


def test_plain_clients(server):
    connection = http.client.HTTPConnection("localhost", server.url.port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (http.client.HTTPException, ConnectionError):
        return
    raise Failed("plain HTTP was answered on the port of TLS")


TESTS = [
    test_strangers_are_not_trusted,
    test_reload_with_a_session_open,
    test_reload_that_fails,
    test_key_that_goes,
    test_origins,
    test_certificate_of_a_service,
    test_plain_clients,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--folder", required=True, help="where the server's files are")
    parser.add_argument("--pid", required=True, type=int)
    parser.add_argument("--restante", required=True)
    server = Server(parser.parse_args())
    failed = 0
    for test in TESTS:
        try:
            test(server)
            print(f"passed {test.__name__}")
        except Exception as error:
            failed += 1
            print(f"failed {test.__name__}: {type(error).__name__}: {error}")
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
