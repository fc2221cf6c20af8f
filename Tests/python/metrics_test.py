#!/usr/bin/env python3
"""Reads a server's metrics with Prometheus' own parser: what it takes, Prometheus takes.

Usage: metrics_test.py --url http://HOST:PORT --page docs/METRICS.md
"""

import argparse
import re
import sys
import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

parser = argparse.ArgumentParser()
parser.add_argument("--url", required=True)
parser.add_argument("--page", required=True)
options = parser.parse_args()

passed, failed = 0, 0


def check(what, good):
    global passed, failed
    print(("ok    " if good else "FAILED ") + what)
    passed, failed = passed + bool(good), failed + (not good)


def get(path):
    with urllib.request.urlopen(options.url + path, timeout=10) as response:
        return response.status, response.headers["content-type"], response.read().decode()


status, kind, text = get("/metrics")
check("200 with the content type of the format", status == 200 and kind == "text/plain; version=0.0.4; charset=utf-8")
families = list(text_string_to_metric_families(text))
types = {family.name + ("_total" if family.type == "counter" else ""): family.type for family in families}

documented = {}
for line in open(options.page, encoding="utf-8"):
    row = re.match(r"\| `([a-z_]+)` \| (counter|gauge|histogram) \|", line)
    if row:
        documented[row[1]] = row[2]
check("what is documented is there, with its type: %s" % (documented.items() ^ types.items()), documented == types)
check("every family has its help", all(family.documentation for family in families))

for family in families:
    names = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
    check(family.name + ": no series twice", len(names) == len(set(names)))
    if family.type == "histogram":
        rows = {}
        for sample in family.samples:
            labels = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
            rows.setdefault(labels, {}).setdefault(sample.name[len(family.name):], []).append(sample)
        for labels, parts in rows.items():
            counts = [s.value for s in parts["_bucket"]]
            bounds = [float(s.labels["le"]) for s in parts["_bucket"]]
            check(
                "%s%s: buckets ascend, to all" % (family.name, labels),
                counts == sorted(counts) and bounds == sorted(bounds) and bounds[-1] == float("inf")
                and counts[-1] == parts["_count"][0].value and "_sum" in parts)

values = {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}
check("mail was counted", values[("restante_sends_total", (("outcome", "accepted"),))] >= 1)
check("commits were counted", values[("restante_store_commit_seconds_count", ())] >= 1)
check("an honest process", values[("process_resident_memory_bytes", ())] > 1 << 20
      and values[("process_cpu_seconds_total", ())] > 0 and values[("process_open_fds", ())] > 3)

check("healthz", get("/healthz")[::2] == (200, "ok\n"))
check("readyz", get("/readyz")[::2] == (200, "ok\n"))
for path in ["/v1/overview", "/v1/users/bob/devices", "/v1/clock", "/"]:
    try:
        get(path)
        check(path + " is not on this port", False)
    except urllib.error.HTTPError as error:
        check(path + " is not on this port", error.code == 404)
for method, path in [("POST", "/v1/backup"), ("DELETE", "/v1/users/bob"), ("POST", "/metrics")]:
    try:
        urllib.request.urlopen(urllib.request.Request(options.url + path, method=method), timeout=10)
        check("%s %s does nothing" % (method, path), False)
    except urllib.error.HTTPError as error:
        check("%s %s does nothing" % (method, path), error.code in (404, 405))

print("%d passed, %d failed" % (passed, failed))
sys.exit(failed != 0)
