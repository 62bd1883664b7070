// Authentication over HTTP, and the separation of clients and sessions.

import assert from "node:assert/strict";
import http from "node:http";
import { describe, it } from "node:test";
import { Peer, PEERS, text, transport } from "./clients.mjs";
import { Stage } from "./stage.mjs";

const HTTP = PEERS.filter((peer) => peer.transport === "http");

/** Sends one request with any headers. Returns status, headers and body. */
function post(url, headers, { method = "POST", path = url.pathname } = {}) {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  const usual = { accept: "application/json, text/event-stream", "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const options = { hostname: url.hostname, port: url.port, method, path, headers: { ...usual, ...headers }, agent: false };
    const request = http.request(options, async (response) => {
      response.setEncoding("utf8");
      let answer = "";
      response.on("data", (text) => {
        answer += text;
        // An event stream may stay open.
        if (/^data: *\{/m.test(answer)) response.destroy();
      });
      response.on("close", () => resolve({ status: response.statusCode, headers: response.headers, body: answer }));
    });
    request.on("error", reject);
    request.end(method === "POST" ? body : undefined);
  });
}

const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** The status in an error of either SDK. */
const statusOf = (error) => error.status ?? error.code;

describe("authentication", { concurrency: 4 }, () => {
  it("answers 401 on every path without a valid token", async (t) => {
    const { url, tokens } = await (await Stage.set(t)).http();
    const { one } = tokens;
    const wrong = ["", "Bearer", "Bearer ", one, `Basic ${one}`, `Bearer ${"0".repeat(64)}`, `Bearer ${one.slice(1)}`, `Bearer ${one}0`, `Bearer ${one} ${one}`];
    for (const headers of [{}, ...wrong.map((authorization) => ({ authorization })), { authorization: [`Bearer ${one}`, `Bearer ${tokens.two}`] }]) {
      for (const [method, path] of [["POST", "/mcp"], ["GET", "/mcp"], ["DELETE", "/mcp"], ["POST", "/"], ["GET", "/health"]]) {
        const answer = await post(url, headers, { method, path });
        assert.equal(answer.status, 401, `${method} ${path} ${JSON.stringify(headers)}`);
        assert.match(answer.headers["www-authenticate"], /^Bearer\b/);
      }
    }
    assert.equal((await post(url, {}, { path: `/mcp?token=${one}&access_token=${one}` })).status, 401, "a token in the URL doesn't count");
    assert.equal((await post(url, bearer(one))).status, 200);
    assert.equal((await post(url, bearer(one), { path: "/" })).status, 404);
  });

  it("answers 403 to a foreign Host header", async (t) => {
    const { url, tokens } = await (await Stage.set(t)).http();
    for (const host of ["evil.example", `evil.example:${url.port}`, `127.0.0.1.evil.example:${url.port}`, "169.254.169.254", "0.0.0.0"]) {
      assert.equal((await post(url, { ...bearer(tokens.one), host })).status, 403, host);
    }
    for (const host of [url.host, `localhost:${url.port}`]) assert.equal((await post(url, { ...bearer(tokens.one), host })).status, 200, host);
  });

  it("answers 403 to a foreign Origin header", async (t) => {
    const { url, tokens } = await (await Stage.set(t)).http();
    for (const origin of ["https://evil.example", "null", "", "http://localhost.evil.example", "https://localhost", "http://localhost:1@evil.example", "file://"]) {
      assert.equal((await post(url, { ...bearer(tokens.one), origin })).status, 403, origin);
      assert.equal((await post(url, { origin })).status, 401, "without a token, the status is the same for every origin");
    }
    for (const origin of [url.origin, "http://localhost", `http://localhost:${url.port}`, "http://[::1]:3000"]) {
      assert.equal((await post(url, { ...bearer(tokens.one), origin })).status, 200, origin);
      assert.equal((await post(url, { origin })).status, 401, "a local page needs a token");
    }
  });
});

