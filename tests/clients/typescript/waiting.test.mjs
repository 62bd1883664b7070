// Calls that take long: how far they are, and what becomes of them when nobody waits any more.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Peer, PEERS, Person, text } from "./clients.mjs";
import { Stage, within } from "./stage.mjs";

/** Longer than the server pauses between two notifications. */
const SLOW = 130;

const isProgress = (message) => message.method === "notifications/progress";

/** An Infisical that stops answering when it is told to, and tells when a request that it holds is given up. */
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
      it("a long listing tells how far it is, each time further", async (t) => {
        // An older server is asked folder by folder.
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
        it("a client that gives up after five seconds of silence waits for its person", async (t) => {
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
          assert.equal(heard.length, told, "nothing follows the answer");
        });
      }

      it("there is no progress for who didn't ask", async (t) => {
        const on = await Stage.set(t, { generation: "v3", between: () => sleep(SLOW) });
        const one = await Peer.connect(on, peer);
        assert.ok(!(await one.call("list-folders", { recursive: true })).isError);
        assert.equal(one.messages.filter(isProgress).length, 0);
      });

      it("there is no progress after the answer", async (t) => {
        const one = await Peer.connect(await Stage.set(t, { generation: "v3" }), peer);
        for (let round = 0; round < 3; round += 1) {
          await one.call("list-folders", { recursive: true }, { onprogress: () => {} });
          await sleep(3 * SLOW);
        }
        const answers = one.messages.map((message, at) => (message.result?.content ? at : -1)).filter((at) => at >= 0);
        assert.equal(answers.length, 3);
        // Each token is of one call, and each call was answered before the next one began.
        const tokens = (messages) => messages.filter(isProgress).map((message) => message.params.progressToken);
        for (const at of answers) {
          const before = new Set(tokens(one.messages.slice(0, at)));
          const late = tokens(one.messages.slice(at)).filter((token) => before.has(token));
          assert.deepEqual(late, [], "MCP: progress notifications MUST stop after completion");
        }
      });

      it("a call that is given up ends at once for the client, ends in the server, and the next one works", async (t) => {
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
        await within(5_000, infisical.isGivenUp, "Infisical isn't waited for any more");
        const answered = one.messages.length;
        const next = await within(5_000, one.call("list-secrets"), "the next call is answered");
        assert.ok(!next.isError, text(next));
        assert.equal(one.messages.length, answered + 1, "what was given up isn't answered");
      });

      it("a client that leaves takes its server along", async (t) => {
        const one = await Peer.connect(await Stage.set(t), peer);
        await one.call("list-secrets");
        const began = performance.now();
        await one.client.close();
        assert.ok(performance.now() - began < 1_500, "it ends by itself");
      });

      it("a client that leaves in the middle of a call leaves nothing behind", async (t) => {
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
