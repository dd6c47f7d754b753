"""A gRPC app without generated code: `grpc_server.py PORT`. Messages are plain bytes."""

import sys
import time
from concurrent import futures

import grpc


def who(request, context):
    """Who the gate says is calling, with trailers of the app's own."""
    told = dict(context.invocation_metadata())
    context.set_trailing_metadata((("x-answered-by", "app"),))
    return request + b" from " + told.get("x-forwarded-user", "nobody").encode()


def fails(_request, context):
    """A status other than OK, in trailers only."""
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today")


def ticks(_request, _context):
    """Never ends."""
    number = 0
    while True:
        yield str(number).encode()
        number += 1
        time.sleep(0.05)


def echo(requests, _context):
    """Both ways at once."""
    yield from requests


server = grpc.server(futures.ThreadPoolExecutor(16))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Talk", {
    "Who": grpc.unary_unary_rpc_method_handler(who),
    "Fails": grpc.unary_unary_rpc_method_handler(fails),
    "Ticks": grpc.unary_stream_rpc_method_handler(ticks),
    "Echo": grpc.stream_stream_rpc_method_handler(echo),
}),))
server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
server.start()
server.wait_for_termination()
