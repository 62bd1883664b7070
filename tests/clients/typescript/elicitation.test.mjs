// Approval by a person in the client's form. A program's answer doesn't count as a person's.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { found, Peer, PEERS, Person, text, TIME_TO_READ } from "./clients.mjs";
import { Stage, within, WITHOUT_FORMS } from "./stage.mjs";

const CANARY = "canary-in-a-form";
const APPROVE = { approve: true };

async function careful(t, settings = {}) {
  const on = await Stage.set(t, { top: ['approval = "all"'], ...settings });
  await on.writesOn();
  return on;
}

const preview = (one, name = "ASKED") => one.preview("create-secret", { name, path: "/app", value: CANARY });

/** Checks that a call was refused and points to approval in the terminal. */
function assertToTheTerminal(refused, { plan }) {
  assert.equal(refused.isError, true, text(refused));
  assert.ok(text(refused).startsWith("Refused by ") && text(refused).includes(`infisical-skill plans approve ${plan}`), text(refused));
}

describe("a person", { concurrency: 3 }, () => {
  for (const peer of PEERS) {
    describe(`${peer}`, { concurrency: 8 }, () => {
      it("applies after a reading time, shows no value, and is audited", async (t) => {
        const on = await careful(t);
        const person = new Person("accept", APPROVE);
        const one = await Peer.connect(on, peer, { person });
        const applied = await one.call("apply-change", await preview(one));
        assert.equal(applied.structuredContent?.outcome, "applied", text(applied));
        assert.ok(!(await one.call("get-secret", { name: "ASKED", path: "/app" })).isError);
        assert.equal(person.asked.length, 1);
        const [asked] = person.asked;
        assert.match(asked.message, /create secret ASKED .*env=dev, path=\/app/);
        assert.ok(asked.message.includes(on.world.origin) && asked.message.includes(on.world.projectId));
        assert.deepEqual(asked.requestedSchema.required, ["approve"]);
        const { type, default: otherwise } = asked.requestedSchema.properties.approve;
        assert.deepEqual([type, otherwise], ["boolean", false]);
        assert.deepEqual(found(CANARY, person.asked), []);
        assert.deepEqual(found(CANARY, one.received), []);
        const { how, independence } = applied.structuredContent.approval;
        assert.deepEqual([how, independence], ["form", "cant-tell"]);
        const approvals = (await on.records()).filter((record) => record.approver?.how === "form");
        assert.equal(approvals.length, 1);
      });

      it("asks about irreversible changes by default, with the phrase", async (t) => {
        const person = new Person("accept", APPROVE);
        const one = await Peer.connect(await careful(t, { top: [] }), peer, { person });
        const { plan, acknowledge } = await one.preview("delete-secret", { name: "SENTRY_DSN" });
        const refused = await one.call("apply-change", { plan });
        assert.ok(refused.isError && person.asked.length === 0, "the server doesn't ask before the phrase is right");
        const deleted = await one.call("apply-change", { plan, acknowledge });
        assert.equal(deleted.structuredContent?.outcome, "applied", text(deleted));
        assert.equal(person.asked.length, 1);
        assert.match(person.asked[0].message, /SENTRY_DSN/);
        assert.match(text(await one.call("get-secret", { name: "SENTRY_DSN" })), /No such secret/);
      });

      it("doesn't ask about reversible changes by default", async (t) => {
        const person = new Person("accept", APPROVE);
        const one = await Peer.connect(await careful(t, { top: [] }), peer, { person });
        const previewed = await one.call("create-folder", { name: "undone" });
        assert.equal(previewed.structuredContent.approval, null, "the preview says so");
        const made = await one.call("apply-change", { plan: previewed.structuredContent.plan });
        assert.equal(made.structuredContent?.outcome, "applied", text(made));
        assert.equal(person.asked.length, 0);
      });

      it("doesn't ask if the operator requires no approval", async (t) => {
        const person = new Person("decline");
        const one = await Peer.connect(await careful(t, { top: ['approval = "none"'] }), peer, { person });
        const deleted = await one.change("delete-secret", { name: "SENTRY_DSN" });
        assert.equal(deleted.structuredContent?.outcome, "applied", text(deleted));
        assert.equal(person.asked.length, 0);
      });

      for (const [how, ...person] of [
        ["accepts at once", "accept", APPROVE, 0],
        ["declines at once", "decline", undefined, 0],
        ["rejects in the form at once", "accept", { approve: false }, 0],
        ["closes the form", "cancel", undefined, TIME_TO_READ],
        ["closes the form at once", "cancel", undefined, 0],
      ]) {
        it(`refers a person who ${how} to the terminal and keeps the plan`, async (t) => {
          const asked = new Person(...person);
          const one = await Peer.connect(await careful(t), peer, { person: asked });
          const plan = await preview(one);
          assertToTheTerminal(await one.call("apply-change", plan), plan);
          assert.equal(asked.asked.length, 1);
          Object.assign(asked, new Person("accept", APPROVE));
          const applied = await one.call("apply-change", plan);
          assert.equal(applied.structuredContent?.outcome, "applied", text(applied));
        });
      }

      for (const [how, ...person] of [["declines", "decline"], ["leaves the box as it is", "accept", { approve: false }]]) {
        it(`rejects the plan for good if a person ${how} after reading`, async (t) => {
          const asked = new Person(...person);
          const one = await Peer.connect(await careful(t), peer, { person: asked });
          const plan = await preview(one);
          const refused = await one.call("apply-change", plan);
          assert.equal(refused.isError, true);
          assert.match(text(refused), /a person rejected this plan/i);
          Object.assign(asked, new Person("accept", APPROVE));
          const again = await one.call("apply-change", plan);
          assert.equal(again.isError, true);
          assert.match(text(again), /a person rejected this plan/i);
          assert.equal(asked.asked.length, 0, "the person isn't asked again");
          assert.ok((await one.call("get-secret", { name: "ASKED", path: "/app" })).isError);
        });
      }

      it("refers clients without permitted forms to the terminal", async (t) => {
        const mute = await Peer.connect(await careful(t), peer);
        const plan = await preview(mute);
        assertToTheTerminal(await mute.call("apply-change", plan), plan);
        const person = new Person("accept", APPROVE);
        const on = await careful(t, { clients: WITHOUT_FORMS });
        const one = await Peer.connect(on, peer, { person });
        const other = await preview(one);
        assertToTheTerminal(await one.call("apply-change", other), other);
        assert.equal(person.asked.length, 0);
      });

      it("ignores approval in a model's arguments", async (t) => {
        const one = await Peer.connect(await careful(t), peer);
        const plan = await preview(one);
        for (const extra of [APPROVE, { approval: "yes" }, { inputResponses: { approve: { action: "accept", content: APPROVE } } }]) {
          const refused = await one.call("apply-change", { ...plan, ...extra });
          assert.ok(refused.isError && /unknown field/.test(text(refused)), text(refused));
        }
        assertToTheTerminal(await one.call("apply-change", plan), plan);
      });

      it("applies nothing if the client cancels while the person reads", async (t) => {
        const person = new Person("accept", APPROVE);
        const on = await careful(t);
        const one = await Peer.connect(on, peer, { person });
        const plan = await preview(one);
        const giveUp = new AbortController();
        const given = assert.rejects(one.call("apply-change", plan, { signal: giveUp.signal }));
        await within(20_000, person.isAsked, "a form");
        giveUp.abort();
        await given;
        await sleep(TIME_TO_READ + 200);
        assert.equal(person.asked.length, 1);
        assert.match(text(await one.call("get-secret", { name: "ASKED", path: "/app" })), /No such secret/);
        const applied = await one.call("apply-change", plan);
        assert.equal(applied.structuredContent?.outcome, "applied", text(applied));
      });
    });
  }
});
