// From 2026-07-28 on, the client carries a question and its answer. An answer is valid once, for
// the plan and the session of its question.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { found, Peer, PEERS, Person, text, TIME_TO_READ } from "./clients.mjs";
import { Stage } from "./stage.mjs";

const CANARY = "canary-in-a-question";
const YES = { approve: { action: "accept", content: { approve: true } } };
const NO = { approve: { action: "decline" } };

/** Connects a client that can ask. The test itself answers for the person. */
async function set(t, peer) {
  const on = await Stage.set(t, { top: ['approval = "all"'] });
  await on.writesOn();
  const one = await Peer.connect(on, peer, { person: new Person("cancel") });
  const plan = (name) => one.preview("create-secret", { name, value: CANARY });
  const ask = async (plan, by = one) => {
    const asked = await by.once("apply-change", plan);
    assert.equal(asked.resultType, "input_required", JSON.stringify(asked));
    return asked;
  };
  return { on, one, plan, ask };
}

function assertNoAnswerToIt(refused, why) {
  assert.equal(refused.isError, true, why);
  assert.match(text(refused), /^Refused by the two-phase confirm.*isn't the answer to a question/, why);
}

describe("a question that the client carries", { concurrency: 2 }, () => {
  for (const peer of PEERS.filter((peer) => peer.revision >= "2026-07-28")) {
    describe(`${peer}`, { concurrency: 8 }, () => {
      it("asks one question without a value, under an opaque handle", async (t) => {
        const { one, plan, ask } = await set(t, peer);
        const it = await plan("FIRST");
        const asked = await ask(it);
        assert.deepEqual(Object.keys(asked.inputRequests), ["approve"]);
        assert.equal(asked.inputRequests.approve.method, "elicitation/create");
        assert.match(asked.inputRequests.approve.params.message, /create secret FIRST/);
        assert.deepEqual(found(CANARY, one.received), []);
        assert.match(asked.requestState, /^[0-9a-f]{64}$/);
        assert.notEqual((await ask(it)).requestState, asked.requestState);
      });

      it("accepts an answer once", async (t) => {
        const { one, plan, ask } = await set(t, peer);
        const it = await plan("FIRST");
        const { requestState } = await ask(it);
        await sleep(TIME_TO_READ);
        const applied = await one.once("apply-change", it, { inputResponses: YES, requestState });
        assert.equal(applied.structuredContent?.outcome, "applied", text(applied));
        assertNoAnswerToIt(await one.once("apply-change", it, { inputResponses: YES, requestState }), "a second time");
      });

      it("rejects and uses up an answer given for another plan", async (t) => {
        const { one, plan, ask } = await set(t, peer);
        const [first, second] = [await plan("FIRST"), await plan("SECOND")];
        const { requestState } = await ask(first);
        await sleep(TIME_TO_READ);
        const retry = { inputResponses: YES, requestState };
        assertNoAnswerToIt(await one.once("apply-change", second, retry), "another plan's");
        assertNoAnswerToIt(await one.once("apply-change", first, retry), "it was used");
        assert.match(text(await one.call("get-secret", { name: "SECOND" })), /No such secret/);
        assert.match(text(await one.call("get-secret", { name: "FIRST" })), /No such secret/);
      });

      it("rejects another session's answer without using it up", async (t) => {
        const { on, one, plan, ask } = await set(t, peer);
        const stranger = await Peer.connect(on, peer, { as: "two", person: new Person("cancel") });
        const it = await plan("FIRST");
        const { requestState } = await ask(it);
        await sleep(TIME_TO_READ);
        const retry = { inputResponses: YES, requestState };
        assertNoAnswerToIt(await stranger.once("apply-change", it, retry), "another session's");
        const applied = await one.once("apply-change", it, retry);
        assert.equal(applied.structuredContent?.outcome, "applied", text(applied));
      });

      it("rejects a forged handle, and asks again without one", async (t) => {
        const { one, plan, ask } = await set(t, peer);
        const it = await plan("FIRST");
        const { requestState } = await ask(it);
        await sleep(TIME_TO_READ);
        const other = (requestState.startsWith("0") ? "1" : "0") + requestState.slice(1);
        for (const guess of ["", "0", "0".repeat(64), other, requestState.toUpperCase(), `${requestState} `]) {
          if (guess === requestState) continue;
          assertNoAnswerToIt(await one.once("apply-change", it, { inputResponses: YES, requestState: guess }), guess);
        }
        const again = await one.once("apply-change", it, { inputResponses: YES });
        assert.equal(again.resultType, "input_required");
        assert.match(text(await one.call("get-secret", { name: "FIRST" })), /No such secret/);
      });

      it("ignores answers that come too soon or under another name", async (t) => {
        const { one, plan, ask } = await set(t, peer);
        const it = await plan("FIRST");
        for (const [inputResponses, wait] of [[YES, 0], [NO, 0], [{ other: YES.approve }, TIME_TO_READ], [{}, TIME_TO_READ]]) {
          const { requestState } = await ask(it);
          await sleep(wait);
          const refused = await one.once("apply-change", it, { inputResponses, requestState });
          assert.ok(refused.isError && text(refused).includes(`infisical-skill plans approve ${it.plan}`), text(refused));
        }
        const { requestState } = await ask(it);
        await sleep(TIME_TO_READ);
        const rejected = await one.once("apply-change", it, { inputResponses: NO, requestState });
        assert.match(text(rejected), /a person rejected this plan/i);
      });
    });
  }
});
