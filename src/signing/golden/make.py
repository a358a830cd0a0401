"""Asks pubtools-sign 1.0.6 what it sends, and prints that as cases.json.

Run it with a Python that has pubtools-sign installed: python make.py > cases.json
Ids and times are replaced by counters; nothing is sent.
"""

import base64
import itertools
import json

from pubtools.sign.operations import BlobSignOperation, ClearSignOperation, ContainerSignOperation
from pubtools.sign.signers import msgsigner

CONTEXT = {
    "creator": "signer-1",
    "environment": "prod",
    "service": "pubtools",
    "task_id_attribute": "pub_task_id",
    "key_aliases": {"production": "0123456789ABCDEF", "short": "abc"},
    "chunk_size": None,
}
D = ["sha256:" + c * 64 for c in "abcdef"]


def case(name, kind, operation, **context):
    context = {**CONTEXT, **context}
    signer = msgsigner.MsgBatchSigner() if context["chunk_size"] else msgsigner.MsgSigner()
    for key, value in context.items():
        setattr(signer, key, value)
    signer.messaging_brokers, signer.messaging_cert_key, signer.messaging_ca_cert = [], "", ""
    signer.topic_listen_to, signer.message_id_key = "queue://y", "request_id"
    signer.log_level, signer.topic_send_to, signer.timeout, signer.retries = "error", "topic://x", 60, 3
    signer.send_retries = 1
    ids, times = itertools.count(1), itertools.count(1)
    msgsigner.uuid.uuid4 = lambda: "00000000-0000-4000-8000-%012d" % next(ids)
    msgsigner.isodate_now = lambda: "2026-01-29T12:00:00.%06dZ" % next(times)
    msgsigner.run_in_parallel = lambda f, data: {n: f(*d.args, **d.kwargs) for n, d in enumerate(data)}
    sent = []
    signer._send_and_receive = lambda messages, operation: (sent.extend(messages), ({}, [], 0))[1]
    signer.sign(operation)
    echo = operation.to_dict()
    if kind == "clear":
        arguments = dict(echo, bytes=[base64.b64encode(i.encode("latin-1")).decode() for i in echo["inputs"]])
    else:
        arguments = echo
    return {
        "name": name,
        "kind": kind,
        "arguments": arguments,
        "context": context,
        "echo": json.dumps(echo),
        "requests": [{"body": json.dumps(m.body), "properties": list(m.headers.items())} for m in sent],
    }


def container(pairs, keys, names=(), requester=None):
    return ContainerSignOperation(
        digests=[p[0] for p in pairs],
        references=[p[1] for p in pairs],
        signing_keys=list(keys),
        signing_key_names=list(names),
        task_id="task-1",
        requester=requester,
    )


def clear(inputs, keys, repo=None, requester=None):
    return ClearSignOperation(inputs=inputs, signing_keys=list(keys), task_id="task-1", repo=repo, requester=requester)


def blob(blobs, keys, names=()):
    blobs = [base64.b64encode(b).decode() for b in blobs]
    return BlobSignOperation(
        blobs=blobs, signing_keys=list(keys), signing_key_names=list(names), task_id="task-1", requester=None
    )


PAIRS = [
    (D[0], "registry.example.com/ns/one:1"),
    (D[1], "registry.example.com/ns/two:1"),
    (D[2], "registry.example.com/ns/one:2"),
    (D[3], "other.example.com:5000/ns/one:3"),
    (D[4], "registry.example.com/ns/two"),
]
CASES = [
    case("container without key name", "container", container(PAIRS[:1], ["4096R/55A34A82"])),
    case("container with key name and requester", "container", container(PAIRS[:1], ["37036A73"], ["test"], "me")),
    case("container with an alias", "container", container(PAIRS[:1], ["production", "short"])),
    case("containers with several keys", "container", container(PAIRS[:2], ["production", "K2"], ["one", ""])),
    case("container with an odd reference", "container", container([(D[0], "h/n\u00e4me/\U0001f600 \"q\"\x7f\\:t\u00e4g")], ["schl\u00fcssel\u00e4\u00f6\u00fc"])),
    case("container with an unresolved short key", "container", container(PAIRS[:1], ["\u00e9"])),
    case("another attribute", "container", container(PAIRS[:1], ["K1"], ["n"]), task_id_attribute="task"),
    case("attribute in place of a body key", "container", container(PAIRS[:1], ["K1"], ["n"]), task_id_attribute="repo"),
    case("attribute in place of the key name", "container", container(PAIRS[:1], ["K1"], ["n"]), task_id_attribute="sig_keyname"),
    case("attribute in place of a property", "container", container(PAIRS[:1], ["K1"]), task_id_attribute="service"),
    case("attribute that is overwritten", "container", container(PAIRS[:1], ["K1"]), task_id_attribute="manifest_digest"),
    case("clear without repo", "clear", clear(["hello"], ["production"])),
    case("clear with repo", "clear", clear(["one", "", "Gr\u00fc\u00dfe\r\n\x00\xff"], ["K1", "K2"], "ns/repo", "me")),
    case("blobs", "blob", blob([b"\x00\x01\xff", b""], ["K1", "production"], ["a", "b"])),
    case("blob without key name", "blob", blob([b"x"], ["K1"])),
    case("batch", "container", container(PAIRS, ["production"]), chunk_size=2),
    case("batch in one", "container", container(PAIRS[:1], ["K1"], ["one"]), chunk_size=200, task_id_attribute="task"),
    case("batch with several keys", "container", container(PAIRS[:2], ["production", "K2"], ["one", "two"], "me"), chunk_size=1),
]
print("[" + ",\n".join(map(json.dumps, CASES)) + "]")
