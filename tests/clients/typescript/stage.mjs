// The stage of every client test: an emulator and a configuration of the skill. Both end with the
// test.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const BIN = process.env.INFISICAL_SKILL_BIN_DIR ?? fileURLToPath(new URL("../../../target/debug", import.meta.url));

// run.sh copies the tests next to their packages, and sets this to the repository's root.
const ROOT = process.env.INFISICAL_SKILL_ROOT ?? fileURLToPath(new URL("../../..", import.meta.url));
/** All permissions for clients. Each client's share equals the default budget without clients. */
const RIGHTS = ["[budgets]", "pending_plans = 48", "writes_per_hour = 180", "reveals_per_hour = 60"];
const TOKENS = ["one", "two"].map((name) => ["[[mcp.clients]]", `name = "${name}"`, 'may = "apply"', "reveal = true"]);

/** Without the operator's permission for each client, forms approve nothing. */
export const WITHOUT_FORMS = [...RIGHTS, ...TOKENS.flat()];
const FORMS = [...RIGHTS, "[mcp]", "approve_in_client = true", ...TOKENS.flatMap((it) => [...it, "approve_in_client = true"])];

export class Stage {
  command = path.join(BIN, "infisical-skill");
  #ends = [];
  #server;

  /** Sets up a stage for a test. When the test ends, everything stops in reverse order. */
  static async set(t, settings = {}) {
    const on = new Stage();
    t.after(() => on.#end());
    await on.#set(settings);
    return on;
  }

  async #set({ generation = "v4", top = [], tables = [], clients = FORMS, writes = true, reveals = false, between }) {
    this.folder = await mkdtemp(path.join(tmpdir(), "infisical-skill-client-"));
    // Old SDKs don't wait for their server, which may still write a record: try again.
    this.atEnd(() => rm(this.folder, { recursive: true, maxRetries: 20, retryDelay: 100 }));
    await this.#emulate(generation);
    const world = this.world;
    if (between) this.between = await this.#proxy(between);
    for (const name of ["reader", "writer"]) await this.private(`${name}-secret`, world[name].clientSecret);
    const identity = (name) => [`client_id = "${world[name].clientId}"`, `client_secret_file = "${this.folder}/${name}-secret"`];
    const config = [
      `url = "${this.between ?? world.origin}"`, "allow_http = true", `state_dir = "${this.folder}/state"`,
      `project = "${world.projectId}"`, 'environment = "dev"', `organization = "${world.orgId}"`,
      ...top,
      // With the read identity.
      ...(reveals ? ['reveals = "switch"', 'reveal_with = "read"'] : []),
      "[read]", ...identity("reader"),
      ...(writes ? ["[write]", ...identity("writer")] : []),
      ...(reveals ? ["[[reveal_scopes]]", `project = "${world.projectId}"`] : []),
      ...tables,
      ...clients,
    ];
    // The environment overrides the file, so remove the tester's own settings.
    const env = Object.entries(process.env).filter(([name]) => !name.startsWith("INFISICAL_"));
    this.env = { ...Object.fromEntries(env), INFISICAL_SKILL_CONFIG: await this.private("config.toml", config.join("\n")) };
  }

  async #emulate(generation) {
    const emulator = spawn(path.join(BIN, "infisical-emulator"), ["--api-version", generation, "--until-stdin-closes"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = once(emulator, "exit");
    this.atEnd(async () => {
      emulator.stdin.end();
      await within(10_000, ended, "the emulator ends");
    });
    this.world = JSON.parse(await firstLine(emulator.stdout));
  }

  /**
   * Starts a proxy between the skill and the emulator. `between` runs before each request is
   * forwarded, and may delay it or block it forever.
   */
  async #proxy(between) {
    const { hostname, port } = new URL(this.world.origin);
    const server = http.createServer(async (request, response) => {
      await between(request, response);
      const { method, url: path, headers } = request;
      const onward = http.request({ hostname, port, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.rawHeaders);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      request.pipe(onward);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    this.atEnd(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${server.address().port}`;
  }

  atEnd(end) {
    this.#ends.push(end);
  }

  async #end() {
    const failures = [];
    for (const end of this.#ends.reverse()) {
      try {
        await end();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** A file that nobody else can read. */
  async private(name, text) {
    const file = path.join(this.folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  }

  /** Runs the command as a local user does. Returns its standard output. */
  async run(...args) {
    const { stdout } = await promisify(execFile)(this.command, args, { env: this.env, timeout: 60_000 });
    return stdout;
  }

  /** Turns changes on by confirming at a terminal. There is no other way. */
  async writesOn() {
    await this.#agree("Turn changes on", ["writes", "on", "--for", "10m"]);
  }

  /** Turns reveals on in the same way. */
  async revealsOn() {
    await this.#agree("Let values be revealed", ["reveal", "on", "--for", "10m", "--reason", "a test"]);
  }

  async #agree(question, args) {
    const terminal = path.join(ROOT, "host/tests/cli/terminal.py");
    await promisify(execFile)("python3", [terminal, question, "y", "--", this.command, ...args], { env: this.env, timeout: 60_000 });
  }

  /** The audit trail, the oldest record first. */
  async records() {
    return (await this.run("audit", "show", "--json")).trim().split("\n").map((line) => JSON.parse(line));
  }

  /** Starts the server over HTTP for two clients. Returns its URL and their tokens. */
  http() {
    return (this.#server ??= this.#serve(["one", "two"]));
  }

  async #serve(clients) {
    const tokens = Object.fromEntries(clients.map((client) => [client, randomBytes(32).toString("hex")]));
    const files = await Promise.all(clients.map((client) => this.private(client, tokens[client])));
    const options = files.flatMap((file) => ["--token-file", file]);
    const server = spawn(this.command, ["mcp", "--http", "127.0.0.1:0", ...options], {
      env: this.env,
      stdio: ["ignore", "inherit", "pipe"],
    });
    const ended = once(server, "exit");
    this.atEnd(async () => {
      server.kill("SIGTERM");
      assert.deepEqual(await within(30_000, ended, "the server ends"), [0, null]);
    });
    const line = await firstLine(server.stderr);
    assert.match(line, /^infisical-skill: listening on http:\/\/127\.0\.0\.1:\d+\/mcp$/);
    server.stderr.resume();
    return { url: new URL(line.split(" ").at(-1)), tokens };
  }
}

/** Returns the promise's outcome. Fails if it doesn't come in time. */
export async function within(milliseconds, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`timeout after ${milliseconds} ms: ${what}`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function firstLine(stream) {
  const lines = createInterface({ input: stream });
  try {
    const gone = once(lines, "close").then(() => Promise.reject(new Error("the process ended without output")));
    const [line] = await within(30_000, Promise.race([once(lines, "line"), gone]), "a first line");
    return line;
  } finally {
    lines.close();
  }
}
