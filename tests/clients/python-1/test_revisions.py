"""The MCP revisions of the official Python SDK 1.x, in the version that `MCP_SDK_VERSION` names."""

import contextlib
import importlib.metadata
import json
import logging
import os
import socket
import socketserver
import threading
import time
import urllib.parse
from datetime import timedelta

import anyio
import httpx
import mcp.types as types
import pytest
from mcp import ClientSession, McpError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client

from stage import stage

REVISIONS = {"1.8.1": "2024-11-05", "1.9.4": "2025-03-26", "1.21.2": "2025-06-18", "1.27.2": "2025-11-25"}

VERSION = os.environ["MCP_SDK_VERSION"]


@contextlib.contextmanager
def slow(origin):
    """Runs a proxy to a server that delays every request. Yields its origin."""
    to = urllib.parse.urlsplit(origin)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with socket.create_connection((to.hostname, to.port)) as onward:
                threading.Thread(target=pump, args=(onward, self.request, 0), daemon=True).start()
                pump(self.request, onward, 0.06)

    def pump(source, target, delay):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                time.sleep(delay)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_sdk_has_the_configured_version():
    assert importlib.metadata.version("mcp") == VERSION
    assert types.LATEST_PROTOCOL_VERSION == REVISIONS[VERSION]


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_client_of_this_version_works(transport, caplog):
    caplog.set_level(logging.WARNING)
    # The skill asks an older Infisical folder by folder, so there is some progress.
    with stage("v3") as on, slow(on.world["origin"]) as origin:
        on.config.write_text(on.config.read_text().replace(on.world["origin"], origin))
        anyio.run(visit, on, transport)
    assert not caplog.records, [record.getMessage() for record in caplog.records]


async def visit(on, transport):
    if transport == "stdio":
        async with stdio_client(StdioServerParameters(command=on.command, args=["mcp"], env=on.env)) as streams:
            await speak(*streams)
        return
    with on.http() as (url, token):
        headers = {"Authorization": f"Bearer {token}"}
        async with streamablehttp_client(url, headers=headers, timeout=timedelta(seconds=30)) as (read, write, session_id):
            await speak(read, write)
            name = session_id()
            assert name
        # Leaving ends the session. The SDK logs what it doesn't consider a success.
        both = {"accept": "application/json, text/event-stream", "mcp-session-id": name}
        ping = {"jsonrpc": "2.0", "id": 99, "method": "ping"}
        assert httpx.post(url, headers=headers | both, json=ping).status_code == 404


async def speak(read, write):
    heard = []

    async def hear(message):
        heard.append(message)

    async with ClientSession(read, write, message_handler=hear) as session:
        assert (await session.initialize()).protocolVersion == REVISIONS[VERSION]
        assert "list-secrets" in {tool.name for tool in (await session.list_tools()).tools}
        await session.send_ping()
        listed = await session.call_tool("list-secrets", {})
        assert not listed.isError and "DATABASE_URL" in listed.content[0].text
        refused = await session.call_tool("get-secret", {"name": "DATABASE_URL", "path": "no/such"})
        assert refused.isError and refused.content[0].text
        with pytest.raises(McpError, match="no tool"):
            await session.call_tool("no-such-tool", {})
        await follows(session, heard)
    assert [message for message in heard if isinstance(message, Exception)] == []


async def follows(session, heard):
    """Calls a tool and follows its progress."""
    params = {"name": "list-folders", "arguments": {"recursive": True}, "_meta": {"progressToken": "followed"}}
    request = types.CallToolRequest(method="tools/call", params=types.CallToolRequestParams(**params))
    listed = await session.send_request(types.ClientRequest(request), types.CallToolResult)
    assert not listed.isError, json.dumps(listed.model_dump(mode="json"))
    roots = [message.root for message in heard if isinstance(message, types.ServerNotification)]
    told = [root.params for root in roots if isinstance(root, types.ProgressNotification)]
    assert told and {params.progressToken for params in told} == {"followed"}
