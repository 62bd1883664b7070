// The official conformance suite against the server over HTTP: the released version, and the next
// one, which covers the revision 2026-07-28.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Stage } from "./stage.mjs";

/** Some scenarios need the suite's own tools. This server has tools for Infisical only. */
const OWN_TOOL = "needs a tool of the suite's own";

const RELEASED = {
  suite: "@modelcontextprotocol/conformance",
  // Each applicable scenario, with the checks that don't apply, and why.
  scenarios: [
    { name: "server-initialize" },
    { name: "ping" },
    { name: "tools-list" },
    { name: "server-sse-polling", not: { "server-sse-disconnect-resume": OWN_TOOL } },
    { name: "server-sse-multiple-streams" },
    { name: "dns-rebinding-protection" },
  ],
};

const NEXT = {
  suite: "conformance-next",
  scenarios: [
    { name: "server-initialize" },
    { name: "server-session-lifecycle" },
    { name: "ping" },
    { name: "tools-list", revisions: ["2025-11-25", "2026-07-28"] },
    { name: "server-sse-polling", not: { "server-sse-disconnect-resume": OWN_TOOL } },
    { name: "server-sse-multiple-streams", revisions: ["2025-11-25", "2026-07-28"] },
    { name: "dns-rebinding-protection", revisions: ["2025-11-25", "2026-07-28"] },
    {
      name: "server-stateless",
      not: {
        "sep-2575-server-rejects-undeclared-capability": OWN_TOOL,
        "sep-2575-missing-capability-http-400": OWN_TOOL,
        "sep-2575-http-server-no-independent-requests-on-stream": OWN_TOOL,
        "sep-2575-server-no-log-without-loglevel": OWN_TOOL,
      },
    },
    { name: "http-header-validation" },
    {
      name: "caching",
      not: {
        "sep-2549-prompts-list-caching-hints": "there are no prompts",
        "sep-2549-resources-list-caching-hints": "there are no resources",
        "sep-2549-resources-templates-list-caching-hints": "there are no resources",
      },
    },
  ],
};

/** The scenarios that don't apply, and why. */
const LEFT_OUT = [
  [/^tools-call-/, OWN_TOOL],
  [/^elicitation-/, OWN_TOOL],
  [/^input-required-result-/, OWN_TOOL],
  [/^json-schema-2020-12$/, OWN_TOOL],
  [/^http-custom-header-server-validation$/, OWN_TOOL],
  [/^(resources-|sep-2164-)/, "there are no resources"],
  [/^prompts-/, "there are no prompts"],
  [/^completion-complete$/, "nothing is completed: there are no prompts and no resources"],
  [/^logging-set-level$/, "no logs are sent to clients: the audit trail is the operator's"],
  [/^tasks-/, "an extension that isn't supported"],
  [/^sep-2640-/, "an extension that isn't supported: the agent skill comes as files"],
];

/** The suite needs Node 22. */
function node22() {
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  const own = fileURLToPath(new URL(`node_modules/node-linux-${process.arch}/bin/node`, import.meta.url));
  assert.ok(existsSync(own), "the conformance suite needs Node 22 or newer");
  return own;
}

/** Runs the suite's command. Returns its output, whatever its exit status. */
function run(suite, args, cwd) {
  const command = fileURLToPath(new URL(`node_modules/${suite}/dist/index.js`, import.meta.url));
  return new Promise((resolve) => {
    execFile(node22(), [command, ...args], { cwd, timeout: 60_000 }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

/**
 * Starts a proxy to the server that adds a token to each request, because the suite can't send
 * one. The proxy changes nothing else.
 */
async function withToken(on) {
  const { url, tokens } = await on.http();
  const proxy = http.createServer((request, response) => {
    const { method, url: path, rawHeaders } = request;
    const headers = [...rawHeaders, "Authorization", `Bearer ${tokens.one}`];
    const onward = http.request({ hostname: url.hostname, port: url.port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  on.atEnd(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://localhost:${proxy.address().port}/mcp`;
}

/** Returns the result of each check in a scenario. */
async function checks(suite, url, { name, revision }) {
  const folder = await mkdtemp(path.join(tmpdir(), "infisical-skill-conformance-"));
  try {
    const args = ["server", "--url", url, "--scenario", name, "--output-dir", folder];
    const said = await run(suite, revision ? [...args, "--spec-version", revision] : args, folder);
    const results = await readdir(folder, { recursive: true });
    const file = results.find((file) => path.basename(file) === "checks.json");
    assert.ok(file, said);
    return JSON.parse(await readFile(path.join(folder, file), "utf8"));
  } finally {
    await rm(folder, { recursive: true, maxRetries: 20, retryDelay: 100 });
  }
}

for (const { suite, scenarios } of [RELEASED, NEXT]) {
  describe(suite, { concurrency: 3 }, () => {
    for (const { name, revisions = [undefined], not = {} } of scenarios) {
      for (const revision of revisions) {
        it([name, revision].filter(Boolean).join(", "), async (t) => {
          const on = await Stage.set(t);
          const all = await checks(suite, await withToken(on), { name, revision });
          const failed = all.filter(({ status }) => status === "FAILURE" || status === "WARNING");
          const unexpected = failed.filter(({ id }) => !(id in not));
          assert.deepEqual(unexpected.map(({ id, errorMessage }) => `${id}: ${errorMessage}`), []);
          assert.deepEqual(Object.keys(not).filter((id) => !failed.some((it) => it.id === id)), [], "no exception is outdated");
          assert.ok(all.some(({ status }) => status === "SUCCESS"), "something was checked");
        });
      }
    }

    it("runs or explicitly excludes every scenario", async () => {
      const listed = await run(suite, ["list", "--server"], tmpdir());
      const names = [...listed.matchAll(/^ +- (\S+)/gm)].map(([, name]) => name);
      assert.ok(names.length > 20, listed);
      const unknown = names.filter((name) => !scenarios.some((it) => it.name === name) && !LEFT_OUT.some(([it]) => it.test(name)));
      assert.deepEqual(unknown, []);
    });
  });
}
