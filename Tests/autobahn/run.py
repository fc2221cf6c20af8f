"""Runs cases of the Autobahn WebSocket test suite against a server that echoes, one after the other.

    run.py URL [CASE ...]      a case is a number or a pattern: 1.1.1, 9.*; without any, all are run

Ends with 1 unless each case passes strictly: its behaviour and its close OK, or informational.
"""

import sys
import tempfile
import time

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol, connectWS
from autobahn.websocket import utf8validator
from twisted.internet import reactor

import suite


def to_bytes(text):
    return text.encode("latin-1") if isinstance(text, str) else text


def validate(self, text, original=utf8validator.Utf8Validator.validate):
    return original(self, to_bytes(text))


# The cases ask it, too.
utf8validator.Utf8Validator.validate = validate


class Peer(WebSocketClientProtocol):
    """The client that the cases drive: Autobahn's own, with strings for bytes."""

    def connectionMade(self):
        self.connectionWasOpen = False
        self.createWirelog = True
        self.txFrameStats = {}
        super().connectionMade()
        self.logFrames = True
        self.case = self.factory.make_case(self)

    def connectionLost(self, reason):
        super().connectionLost(reason)
        self.case.onConnectionLost(self.failedByMe)
        self.factory.ended(self.case, self.remoteCloseCode)

    def onOpen(self):
        self.connectionWasOpen = True
        self.case.onOpen()

    def onMessage(self, payload, is_binary):
        self.case.onMessage(payload.decode("latin-1"), is_binary)

    def onPong(self, payload):
        self.case.onPong(payload.decode("latin-1"))

    def onClose(self, was_clean, code, reason):
        self.case.onClose(was_clean, code, reason)

    # What cases call.

    def sendFrame(self, opcode, payload=b"", **arguments):
        super().sendFrame(opcode, to_bytes(payload), **arguments)

    def sendMessage(self, payload, isBinary=False, fragmentSize=None, binary=None, **arguments):
        super().sendMessage(to_bytes(payload), isBinary if binary is None else binary, fragmentSize, **arguments)

    def sendMessageFrameData(self, payload, sync=False):
        super().sendMessageFrameData(to_bytes(payload), sync)

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        super().sendCloseFrame(code, to_bytes(reasonUtf8), isReply)

    def sendClose(self, code=None, reason=None):
        if self.state == self.STATE_OPEN:
            super().sendClose(code, reason)

    def continueLater(self, delay, step, tag=None):
        self.later(delay, step)

    def killAfter(self, delay):
        self.later(delay, self._fail_connection)

    def closeAfter(self, delay):
        self.later(delay, self.sendClose)

    def later(self, delay, step):
        reactor.callLater(delay, lambda: step() if self.state != self.STATE_CLOSED else None)

    # Its logs.

    def enableWirelog(self, enable):
        pass

    def logTxFrame(self, header, *_):
        self.txFrameStats[header.opcode] = self.txFrameStats.get(header.opcode, 0) + 1

    def logRxFrame(self, *_):
        pass


class Run:
    """All cases, one after the other."""

    def __init__(self, url, cases, patterns):
        self.url = url
        self.cases = cases
        self.names = iter(cases.parseSpecCases({"cases": patterns or ["*"]}))
        self.count = 0
        self.failed = []

    def next(self):
        name = next(self.names, None)
        if name is None:
            reactor.stop()
            return
        self.count += 1
        factory = WebSocketClientFactory(self.url)
        factory.protocol = Peer
        factory.make_case = self.cases.CasesById[name]
        began = time.monotonic()
        factory.ended = lambda case, code: self.ended(name, case, code, time.monotonic() - began)
        factory.clientConnectionFailed = lambda _, reason: self.unreachable(name, reason)
        factory.setProtocolOptions(failByDrop=False, closeHandshakeTimeout=5, serverConnectionDropTimeout=5)
        connectWS(factory)

    def ended(self, name, case, code, seconds):
        passed = {case.OK, case.INFORMATIONAL} >= {case.behavior, case.behaviorClose}
        print(f"{name:8} {case.behavior:14} {case.behaviorClose:14} {code} {seconds:.2f} s", flush=True)
        if not passed:
            print(f"         {case.result} {case.resultClose} Received: {str(case.received)[:200]}", flush=True)
            self.failed.append(name)
        reactor.callLater(0, self.next)

    def unreachable(self, name, reason):
        print(f"{name}: {reason.getErrorMessage()}")
        self.failed.append(name)
        reactor.stop()


def main():
    with tempfile.TemporaryDirectory() as directory:
        run = Run(sys.argv[1], suite.load(directory), sys.argv[2:])
        reactor.callWhenRunning(run.next)
        reactor.run()
    print(f"{run.count} cases, {len(run.failed)} not passed strictly: {' '.join(run.failed) or 'none'}")
    return 1 if run.failed or not run.count else 0


sys.exit(main())