for (const peer of HTTP) {
  describe(`${peer}`, { concurrency: 4 }, () => {
    it("rejects a client without the token", async (t) => {
      const on = await Stage.set(t);
      for (const token of ["", "0".repeat(64)]) {
        await assert.rejects(Peer.connect(on, peer, { token }), (error) => statusOf(error) === 401);
      }
    });

    it("hides a client's plans from another client", async (t) => {
      const on = await Stage.set(t);
      await on.writesOn();
      const [one, two] = [await Peer.connect(on, peer, { as: "one" }), await Peer.connect(on, peer, { as: "two" })];
      const plan = await one.preview("create-folder", { name: "mine" });
      for (const tool of ["apply-change", "discard-change"]) {
        const refused = await two.call(tool, plan);
        assert.ok(refused.isError && /^Refused by .*another session/.test(text(refused)), text(refused));
      }
      assert.ok(!JSON.stringify(await two.call("skill-status")).includes(plan.plan));
      const applied = await one.call("apply-change", plan);
      assert.equal(applied.structuredContent?.outcome, "applied", text(applied));
    });

    it("audits the client of each call", async (t) => {
      const on = await Stage.set(t);
      const [one, two] = [await Peer.connect(on, peer, { as: "one" }), await Peer.connect(on, peer, { as: "two" })];
      await one.call("get-secret", { name: "NOPE_1" });
      await two.call("get-secret", { name: "NOPE_2" });
      const callers = (await on.records()).filter((record) => JSON.stringify(record).includes("NOPE_")).map((record) => record.caller);
      assert.deepEqual(callers.map(({ client, version }) => `${client} ${version}`), ["one: contract 1.0.0", "two: contract 1.0.0"], "the name of the token comes first");
      assert.notEqual(callers[0].session, callers[1].session);
    });

    if (!peer.hasSessions) return;

    it("rejects another client's session", async (t) => {
      const on = await Stage.set(t);
      const { url, tokens } = await on.http();
      const one = await Peer.connect(on, peer, { as: "one" });
      const { sessionId } = one.transport;
      assert.ok(sessionId.length >= 32, "the id can't be guessed");
      // A transport that is given a session id continues that session.
      const stranger = await transport(on, peer, { as: "two", sessionId });
      stranger.setProtocolVersion("2025-11-25");
      await stranger.start();
      const listing = stranger.send({ jsonrpc: "2.0", id: 7, method: "tools/list", params: {} });
      await assert.rejects(listing, (error) => statusOf(error) === 404);
      await stranger.close();
      for (const method of ["POST", "GET", "DELETE"]) {
        const answer = await post(url, { ...bearer(tokens.two), "mcp-session-id": sessionId }, { method });
        assert.equal(answer.status, 404, method);
      }
      assert.ok(!(await one.call("list-secrets")).isError, "the session continues for its own client");
    });

    it("binds a plan to one of a client's sessions", async (t) => {
      const on = await Stage.set(t);
      await on.writesOn();
      const [first, second] = [await Peer.connect(on, peer), await Peer.connect(on, peer)];
      assert.notEqual(first.transport.sessionId, second.transport.sessionId);
      const refused = await second.call("apply-change", await first.preview("create-folder", { name: "mine" }));
      assert.ok(refused.isError && /another session/.test(text(refused)), text(refused));
    });

    it("rejects a session after its client ended it", async (t) => {
      const on = await Stage.set(t);
      const { url, tokens } = await on.http();
      const one = await Peer.connect(on, peer);
      const { sessionId } = one.transport;
      await one.transport.terminateSession();
      assert.equal((await post(url, { ...bearer(tokens.one), "mcp-session-id": sessionId })).status, 404);
    });
  });
}

describe("over stdio", () => {
  for (const peer of PEERS.filter((peer) => peer.transport === "stdio")) {
    it(`rejects a plan of another process (${peer})`, async (t) => {
      const on = await Stage.set(t);
      await on.writesOn();
      const [one, two] = [await Peer.connect(on, peer), await Peer.connect(on, peer)];
      const plan = await one.preview("create-folder", { name: "mine" });
      const refused = await two.call("apply-change", plan);
      assert.ok(refused.isError && /another session/.test(text(refused)), text(refused));
      assert.equal((await one.call("apply-change", plan)).structuredContent?.outcome, "applied");
    });
  }
});
