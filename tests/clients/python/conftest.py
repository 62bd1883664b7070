import contextlib

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from stage import stage


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(params=["legacy", "2026-07-28"])
def revision(request):
    """With the handshake (2025-11-25) and without it."""
    return request.param


@pytest.fixture(params=["stdio", "http"])
def transport(request):
    return request.param


class Recorder:
    """Records everything that a client receives, as text."""

    def __init__(self):
        self.received = []


class Heard:
    """A transport's incoming half that records its input."""

    def __init__(self, stream, recorder):
        self.stream, self.recorder = stream, recorder

    def __getattr__(self, name):
        return getattr(self.stream, name)

    async def receive(self):
        message = await self.stream.receive()
        self.recorder.received.append(repr(message))
        return message

    def __aiter__(self):
        return self

    async def __anext__(self):
        message = await self.stream.__anext__()
        self.recorder.received.append(repr(message))
        return message

    async def __aenter__(self):
        await self.stream.__aenter__()
        return self

    async def __aexit__(self, *error):
        return await self.stream.__aexit__(*error)


@contextlib.asynccontextmanager
async def recorded(streams, recorder):
    async with streams as (read, write):
        yield Heard(read, recorder), write


@pytest.fixture
def connect(transport, revision):
    """Connects the SDK's client to a new server on a stage."""

    @contextlib.asynccontextmanager
    async def connect(on, recorder=None, **options):
        async with contextlib.AsyncExitStack() as stack:
            if transport == "stdio":
                streams = stdio_client(StdioServerParameters(command=on.command, args=["mcp"], env=on.env))
            else:
                url, token = stack.enter_context(on.http())
                http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30)
                streams = streamable_http_client(url, http_client=await stack.enter_async_context(http))
            if recorder is not None:
                streams = recorded(streams, recorder)
            yield await stack.enter_async_context(Client(streams, mode=revision, **options))

    return connect


@pytest.fixture
def on():
    with stage() as it:
        yield it


@pytest.fixture
def on_with():
    """Creates stages with the test's own settings."""
    with contextlib.ExitStack() as stack:
        yield lambda generation="v4", **settings: stack.enter_context(stage(generation, **settings))
