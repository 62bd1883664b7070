// Drives the emulator with Infisical's Node SDK. Takes the file that the emulator announced itself in.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { InfisicalSDK } from "@infisical/sdk";

const where = JSON.parse(readFileSync(process.argv[2], "utf8"));
const isV4 = where.apiVersion === "v4";
const projectId = where.projectId;

/** A client that is logged in as one of the emulator's identities. */
async function client(name) {
  const { clientId, clientSecret } = where[name];
  return new InfisicalSDK({ siteUrl: where.origin }).auth().universalAuth.login({ clientId, clientSecret });
}

const at = (secretPath, more = {}) => ({ environment: "dev", projectId, secretPath, ...more });
const keys = (secrets) => secrets.map((secret) => secret.secretKey).sort();
// The SDK says `StatusCode=404` where the server sent a text, `status 401` where it sent a list.
const refused = (promise, status) =>
  assert.rejects(promise, (error) => new RegExp(`status(code=| )${status}\\b`, "i").test(error.message));

const checks = {
  async lists() {
    const secrets = (await client("reader")).secrets();
    assert.deepEqual(keys((await secrets.listSecrets(at("/app"))).secrets), ["SERVICE_URL", "STRIPE_API_KEY"]);
    const deep = await secrets.listSecrets(at("/app", { recursive: true }));
    assert.deepEqual(keys(deep.secrets), ["DB_PASSWORD", "DB_USER", "SERVICE_URL", "STRIPE_API_KEY"]);
    const tagged = await secrets.listSecrets(at("/", { recursive: true, tagSlugs: ["rotated", "payments"] }));
    assert.deepEqual(keys(tagged.secrets), ["DB_PASSWORD", "INVOICE_SIGNING_KEY", "STRIPE_API_KEY"]);
  },

  async imports() {
    const secrets = (await client("reader")).secrets();
    const listed = await secrets.listSecretsWithImports(at("/billing"));
    assert.deepEqual(keys(listed), ["INVOICE_SIGNING_KEY", "SMTP_PASSWORD"]);
  },

  async gets() {
    const secrets = (await client("reader")).secrets();
    const secret = await secrets.getSecret(at("/app", { secretName: "SERVICE_URL" }));
    assert.equal(
      secret.secretValue,
      "https://svc:canary-value-dev-db-password@api.internal/?k=canary-value-dev-service",
    );
    const raw = await secrets.getSecret(
      at("/app", { secretName: "SERVICE_URL", expandSecretReferences: false }),
    );
    assert.match(raw.secretValue, /\$\{dev\.app\.db\.DB_PASSWORD\}/);
  },

  async hidesValues() {
    const secrets = (await client("reader")).secrets();
    const listed = await secrets.listSecrets(at("/app/db", { viewSecretValue: false }));
    for (const secret of listed.secrets) {
      // An old server doesn't know the parameter.
      assert.equal(secret.secretValue === "<hidden-by-infisical>", isV4);
      assert.equal(secret.secretValueHidden, isV4 ? true : undefined);
    }
  },

  async writes() {
    const secrets = (await client("writer")).secrets();
    const made = await secrets.createSecret(
      "NODE_NEW",
      at("/app", { secretValue: "  one ", secretComment: "made by the SDK" }),
    );
    assert.deepEqual([made.secret.secretValue, made.secret.version], ["one", 1]);
    await refused(secrets.createSecret("NODE_NEW", at("/app", { secretValue: "x" })), 400);
    const changed = await secrets.updateSecret("NODE_NEW", at("/app", { secretValue: "two" }));
    assert.deepEqual([changed.secret.secretValue, changed.secret.version], ["two", 2]);
    const renamed = await secrets.updateSecret(
      "NODE_NEW",
      at("/app", { secretValue: "three", newSecretName: "NODE RENAMED+" }),
    );
    assert.deepEqual([renamed.secret.secretKey, renamed.secret.id], ["NODE RENAMED+", made.secret.id]);
    const got = await secrets.getSecret(at("/app", { secretName: "NODE RENAMED+" }));
    assert.deepEqual([got.secretValue, got.secretComment], ["three", "made by the SDK"]);
    // No server says who wrote it.
    assert.equal(got.actor, undefined);
    const gone = await secrets.deleteSecret("NODE RENAMED+", at("/app"));
    assert.equal(gone.secret.id, made.secret.id);
    await refused(secrets.getSecret(at("/app", { secretName: "NODE RENAMED+" })), 404);
  },

  async leavesValuesAlone() {
    const secrets = (await client("writer")).secrets();
    const change = secrets.updateSecret("STRIPE_API_KEY", at("/app", { secretComment: "only a comment" }));
    if (!isV4) {
      // An old server wants the value in every update.
      await refused(change, 401);
      return;
    }
    // The answer has what was sent; the stored value stays.
    assert.equal((await change).secret.secretValue, "");
    const got = await secrets.getSecret(at("/app", { secretName: "STRIPE_API_KEY" }));
    assert.deepEqual([got.secretValue, got.secretComment], ["sk_test_canary-value-dev-stripe", "only a comment"]);
  },

  async renews() {
    const sdk = await client("reader");
    const renewed = await sdk.auth().universalAuth.renew();
    const listed = await renewed.secrets().listSecrets(at("/app"));
    assert.equal(listed.secrets.length, 2);
  },

  async folders() {
    const folders = (await client("writer")).folders();
    const made = await folders.create({ name: "node", path: "/", projectId, environment: "dev" });
    assert.equal(made.name, "node");
    const listed = await folders.listFolders({ path: "/", projectId, environment: "dev" });
    assert.ok(listed.some((folder) => folder.id === made.id));
  },

  async refusals() {
    const reader = (await client("reader")).secrets();
    await refused(reader.createSecret("NO", at("/", { secretValue: "x" })), 403);
    await refused(reader.deleteSecret("DATABASE_URL", at("/")), 403);
    await refused((await client("outsider")).secrets().listSecrets(at("/")), 403);
    const { clientId } = where.reader;
    await refused(
      new InfisicalSDK({ siteUrl: where.origin }).auth().universalAuth.login({ clientId, clientSecret: "wrong" }),
      401,
    );
    const missing = reader.listSecrets(at("/no/such"));
    if (isV4) await refused(missing, 404);
    else assert.deepEqual((await missing).secrets, []);
  },
};

let failures = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    failures += 1;
    console.error(error);
    console.log(`not ok ${name}`);
  }
}
process.exitCode = failures === 0 ? 0 : 1;
