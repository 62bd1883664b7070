// The tool list that the official clients get.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Peer, PEERS, text } from "./clients.mjs";
import { Stage } from "./stage.mjs";

const READS = ["list-projects", "list-folders", "list-secrets", "get-secret", "list-audit-logs"];
const CHANGES = [
  "create-secret", "update-secret", "delete-secret", "create-folder", "rename-folder", "delete-folder", "change-many",
  "apply-change", "discard-change",
];
const STATUS = "skill-status";

const names = (tools) => tools.map((tool) => tool.name);

for (const peer of PEERS) {
  describe(`${peer}`, { concurrency: 4 }, () => {
    it("speaks the requested revision and sends instructions", async (t) => {
      const on = await Stage.set(t);
      const { client, revision } = await Peer.connect(on, peer);
      assert.equal(revision, peer.revision);
      assert.equal(client.getServerVersion().name, "infisical-skill");
      assert.match(client.getInstructions(), /apply-change/);
      assert.deepEqual(Object.keys(client.getServerCapabilities()), ["tools"]);
    });

    it("lists tools in a stable order and briefly", async (t) => {
      const on = await Stage.set(t);
      const one = await Peer.connect(on, peer);
      const listed = await one.list();
      const known = [...READS, ...CHANGES, STATUS];
      assert.deepEqual(names(listed).filter((name) => known.includes(name)), known);
      assert.deepEqual(await one.list(), listed);
      assert.deepEqual(await (await Peer.connect(on, peer)).list(), listed, "another connection gets the same list");
      const answer = one.messages.find((message) => message.result?.tools);
      const bytes = Buffer.byteLength(JSON.stringify(answer.result));
      assert.ok(bytes < 12_000, `${bytes} bytes`);
    });

    it("describes inputs and outputs, and allows no other inputs", async (t) => {
      for (const { name, description, inputSchema, outputSchema } of await (await Peer.connect(await Stage.set(t), peer)).list()) {
        assert.ok(description.length > 10, name);
        assert.deepEqual([inputSchema.type, inputSchema.additionalProperties, outputSchema.type], ["object", false, "object"], name);
      }
    });

    it("annotates read-only and destructive tools", async (t) => {
      const tools = await (await Peer.connect(await Stage.set(t), peer)).list();
      const hints = Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]));
      for (const name of [...READS, STATUS]) assert.equal(hints[name].readOnlyHint, true, name);
      for (const name of CHANGES) assert.ok(!hints[name].readOnlyHint, name);
      // MCP's default is true. A preview changes nothing, but an apply may destroy.
      for (const name of CHANGES) assert.equal(hints[name].destructiveHint ?? true, name === "apply-change", name);
      assert.equal(hints["apply-change"].idempotentHint, true, "a plan is applied once");
    });

    it("without a write identity, lists and runs no changing tool", async (t) => {
      const reader = await Peer.connect(await Stage.set(t, { writes: false }), peer);
      const tools = await reader.list();
      assert.deepEqual(names(tools), [...READS, STATUS]);
      assert.ok(tools.every((tool) => tool.annotations.readOnlyHint));
      const refused = await reader.call("delete-secret", { name: "DATABASE_URL" });
      assert.ok(refused.isError && /identity/.test(text(refused)), text(refused));
      assert.ok((await reader.call("apply-change", { plan: "guess" })).isError);
    });

    it("lists reveal-secret only if the operator allows it", async (t) => {
      const kept = await Peer.connect(await Stage.set(t), peer);
      assert.ok(!names(await kept.list()).includes("reveal-secret"));
      const refused = await kept.call("reveal-secret", { name: "DATABASE_URL" });
      assert.ok(refused.isError, text(refused));
      assert.doesNotMatch(JSON.stringify(refused), /canary/);
      const shown = await Peer.connect(await Stage.set(t, { reveals: true }), peer);
      const tool = (await shown.list()).find((tool) => tool.name === "reveal-secret");
      assert.equal(tool.annotations.readOnlyHint, true);
    });
  });
}

describe("a client of SDK 2.x that negotiates", () => {
  for (const peer of PEERS.filter((peer) => peer.revision === "2026-07-28")) {
    it(`gets the newest revision over ${peer.transport}`, async (t) => {
      const { revision } = await Peer.connect(await Stage.set(t), { ...peer, mode: "auto" });
      assert.equal(revision, "2026-07-28");
    });
  }
});
