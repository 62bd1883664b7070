// Every revision of MCP that the official SDK has supported, with SDKs from its time. All other
// tests also cover the newest revisions, 2025-11-25 and 2026-07-28.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TIME_TO_READ, text } from "./clients.mjs";
import { Stage } from "./stage.mjs";

const SDKS = [
  { sdk: "sdk-1.10", revision: "2024-11-05" },
  { sdk: "sdk-1.11", revision: "2025-03-26" },
  { sdk: "sdk-1.20", revision: "2025-06-18", hasForms: true },
  { sdk: "sdk-1.23", revision: "2025-06-18", hasForms: true },
  { sdk: "sdk-1.24", revision: "2025-11-25", hasForms: true },
  { sdk: "@modelcontextprotocol/sdk", revision: "2025-11-25", hasForms: true },
];

/** Connects a client of that SDK. Collects its errors, such as those about unreadable input. */
async function connect(on, { sdk, transport, hasForms }) {
  const load = (module) => import(`${sdk}/${module}.js`);
  const [{ Client }, { CallToolResultSchema, ElicitRequestSchema }] = [await load("client/index"), await load("types")];
  const client = new Client({ name: "old", version: "1" }, { capabilities: hasForms ? { elicitation: {} } : {} });
  const errors = [];
  client.onerror = (error) => {
    // Some versions process a notification after the answer that arrived with it. Then they no
    // longer know its token.
    if (!error.message.startsWith("Received a progress notification for an unknown token")) errors.push(error);
  };
  if (hasForms) {
    client.setRequestHandler(ElicitRequestSchema, async () => {
      await sleep(TIME_TO_READ);
      return { action: "accept", content: { approve: true } };
    });
  }
  let wire;
  if (transport === "stdio") {
    const { StdioClientTransport } = await load("client/stdio");
    wire = new StdioClientTransport({ command: on.command, args: ["mcp"], env: on.env, stderr: "ignore" });
  } else {
    const { StreamableHTTPClientTransport } = await load("client/streamableHttp");
    const { url, tokens } = await on.http();
    wire = new StreamableHTTPClientTransport(url, { requestInit: { headers: { Authorization: `Bearer ${tokens.one}` } } });
  }
  on.atEnd(() => client.close());
  let revision;
  const send = wire.send.bind(wire);
  wire.send = (message, ...more) => {
    if (message.method === "initialize") revision = message.params.protocolVersion;
    return send(message, ...more);
  };
  await client.connect(wire);
  const call = (name, args = {}, options = {}) => client.callTool({ name, arguments: args }, CallToolResultSchema, options);
  return { client, wire, errors, call, revision };
}

describe("revisions", { concurrency: 4 }, () => {
  for (const peer of SDKS.flatMap((it) => ["stdio", "http"].map((transport) => ({ ...it, transport })))) {
    it(`${peer.sdk} (${peer.revision}) over ${peer.transport}`, async (t) => {
      // The skill asks an older server folder by folder, so there is some progress.
      const on = await Stage.set(t, { generation: "v3", top: ['approval = "all"'], between: () => sleep(60) });
      await on.writesOn();
      const { client, wire, errors, call, revision } = await connect(on, peer);
      assert.equal(revision, peer.revision, "this SDK requests its revision");

      const { tools } = await client.listTools();
      assert.ok(tools.some((tool) => tool.name === "list-secrets"));
      await client.ping();
      assert.match(text(await call("list-secrets")), /DATABASE_URL/);
      const heard = [];
      const listed = await call("list-folders", { recursive: true }, { onprogress: (progress) => heard.push(progress) });
      assert.ok(!listed.isError && heard.length > 0, `${heard.length} notifications: ${text(listed)}`);

      const refused = await call("get-secret", { name: "DATABASE_URL", path: "no/such" });
      assert.ok(refused.isError && text(refused).length > 0);
      await assert.rejects(call("no-such-tool"), /no tool/);
      const { plan } = (await call("create-folder", { name: "made" })).structuredContent;
      const applied = await call("apply-change", { plan });
      // A client that can't show a form is referred to the terminal.
      if (peer.hasForms) assert.ok(!applied.isError, text(applied));
      else assert.match(text(applied), /plans approve/);

      if (peer.transport === "http") {
        const { url, tokens } = await on.http();
        const headers = { authorization: `Bearer ${tokens.one}`, accept: "application/json, text/event-stream", "content-type": "application/json" };
        const ping = { method: "POST", headers: { ...headers, "mcp-session-id": wire.sessionId }, body: '{"jsonrpc":"2.0","id":99,"method":"ping"}' };
        assert.equal((await fetch(url, ping)).status, 200);
        // Give the client's own stream time to report an error.
        await sleep(200);
        assert.deepEqual(errors, []);
        await wire.terminateSession();
        assert.equal((await fetch(url, ping)).status, 404, "the session ended");
      } else {
        assert.deepEqual(errors, []);
      }
    });
  }
});
