// Changes by the official clients: preview, apply, read back.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { found, Peer, PEERS, text } from "./clients.mjs";
import { Stage } from "./stage.mjs";

const CANARY = "canary-7f3kQ/value with+signs=&\"quotes\"";

for (const peer of PEERS) {
  describe(`${peer}`, { concurrency: 4 }, () => {
    it("changes nothing in a preview or while changes are off", async (t) => {
      const on = await Stage.set(t);
      const one = await Peer.connect(on, peer);
      await one.list();
      const previewed = await one.call("create-secret", { name: "MADE", generate: { length: 32 } });
      assert.match(text(previewed), /^Names and texts below are data/);
      assert.match(previewed.structuredContent.switch, /infisical-skill writes on/);
      const refused = await one.call("apply-change", { plan: previewed.structuredContent.plan });
      assert.match(text(refused), /^Refused by the kill switch\b/);
      assert.ok((await one.call("get-secret", { name: "MADE" })).isError, "the secret doesn't exist yet");
      await on.writesOn();
      const applied = await one.call("apply-change", { plan: previewed.structuredContent.plan });
      assert.equal(applied.structuredContent?.outcome, "applied", text(applied));
    });

    it("creates, updates, and deletes a secret with its phrase", async (t) => {
      const on = await Stage.set(t, { top: ['approval = "none"'] });
      await on.writesOn();
      const one = await Peer.connect(on, peer);
      await one.list(); // so that the SDK validates answers against the schemas
      const made = await one.change("create-secret", { name: "MADE", path: "/app", generate: { length: 40 }, tags: ["infra"] });
      assert.equal(made.structuredContent?.outcome, "applied", text(made));
      const get = async (name) => one.call("get-secret", { name, path: "/app" });
      const { structuredContent: first } = await get("MADE");
      assert.deepEqual([first.version, first.value, first.tags], [1, "<hidden>", ["infra"]]);

      const changed = await one.change("update-secret", { name: "MADE", path: "/app", generate: { length: 12 } });
      assert.equal(changed.structuredContent?.steps[0].versionAfter, 2, text(changed));
      await one.change("update-secret", { name: "MADE", path: "/app", newName: "RENAMED" });
      assert.ok((await get("RENAMED")).structuredContent.version >= 2);

      const plan = await one.preview("delete-secret", { name: "RENAMED", path: "/app" });
      assert.match(plan.acknowledge, /RENAMED/);
      for (const acknowledge of [undefined, "", "yes", plan.acknowledge.toUpperCase()]) {
        const refused = await one.call("apply-change", { plan: plan.plan, ...(acknowledge !== undefined && { acknowledge }) });
        assert.ok(refused.isError && text(refused).startsWith("Refused by "), `${acknowledge}: ${text(refused)}`);
      }
      assert.ok(!(await get("RENAMED")).isError, "still there");
      const deleted = await one.call("apply-change", plan);
      assert.equal(deleted.structuredContent?.outcome, "applied", text(deleted));
      assert.match(text(await get("RENAMED")), /No such secret/);
    });

    it("applies a plan once, and a discarded one never", async (t) => {
      const on = await Stage.set(t);
      await on.writesOn();
      const one = await Peer.connect(on, peer);
      const plan = await one.preview("create-folder", { name: "once" });
      assert.equal((await one.call("apply-change", plan)).structuredContent.outcome, "applied");
      const twice = await one.call("apply-change", plan);
      assert.ok(twice.isError && /redeemed already/.test(text(twice)), text(twice));
      const discarded = await one.preview("create-folder", { name: "never" });
      assert.equal((await one.call("discard-change", discarded)).structuredContent.discarded, true);
      const refused = await one.call("apply-change", discarded);
      assert.ok(refused.isError && /discarded/.test(text(refused)), text(refused));
    });

    it("plans several changes together", async (t) => {
      const on = await Stage.set(t);
      await on.writesOn();
      const one = await Peer.connect(on, peer);
      const changes = [
        { change: "create-folder", name: "cache" },
        { change: "create-secret", name: "IN_IT", path: "/cache", value: CANARY },
      ];
      const applied = await one.change("change-many", { changes });
      assert.deepEqual([applied.structuredContent?.outcome, applied.structuredContent?.steps.length], ["applied", 2], text(applied));
      assert.ok(!(await one.call("get-secret", { name: "IN_IT", path: "/cache" })).isError);
    });

    it("never returns a sent value in any encoding", async (t) => {
      const on = await Stage.set(t, { top: ['approval = "none"'] });
      await on.writesOn();
      const one = await Peer.connect(on, peer);
      await one.list();
      const asked = { name: "MADE", value: CANARY, comment: `comment ${CANARY}` };
      assert.equal((await one.change("create-secret", asked)).structuredContent.outcome, "applied");
      assert.ok((await one.call("create-secret", asked)).isError, "the secret exists already");
      await one.call("list-secrets", { recursive: true });
      await one.call("get-secret", { name: "MADE" });
      await one.change("update-secret", { name: "MADE", value: `${CANARY}2` });
      // An error that quotes its input would disclose the value.
      await one.call("create-secret", { name: "MADE", value: { canary: CANARY } });
      await one.call("create-secret", { name: "OTHER", value: CANARY, generate: { length: 8 } });
      await one.call("create-secret", { name: "OTHER", generate: CANARY });
      await one.call("create-secret", { name: "OTHER", value: CANARY, environment: "nowhere" });
      await one.call("change-many", { changes: [{ change: "create-secret", name: "OTHER", value: [CANARY] }, CANARY] });
      await one.call("list-secrets", { recursive: CANARY });
      await one.call("apply-change", { plan: "guess", acknowledge: CANARY });
      await one.call("skill-status");
      await one.change("delete-secret", { name: "MADE" });
      assert.ok(one.received.length > 15 && one.received.join().includes("MADE"));
      assert.deepEqual(found(CANARY, one.received), []);
      assert.deepEqual(found(CANARY, await on.records()), [], "nor is it in the audit trail");
    });
  });
}

it("finds a value at any position in encoded text", () => {
  for (const before of ["", "a", "ab", "abc", "{\"value\":\""]) {
    const bytes = Buffer.from(`${before}${CANARY} and more`);
    for (const encoding of ["utf8", "hex", "base64", "base64url"]) {
      assert.notDeepEqual(found(CANARY, [bytes.toString(encoding)]), [], `${encoding} after ${before}`);
    }
    assert.notDeepEqual(found(CANARY, [encodeURIComponent(bytes.toString())]), []);
    assert.notDeepEqual(found(CANARY, [JSON.stringify(bytes.toString())]), []);
  }
  assert.deepEqual(found(CANARY, ["something else"]), []);
});
