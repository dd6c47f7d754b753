"""gRPC end to end over HTTP/2: the key as Basic in the metadata, trailers, streams both ways, and the cut."""

import base64
import time
from pathlib import Path

import grpc
import pytest


@pytest.fixture(scope="module")
def gate(serve, gate_before, python):
    app = serve(python, Path(__file__).with_name("grpc_server.py"), "PORT")
    return gate_before(f"h2c://127.0.0.1:{app}")


@pytest.fixture(scope="module")
def channel(gate):
    trust = grpc.ssl_channel_credentials(root_certificates=gate.authority.read_bytes())
    with grpc.secure_channel(gate.url.removeprefix("https://"), trust) as channel:
        yield channel


def metadata(key):
    credential = base64.b64encode(f"__key__:{key}".encode()).decode()
    return (("authorization", f"Basic {credential}"),)


def test_a_call_with_trailers(gate, channel):
    call = channel.unary_unary("/test.Talk/Who")
    answer, told = call.with_call(b"hello", metadata=metadata(gate.key("call")), timeout=30)
    assert answer == b"hello from ada"
    assert ("x-answered-by", "app") in [tuple(pair) for pair in told.trailing_metadata()]


def test_a_status_of_the_app_arrives(gate, channel):
    with pytest.raises(grpc.RpcError) as failure:
        channel.unary_unary("/test.Talk/Fails")(b"", metadata=metadata(gate.key("fails")), timeout=30)
    assert failure.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert failure.value.details() == "not today"


def test_without_a_key_the_status_is_unauthenticated(channel):
    for more in ((), metadata("wrong")):
        with pytest.raises(grpc.RpcError) as failure:
            channel.unary_unary("/test.Talk/Who")(b"", metadata=more, timeout=30)
        assert failure.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_both_ways_at_once(gate, channel):
    sent = [str(number).encode() * 1000 for number in range(200)]
    got = list(channel.stream_stream("/test.Talk/Echo")(iter(sent), metadata=metadata(gate.key("echo")), timeout=60))
    assert got == sent


def test_a_stream_is_cut_with_its_key(gate, channel):
    key = gate.key("ticks")
    stream = channel.unary_stream("/test.Talk/Ticks")(b"", metadata=metadata(key), timeout=60)
    assert [next(stream) for _ in range(3)] == [b"0", b"1", b"2"]
    gate.revoke(key)
    begin = time.monotonic()
    with pytest.raises(grpc.RpcError):
        for _ in stream:
            assert time.monotonic() - begin < 1, "the stream went on"
    assert time.monotonic() - begin < 1
