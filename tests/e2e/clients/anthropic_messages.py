"""The official anthropic package against a gateway: message, stream, tool, count and typed errors."""

import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="not-required", max_retries=0)
capital = {
    "model": "smollm2",
    "max_tokens": 24,
    "extra_body": {"temperature": 0},
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
tool = {
    "name": "look_up",
    "description": "Looks a city up",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}},
        "required": ["city"],
        "additionalProperties": False,
    },
}

message = client.messages.create(**capital)
assert message.content[0].text, message
assert message.usage.input_tokens > 0, message.usage

with client.messages.stream(**capital) as stream:
    pieces = list(stream.text_stream)
    final = stream.get_final_message()
assert len(pieces) > 3 and "".join(pieces) == final.content[0].text == message.content[0].text, final
assert final.usage.output_tokens == message.usage.output_tokens, final.usage

called = client.messages.create(
    **{**capital, "max_tokens": 80}, tools=[tool], tool_choice={"type": "tool", "name": "look_up"}
)
assert called.stop_reason == "tool_use", called
assert list(called.content[0].input) == ["city"], called

count = client.messages.count_tokens(model=capital["model"], messages=capital["messages"])
assert abs(count.input_tokens - message.usage.input_tokens) <= 4, count

try:
    client.messages.create(**{**capital, "model": "none"})
    raise AssertionError("an unknown model was accepted")
except anthropic.NotFoundError as error:
    assert error.body["error"]["type"] == "not_found_error", error.body
    assert error.request_id, error

print("all good")
