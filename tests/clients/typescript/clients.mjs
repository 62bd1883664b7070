// The clients of both major versions of the official SDK, wrapped for the tests.

import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as Stdio1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as Http1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as Stdio2 } from "@modelcontextprotocol/client/stdio";
import { setTimeout as sleep } from "node:timers/promises";

/** Long enough, in milliseconds, that the server accepts a form as read by a person. */
export const TIME_TO_READ = 1_200;

const SDK1 = { sdk: 1, revision: "2025-11-25" };
const SDK2_BEFORE = { sdk: 2, revision: "2025-11-25", mode: "legacy" };
const SDK2 = { sdk: 2, revision: "2026-07-28", mode: { pin: "2026-07-28" } };

/** Both major versions of the SDK, with and without the handshake, over both transports. */
export const PEERS = [SDK1, SDK2_BEFORE, SDK2].flatMap((it) =>
  ["stdio", "http"].map((transport) => ({
    ...it,
    transport,
    hasSessions: transport === "http" && it.revision < "2026-07-28",
    toString: () => `SDK ${it.sdk}.x, ${it.revision}, ${transport}`,
  })),
);

/** Creates a transport to the stage's server, for one of its two clients. */
export async function transport(on, { sdk, transport }, { as = "one", token, ...options } = {}) {
  if (transport === "stdio") {
    const Stdio = sdk === 1 ? Stdio1 : Stdio2;
    return new Stdio({ command: on.command, args: ["mcp"], env: on.env, stderr: "pipe" });
  }
  const { url, tokens } = await on.http();
  const Http = sdk === 1 ? Http1 : Http2;
  const headers = { Authorization: `Bearer ${token ?? tokens[as]}` };
  return new Http(url, { requestInit: { headers }, ...options });
}

/** An SDK's client that is connected to a server on the stage. */
export class Peer {
  /** Every incoming message and the server's standard error, as text. */
  received = [];
  /** The incoming messages, in order. */
  messages = [];

  static async connect(on, peer, { person, ...options } = {}) {
    const it = new Peer();
    it.sdk = peer.sdk;
    const capabilities = person ? { elicitation: { form: {} } } : {};
    const Client = peer.sdk === 1 ? Client1 : Client2;
    const negotiation = peer.mode ? { versionNegotiation: { mode: peer.mode } } : {};
    it.client = new Client({ name: "contract", version: "1.0.0" }, { capabilities, ...negotiation });
    const asking = peer.sdk === 1 ? ElicitRequestSchema : "elicitation/create";
    if (person) it.client.setRequestHandler(asking, (request) => person.answer(request.params));
    it.transport = await transport(on, peer, options);
    it.#hear();
    on.atEnd(() => it.client.close());
    await it.client.connect(it.transport);
    return it;
  }

  /** Records all input before the client gets it. */
  #hear() {
    let heard;
    Object.defineProperty(this.transport, "onmessage", {
      get: () => heard,
      set: (handler) => {
        heard = handler && ((message, ...more) => {
          this.messages.push(message);
          this.received.push(JSON.stringify(message));
          return handler(message, ...more);
        });
      },
    });
    this.transport.stderr?.on("data", (bytes) => this.received.push(bytes.toString()));
  }

  /** The negotiated revision. */
  get revision() {
    return this.sdk === 1 ? this.messages[0].result.protocolVersion : this.client.getNegotiatedProtocolVersion();
  }

  async list() {
    return (await this.client.listTools()).tools;
  }

  call(name, args = {}, options = {}) {
    const params = { name, arguments: args };
    return this.sdk === 1 ? this.client.callTool(params, CallToolResultSchema, options) : this.client.callTool(params, options);
  }

  /**
   * Calls a tool without the client's help: the result may be a question, and `retry` carries the
   * person's answer.
   */
  once(name, args, retry = {}) {
    return this.client.callTool({ name, arguments: args, ...retry }, { allowInputRequired: true });
  }

  /** Previews a change. Returns the arguments of `apply-change`. */
  async preview(tool, args) {
    const previewed = await this.call(tool, args);
    if (previewed.isError) throw new Error(text(previewed));
    const { plan, acknowledge } = previewed.structuredContent;
    return acknowledge ? { plan, acknowledge } : { plan };
  }

  async change(tool, args, options) {
    return this.call("apply-change", await this.preview(tool, args), options);
  }
}

/** Answers forms after a delay, and records them. */
export class Person {
  asked = [];

  constructor(action, content, after = TIME_TO_READ) {
    Object.assign(this, { action, content, after });
    this.isAsked = new Promise((tell) => (this.tell = tell));
  }

  async answer(form) {
    this.asked.push(form);
    this.tell();
    await sleep(this.after);
    return { action: this.action, ...(this.content && { content: this.content }) };
  }
}

export function text(result) {
  return result.content.map((part) => part.text).join("");
}

/** The encodings that a text may hide in: plain, backwards, and encoded. */
export function forms(secret) {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  // The position in the encoded text determines one of three alignments. The ends, which depend on
  // the neighbours, are left out.
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64").replace(/=+$/, "");
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const base64url = base64.map((it) => it.replaceAll("+", "-").replaceAll("/", "_"));
  const url = [encodeURIComponent(secret), new URLSearchParams([["", secret]]).toString().slice(1)];
  const text = [secret, [...secret].reverse().join(""), JSON.stringify(secret).slice(1, -1)];
  const all = [...text, ...url, hex, hex.toUpperCase(), ...base64, ...base64url];
  return [...new Set(all)];
}

/** The encodings of a secret that occur in the received text. */
export function found(secret, received) {
  const all = Array.isArray(received) ? received.join("\n") : JSON.stringify(received);
  return forms(secret).filter((form) => all.includes(form));
}
