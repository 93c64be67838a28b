"""The official openai package against a gateway: plain answer, stream, models and typed errors."""

import sys

import openai

client = openai.OpenAI(base_url=f"{sys.argv[1]}/v1", api_key="not-required", max_retries=0)
messages = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "What is 2+2?"},
]

answer = client.chat.completions.create(model="gpt-oss-20b", messages=messages, max_tokens=100)
assert answer.choices[0].message.content, answer
assert answer.model == "smollm2", answer.model
assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens

pieces = []
usage = None
for chunk in client.chat.completions.create(
    model="smollm2", messages=messages, max_tokens=40, stream=True, stream_options={"include_usage": True}
):
    if chunk.choices:
        pieces.append(chunk.choices[0].delta.content or "")
    usage = chunk.usage or usage
assert len(pieces) > 3 and "".join(pieces), pieces
assert usage.completion_tokens > 0, usage

assert "gpt-oss-20b" in [model.id for model in client.models.list()]

try:
    client.chat.completions.create(model="none", messages=messages)
    raise AssertionError("an unknown model was accepted")
except openai.NotFoundError as error:
    assert error.code == "model_not_found", error
    assert error.request_id, error

print("all good")
