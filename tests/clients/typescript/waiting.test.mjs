// Long calls: their progress, and what happens when the client stops waiting.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Peer, PEERS, Person, text } from "./clients.mjs";
import { Stage, within } from "./stage.mjs";

/** Longer, in milliseconds, than the server's pause between two notifications. */
const SLOW = 130;

const isProgress = (message) => message.method === "notifications/progress";

/** An Infisical that can hold a request, and reports when the held request is cancelled. */
function holding() {
  const it = { isHolding: false };
  it.isHeld = new Promise((tell) => (it.held = tell));
  it.isGivenUp = new Promise((tell) => (it.givenUp = tell));
  it.between = async (_, response) => {
    if (!it.isHolding) return;
    response.once("close", it.givenUp);
    it.held();
    await new Promise(() => {});
  };
  return it;
}

describe("a call that takes long", { concurrency: 3 }, () => {
  for (const peer of PEERS) {
    describe(`${peer}`, { concurrency: 4 }, () => {
      it("reports increasing progress of a long listing", async (t) => {
        // The skill asks an older server folder by folder.
        const on = await Stage.set(t, { generation: "v3", between: () => sleep(SLOW) });
        const one = await Peer.connect(on, peer);
        const heard = [];
        const listed = await one.call("list-folders", { recursive: true }, { onprogress: (progress) => heard.push(progress) });
        assert.equal(listed.structuredContent?.folders.length, 4, text(listed));
        assert.ok(heard.length >= 3, `${heard.length} notifications`);
        heard.forEach(({ progress, message }, at) => {
          assert.ok(at === 0 || progress > heard[at - 1].progress, JSON.stringify(heard));
          assert.match(message, /^\d+ requests? answered$/);
        });
      });

      if (peer.revision < "2026-07-28") {
        it("keeps a client with a 5 s timeout waiting for its person", async (t) => {
          const on = await Stage.set(t, { top: ['approval = "all"'] });
          await on.writesOn();
          const one = await Peer.connect(on, peer, { person: new Person("accept", { approve: true }, 7_000) });
          const heard = [];
          const waiting = { timeout: 5_000, resetTimeoutOnProgress: true, onprogress: ({ message }) => heard.push(message) };
          const applied = await one.change("create-folder", { name: "asked" }, waiting);
          assert.equal(applied.structuredContent?.outcome, "applied", text(applied));
          assert.ok(heard.filter((message) => message === "waiting for a person to decide").length >= 3, heard.join("\n"));
          const told = heard.length;
          await sleep(4_000);
          assert.equal(heard.length, told, "no progress follows the answer");
        });
      }

      it("sends no progress to a client that didn't ask", async (t) => {
        const on = await Stage.set(t, { generation: "v3", between: () => sleep(SLOW) });
        const one = await Peer.connect(on, peer);
        assert.ok(!(await one.call("list-folders", { recursive: true })).isError);
        assert.equal(one.messages.filter(isProgress).length, 0);
      });

      it("sends no progress after the answer", async (t) => {
        const one = await Peer.connect(await Stage.set(t, { generation: "v3" }), peer);
        for (let round = 0; round < 3; round += 1) {
          await one.call("list-folders", { recursive: true }, { onprogress: () => {} });
          await sleep(3 * SLOW);
        }
        const answers = one.messages.map((message, at) => (message.result?.content ? at : -1)).filter((at) => at >= 0);
        assert.equal(answers.length, 3);
        // Each token belongs to one call, and each call was answered before the next one began.
        const tokens = (messages) => messages.filter(isProgress).map((message) => message.params.progressToken);
        for (const at of answers) {
          const before = new Set(tokens(one.messages.slice(0, at)));
          const late = tokens(one.messages.slice(at)).filter((token) => before.has(token));
          assert.deepEqual(late, [], "MCP: progress notifications MUST stop after completion");
        }
      });

      it("ends a cancelled call in client and server, then continues", async (t) => {
        const infisical = holding();
        const on = await Stage.set(t, { between: infisical.between });
        const one = await Peer.connect(on, peer);
        assert.ok(!(await one.call("list-secrets")).isError);
        infisical.isHolding = true;
        const giveUp = new AbortController();
        const ended = assert.rejects(one.call("list-secrets", { recursive: true }, { signal: giveUp.signal }));
        await within(10_000, infisical.isHeld, "the request leaves");
        infisical.isHolding = false;
        giveUp.abort("the person went away");
        await within(1_000, ended, "the call ends");
        await within(5_000, infisical.isGivenUp, "the server cancels its request");
        const answered = one.messages.length;
        const next = await within(5_000, one.call("list-secrets"), "the next call is answered");
        assert.ok(!next.isError, text(next));
        assert.equal(one.messages.length, answered + 1, "the cancelled call isn't answered");
      });

      it("ends the server when its client leaves", async (t) => {
        const one = await Peer.connect(await Stage.set(t), peer);
        await one.call("list-secrets");
        const began = performance.now();
        await one.client.close();
        assert.ok(performance.now() - began < 1_500, "the server ends by itself");
      });

      it("ends the server when its client leaves during a call", async (t) => {
        const infisical = holding();
        const on = await Stage.set(t, { between: infisical.between });
        const one = await Peer.connect(on, peer);
        assert.ok(!(await one.call("list-secrets")).isError);
        infisical.isHolding = true;
        const ended = assert.rejects(one.call("list-secrets", { recursive: true }));
        await within(10_000, infisical.isHeld, "the request leaves");
        infisical.isHolding = false;
        const began = performance.now();
        await one.client.close();
        const took = performance.now() - began;
        // The SDK asks a process to end after two seconds, and kills it after two more.
        assert.ok(took < 3_500, `closing took ${took} ms`);
        await within(1_000, ended, "the call ends");
        assert.ok(!(await (await Peer.connect(on, peer)).call("list-secrets")).isError);
      });
    });
  }
});
