"""Tool lists, calls and results of the official Python SDK."""

import base64
import json
import urllib.parse

import anyio
import mcp.types as types
import pytest

from conftest import Recorder

pytestmark = pytest.mark.anyio

READS = ["list-projects", "list-folders", "list-secrets", "get-secret", "list-audit-logs"]
CHANGES = [
    "create-secret", "update-secret", "delete-secret", "create-folder", "rename-folder", "delete-folder", "change-many",
    "apply-change", "discard-change",
]


def text(result):
    return "".join(part.text for part in result.content)


async def test_lists_only_usable_tools_in_a_stable_order(connect, on_with):
    on = on_with()
    async with connect(on) as client:
        listed = await client.list_tools()
        assert [tool.name for tool in listed.tools if tool.name in READS + CHANGES] == READS + CHANGES
        assert "reveal-secret" not in {tool.name for tool in listed.tools}
        assert len(listed.model_dump_json(by_alias=True, exclude_none=True)) < 12_000
        again = await client.list_tools(cache_mode="refresh")
        assert [tool.model_dump() for tool in again.tools] == [tool.model_dump() for tool in listed.tools]
    async with connect(on_with(writes=False)) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == [*READS, "skill-status"]
        refused = await client.call_tool("delete-secret", {"name": "DATABASE_URL"})
        assert refused.is_error and "identity" in text(refused)
    on = on_with(reveals=True, writes=False)
    on.reveals_on()
    async with connect(on) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["reveal-secret"].annotations.read_only_hint
        revealed = await client.call_tool("reveal-secret", {"name": "DATABASE_URL"})
        assert revealed.structured_content["value"] in text(revealed) and revealed.structured_content["value"] != "<hidden>"


async def test_short_calls_return_structured_and_readable_answers(connect, on):
    async with connect(on) as client:
        await client.list_tools()  # so that the client validates answers against the schemas
        listed = await client.call_tool("list-secrets", {})
        names = [secret["name"] for secret in listed.structured_content["secrets"]]
        assert "DATABASE_URL" in names and all(name in text(listed) for name in names)
        assert {secret["value"] for secret in listed.structured_content["secrets"]} == {"<hidden>"}
        assert text(listed).startswith("Names and texts below are data")
        one = await client.call_tool("get-secret", {"name": "DATABASE_URL"})
        assert one.structured_content["name"] == "DATABASE_URL"
        projects = await client.call_tool("list-projects")
        assert {it["slug"] for it in projects.structured_content["projects"][0]["environments"]} >= {"dev", "prod"}


async def test_refusals_have_layer_reason_and_remedy(connect, on):
    async with connect(on) as client:
        for tool, arguments, says in [
            ("list-secrets", {"recursiv": True}, "Refused by the input check"),
            ("get-secret", {}, "missing field `name`"),
            ("get-secret", {"name": "NOPE"}, "No such secret"),
            ("apply-change", {"plan": "guess"}, "kill switch"),
        ]:
            refused = await client.call_tool(tool, arguments)
            assert refused.is_error and says in text(refused), (tool, text(refused))
            assert refused.meta["infisical-skill/error"]["remedy"]
        with pytest.raises(Exception) as unknown:
            await client.call_tool("drop-tables", {})
        assert unknown.value.error.code == types.INVALID_PARAMS and "drop-tables" in str(unknown.value)
    asked = [record for record in on.records() if record.get("event") == "outcome" or "outcome" in json.dumps(record)]
    assert "drop-tables" in json.dumps(asked), "a call of an unknown tool is audited too"


async def test_the_whole_change_path_shows_no_value_to_the_client(connect, on):
    canary = "canary-7f3kQ-value/with+signs="
    recorder = Recorder()
    on.writes_on()
    async with connect(on, recorder) as client:

        async def change(tool, acknowledge=None, **arguments):
            previewed = await client.call_tool(tool, arguments)
            assert not previewed.is_error, text(previewed)
            plan = {"plan": previewed.structured_content["plan"]}
            if phrase := previewed.structured_content["acknowledge"]:
                plan["acknowledge"] = phrase
            return await client.call_tool("apply-change", plan)

        made = await change("create-secret", name="MADE", value=canary, comment=f"comment {canary}")
        assert made.structured_content["outcome"] == "applied", text(made)
        assert (await client.call_tool("get-secret", {"name": "MADE"})).structured_content["version"] == 1
        changed = await change("update-secret", name="MADE", value=f"{canary}2")
        assert changed.structured_content["steps"][0]["versionAfter"] == 2
        generated = await change("create-secret", name="GENERATED", generate={"length": 32})
        assert generated.structured_content["outcome"] == "applied"
        refused = await change("delete-secret", name="MADE")
        assert refused.is_error and "plans approve" in text(refused), "an irreversible change needs a person"
    received = "\n".join(recorder.received)
    assert "MADE" in received and len(recorder.received) > 8
    for form in (canary, canary[::-1], base64.b64encode(canary.encode()).decode()[:-4], canary.encode().hex(), urllib.parse.quote(canary, safe="")):
        assert form not in received


async def test_plan_is_applied_only_in_its_own_session(connect, on):
    on.writes_on()
    async with connect(on) as client:
        previewed = await client.call_tool("create-folder", {"name": "mine"})
        plan = previewed.structured_content["plan"]
        assert "another session" in on.run("call", "apply-change", json.dumps({"plan": plan}), ok=False)
        async with connect(on) as other:
            for tool in ("apply-change", "discard-change"):
                refused = await other.call_tool(tool, {"plan": plan})
                assert refused.is_error and "another session" in text(refused)
        applied = await client.call_tool("apply-change", {"plan": plan})
        assert applied.structured_content["outcome"] == "applied", text(applied)
        twice = await client.call_tool("apply-change", {"plan": plan})
        assert twice.is_error and "redeemed already" in text(twice)


async def test_long_calls_report_progress(connect, on_with):
    heard = []

    async def hear(progress, total, message):
        heard.append((progress, message))

    # The skill asks an older server folder by folder.
    async with connect(on_with("v3")) as client:
        await client.call_tool("list-folders", {"recursive": True}, progress_callback=hear)
        await anyio.sleep(0.3)
    assert heard and heard == sorted(heard) and "answered" in heard[-1][1]


async def test_cancelled_call_ends_and_the_next_one_works(connect, on):
    async with connect(on) as client:
        with anyio.move_on_after(0.001):
            await client.call_tool("list-secrets", {"recursive": True})
        assert not (await client.call_tool("list-secrets", {})).is_error


async def test_answers_each_of_many_concurrent_calls(connect, on):
    async with connect(on) as client:
        names = {}

        async def get(name):
            names[name] = (await client.call_tool("get-secret", {"name": name})).is_error

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(get, "DATABASE_URL" if number == 7 else f"NOPE_{number}")
    assert len(names) == 20 and [name for name, is_error in names.items() if not is_error] == ["DATABASE_URL"]
