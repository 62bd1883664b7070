"""Approval by a person in the client's form. A program's answer doesn't count as a person's."""

import anyio
import mcp.types as types
import pytest

pytestmark = pytest.mark.anyio

TIME_TO_READ = 1.2


class Person:
    """Answers forms after a delay, and records them."""

    def __init__(self, action, after=TIME_TO_READ, **content):
        self.action, self.after, self.content, self.asked = action, after, content, []

    async def __call__(self, context, params):
        self.asked.append(params)
        await anyio.sleep(self.after)
        return types.ElicitResult(action=self.action, content=self.content or None)


def text(result):
    return "".join(part.text for part in result.content)


@pytest.fixture
def careful(on_with):
    on = on_with(top=['approval = "all"'], forms=True)
    on.writes_on()
    return on


async def preview(client, name="ASKED"):
    previewed = await client.call_tool("create-secret", {"name": name, "value": "canary-in-a-form"})
    return {"plan": previewed.structured_content["plan"]}


async def test_ticking_the_box_after_reading_approves(connect, careful):
    person = Person("accept", approve=True)
    async with connect(careful, elicitation_callback=person) as client:
        applied = await client.call_tool("apply-change", await preview(client))
        assert applied.structured_content["outcome"] == "applied", text(applied)
        (asked,) = person.asked
        assert "ASKED" in asked.message and "create secret" in asked.message and "canary" not in str(asked)
        assert asked.requested_schema["properties"]["approve"]["default"] is False
        approval = applied.structured_content["approval"]
        assert (approval["how"], approval["independence"]) == ("form", "cant-tell"), "the receipt names the approval"
    approvals = [record["approver"] for record in careful.records() if "approver" in record]
    assert [approver["how"] for approver in approvals] == ["form"], "the audit trail records how it was approved"


@pytest.mark.parametrize(
    "person",
    [
        Person("accept", after=0, approve=True),
        Person("decline", after=0),
        Person("cancel"),
        Person("accept"),
        Person("accept", approve="yes"),
    ],
    ids=["accepts at once", "declines at once", "closes the form", "leaves the box out", "says something else"],
)
async def test_refers_unclear_answers_to_the_terminal(connect, careful, person):
    person.asked.clear()
    async with connect(careful, elicitation_callback=person) as client:
        plan = await preview(client)
        refused = await client.call_tool("apply-change", plan)
        assert refused.is_error and f"infisical-skill plans approve {plan['plan']}" in text(refused)
        assert len(person.asked) == 1
        still = await client.call_tool("apply-change", plan)
        assert still.is_error and "rejected" not in text(still), "the plan is still there"


@pytest.mark.parametrize("person", [Person("decline"), Person("accept", approve=False)], ids=["declines", "leaves the default"])
async def test_declining_rejects_the_plan(connect, careful, person):
    async with connect(careful, elicitation_callback=person) as client:
        plan = await preview(client)
        refused = await client.call_tool("apply-change", plan)
        assert refused.is_error and "a person rejected this plan" in text(refused).lower()
        again = await client.call_tool("apply-change", plan)
        assert again.is_error and "a person rejected this plan" in text(again).lower()


async def test_refers_clients_without_permitted_forms_to_the_terminal(connect, careful, on_with):
    async with connect(careful) as client:
        refused = await client.call_tool("apply-change", await preview(client))
        assert refused.is_error and "plans approve" in text(refused)
    on = on_with(top=['approval = "all"'])
    on.writes_on()
    person = Person("accept", approve=True)
    async with connect(on, elicitation_callback=person) as client:
        refused = await client.call_tool("apply-change", await preview(client))
        assert refused.is_error and "plans approve" in text(refused) and not person.asked


async def test_a_models_arguments_approve_nothing(connect, careful):
    async with connect(careful) as client:
        plan = await preview(client)
        for extra in ({"approve": True}, {"approved": True}, {"inputResponses": {"approve": {"action": "accept"}}}):
            refused = await client.call_tool("apply-change", {**plan, **extra})
            assert refused.is_error and "unknown field" in text(refused)


async def test_does_not_ask_when_apply_would_fail_anyway(connect, on_with):
    on = on_with(top=['approval = "all"'], forms=True)
    person = Person("accept", approve=True)
    async with connect(on, elicitation_callback=person) as client:
        refused = await client.call_tool("apply-change", await preview(client))
        assert refused.is_error and "kill switch" in text(refused) and not person.asked, "changes are off"
        on.writes_on()
        wrong = await client.call_tool("apply-change", {**await preview(client, "B"), "acknowledge": "whatever"})
        assert wrong.is_error and not person.asked, "a phrase that isn't the plan's"


async def test_does_not_ask_if_operator_requires_no_approval(connect, on_with):
    on = on_with(top=['approval = "none"'], forms=True)
    on.writes_on()
    person = Person("decline")
    async with connect(on, elicitation_callback=person) as client:
        applied = await client.call_tool("apply-change", await preview(client))
        assert applied.structured_content["outcome"] == "applied" and not person.asked


async def test_answer_is_valid_once_for_its_plan_and_session(transport, connect, careful, revision):
    if revision == "legacy":
        pytest.skip("the client carries answers from 2026-07-28 on")
    async with connect(careful, elicitation_callback=Person("accept")) as client:
        first, second = await preview(client), await preview(client, "OTHER")

        async def once(plan, **more):
            return await client.session.call_tool("apply-change", plan, allow_input_required=True, **more)

        async def question(plan):
            asked = await once(plan)
            assert list(asked.input_requests) == ["approve"] and "canary" not in str(asked)
            await anyio.sleep(TIME_TO_READ)
            return asked.request_state

        yes = {"approve": types.ElicitResult(action="accept", content={"approve": True})}
        for state in ("", "guess", (await question(first))[:-1] + "x"):
            refused = await once(first, input_responses=yes, request_state=state)
            assert refused.is_error and "question" in text(refused)
        refused = await once(second, input_responses=yes, request_state=await question(first))
        assert refused.is_error and "question" in text(refused), "another plan's"
        async with connect(careful, elicitation_callback=Person("accept")) as stranger:
            stolen = await question(first)
            refused = await stranger.session.call_tool(
                "apply-change", first, input_responses=yes, request_state=stolen, allow_input_required=True
            )
            assert refused.is_error and "question" in text(refused), "another session's"
        state = await question(first)
        applied = await once(first, input_responses=yes, request_state=state)
        assert applied.structured_content["outcome"] == "applied", text(applied)
        refused = await once(first, input_responses=yes, request_state=state)
        assert refused.is_error and "question" in text(refused), "a second time"
