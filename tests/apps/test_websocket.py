"""A WebSocket through the gate: opened with a key, cut with it."""

import asyncio
import base64
import ssl
import time
from pathlib import Path

import pytest
import websockets


@pytest.fixture(scope="module")
def gate(serve, gate_before, python):
    app = serve(python, Path(__file__).with_name("websocket_server.py"), "PORT")
    return gate_before(f"http://127.0.0.1:{app}")


def dial(gate, key):
    context = ssl.create_default_context(cafile=str(gate.authority))
    credential = base64.b64encode(f"__key__:{key}".encode()).decode()
    address = gate.url.replace("https://", "wss://") + "/talk"
    return websockets.connect(address, ssl=context, additional_headers={"Authorization": f"Basic {credential}"}, max_size=None)


def test_messages_of_all_sizes_come_back(gate):
    async def conversation():
        async with dial(gate, gate.key("conversation")) as socket:
            assert await socket.recv() == "ada"
            for size in (0, 1, 125, 126, 65_535, 65_536, 5_000_000):
                message = bytes(size)
                await socket.send(message)
                assert await socket.recv() == message

    asyncio.run(conversation())


def test_no_key_no_socket(gate):
    async def conversation():
        with pytest.raises(websockets.exceptions.InvalidStatus) as refusal:
            async with dial(gate, "wrong"):
                pass
        assert refusal.value.response.status_code == 401

    asyncio.run(conversation())


def test_the_socket_is_cut_with_its_key(gate):
    async def conversation():
        key = gate.key("cut")
        async with dial(gate, key) as socket:
            await socket.recv()
            await asyncio.to_thread(gate.revoke, key)
            begin = time.monotonic()
            await asyncio.wait_for(socket.wait_closed(), 10)
            assert time.monotonic() - begin < 1

    asyncio.run(conversation())
