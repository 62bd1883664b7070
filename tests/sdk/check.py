"""Drives the emulator with Infisical's Python SDK. Takes the file that the emulator announced itself in."""

import json
import sys
import traceback

from infisical_sdk import InfisicalSDKClient
from infisical_sdk.infisical_requests import APIError

with open(sys.argv[1], encoding="utf-8") as announced:
    WHERE = json.load(announced)
IS_V4 = WHERE["apiVersion"] == "v4"
PROJECT = WHERE["projectId"]
DEV = {"environment_slug": "dev", "project_id": PROJECT}
FAILURES = []


def client(name):
    """A client that is logged in as one of the emulator's identities, and asks anew every time."""
    sdk = InfisicalSDKClient(host=WHERE["origin"], cache_ttl=None)
    who = WHERE[name]
    login = sdk.auth.universal_auth.login(client_id=who["clientId"], client_secret=who["clientSecret"])
    assert (login.tokenType, login.expiresIn, login.accessTokenMaxTTL) == ("Bearer", 7200, 86400), login
    return sdk


def refused(status, call, *args, **kwargs):
    """Checks that the server answers with this status, and gives its error."""
    try:
        call(*args, **kwargs)
    except APIError as error:
        assert error.status_code == status, f"{error.status_code} instead of {status}: {error}"
        return error
    raise AssertionError(f"not refused with {status}")


def keys(secrets):
    return sorted(secret.secretKey for secret in secrets)


def lists():
    reader = client("reader")
    listed = reader.secrets.list_secrets(secret_path="/app", **DEV)
    assert keys(listed.secrets) == ["SERVICE_URL", "STRIPE_API_KEY"], listed
    deep = reader.secrets.list_secrets(secret_path="/app", recursive=True, **DEV)
    assert keys(deep.secrets) == ["DB_PASSWORD", "DB_USER", "SERVICE_URL", "STRIPE_API_KEY"], deep
    tagged = reader.secrets.list_secrets(secret_path="/", recursive=True, tag_filters=["infra"], **DEV)
    assert keys(tagged.secrets) == ["DATABASE_URL", "DB_PASSWORD"], tagged
    by_slug = reader.secrets.list_secrets(environment_slug="dev", secret_path="/app", project_slug="agent-vault")
    assert keys(by_slug.secrets) == keys(listed.secrets), by_slug


def imports():
    listed = client("reader").secrets.list_secrets(secret_path="/billing", **DEV)
    assert keys(listed.secrets) == ["INVOICE_SIGNING_KEY"], listed
    assert len(listed.imports) == 1 and listed.imports[0].environment == "staging", listed.imports


def gets():
    reader = client("reader")
    secret = reader.secrets.get_secret_by_name("SERVICE_URL", secret_path="/app", **DEV)
    expected = "https://svc:canary-value-dev-db-password@api.internal/?k=canary-value-dev-service"
    assert (secret.secretValue, secret.version, secret.type) == (expected, 1, "shared"), secret
    raw = reader.secrets.get_secret_by_name(
        "SERVICE_URL", secret_path="/app", expand_secret_references=False, **DEV
    )
    assert "${dev.app.db.DB_PASSWORD}" in raw.secretValue, raw


def hides_values():
    reader = client("reader")
    secret = reader.secrets.get_secret_by_name("DB_USER", secret_path="/app/db", view_secret_value=False, **DEV)
    if IS_V4:
        assert (secret.secretValue, secret.secretValueHidden) == ("<hidden-by-infisical>", True), secret
    else:
        # An old server doesn't know the parameter.
        assert secret.secretValue == "canary-value-dev-db-user", secret


def writes():
    writer = client("writer")
    place = {"secret_path": "/app", **DEV}
    made = writer.secrets.create_secret_by_name(
        "PY_NEW", secret_value="  one ", secret_comment="made by the SDK", **place
    )
    assert (made.secretKey, made.secretValue, made.version) == ("PY_NEW", "one", 1), made
    refused(400, writer.secrets.create_secret_by_name, "PY_NEW", secret_value="x", **place)
    changed = writer.secrets.update_secret_by_name("PY_NEW", secret_value="two", **place)
    assert (changed.secretValue, changed.version, changed.id) == ("two", 2, made.id), changed
    renamed = writer.secrets.update_secret_by_name(
        "PY_NEW", secret_value="three", new_secret_name="PY_RENAMED", **place
    )
    assert (renamed.secretKey, renamed.version) == ("PY_RENAMED", 3), renamed
    got = writer.secrets.get_secret_by_name("PY_RENAMED", **place)
    assert (got.secretValue, got.secretComment) == ("three", "made by the SDK"), got
    error = refused(404, writer.secrets.get_secret_by_name, "PY_NEW", **place)
    assert "Secret with name 'PY_NEW' not found" in str(error), error
    gone = writer.secrets.delete_secret_by_name("PY_RENAMED", **place)
    assert gone.id == made.id, gone
    refused(404, writer.secrets.get_secret_by_name, "PY_RENAMED", **place)


def older_versions():
    writer = client("writer")
    place = {"secret_path": "/", **DEV}
    writer.secrets.update_secret_by_name("SENTRY_DSN", secret_value="second", **place)
    first = writer.secrets.get_secret_by_name("SENTRY_DSN", version=1, **place)
    # An old server ignores the version that is asked for.
    assert first.version == (1 if IS_V4 else 2), first


def refusals():
    reader, outsider = client("reader"), client("outsider")
    place = {"secret_path": "/", **DEV}
    refused(403, reader.secrets.create_secret_by_name, "NO", secret_value="x", **place)
    refused(403, reader.secrets.delete_secret_by_name, "DATABASE_URL", **place)
    refused(403, outsider.secrets.list_secrets, **place)
    stranger = InfisicalSDKClient(host=WHERE["origin"], cache_ttl=None)
    who = WHERE["reader"]["clientId"]
    refused(401, stranger.auth.universal_auth.login, client_id=who, client_secret="wrong")
    refused(401, stranger.secrets.list_secrets, **place)


def folders():
    writer = client("writer")
    made = writer.folders.create_folder("python", path="/", **DEV)
    assert (made.name, made.path) == ("python", "/python"), made
    listed = writer.folders.list_folders(path="/", **DEV)
    assert "python" in [folder.name for folder in listed.folders], listed
    deep = writer.folders.list_folders(path="/app", recursive=True, **DEV)
    assert [folder.relativePath for folder in deep.folders] == ["/db"], deep
    got = writer.folders.get_folder_by_id(made.id)
    assert (got.path, got.environment.envSlug) == ("/python", "dev"), got
    renamed = writer.folders.update_folder(made.id, "renamed", description="d", **DEV)
    assert (renamed.path, renamed.description) == ("/renamed", "d"), renamed
    gone = writer.folders.delete_folder(made.id, **DEV)
    assert gone.id == made.id, gone
    refused(400, writer.folders.delete_folder, "app", **DEV)


def no_folders():
    refused(404, client("reader").folders.list_folders, path="/", **DEV)


def run(check):
    try:
        check()
        print(f"ok {check.__name__}")
    except Exception:  # whatever it is, it is this check's failure
        FAILURES.append(check.__name__)
        traceback.print_exc()
        print(f"not ok {check.__name__}")


# The SDK knows the folders of the current API only.
for CHECK in (lists, imports, gets, hides_values, writes, older_versions, folders if IS_V4 else no_folders, refusals):
    run(CHECK)
sys.exit(1 if FAILURES else 0)
