"""A WebSocket app: `websocket_server.py PORT`. Says who it was told is calling, then sends everything back."""

import asyncio
import sys

import websockets


async def talk(connection):
    """One conversation."""
    await connection.send(connection.request.headers.get("X-Forwarded-User", "nobody"))
    async for message in connection:
        await connection.send(message)


async def main():
    """Serves for ever."""
    async with websockets.serve(talk, "127.0.0.1", int(sys.argv[1]), max_size=None):
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
