"""Talks to the gateway with the official Ollama package, as a user would."""

import sys

from ollama import Client, ResponseError

client = Client(host=sys.argv[1])
MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
OPTIONS = {"temperature": 0, "num_predict": 24}

answer = client.chat(model="smollm2", messages=MESSAGES, options=OPTIONS)
assert answer.message.content.strip(), answer
assert answer.done and answer.done_reason in ("stop", "length"), answer
assert answer.total_duration > answer.eval_duration > 0, answer

pieces = list(client.chat(model="smollm2", messages=MESSAGES, options=OPTIONS, stream=True))
assert "".join(piece.message.content for piece in pieces) == answer.message.content
assert len(pieces) > 5 and pieces[-1].eval_count == answer.eval_count

text = client.generate(model="smollm2", prompt="Say hello.", options=OPTIONS)
assert text.response and text.context, text
raw = client.generate(model="smollm2", prompt="1, 2, 3, 4,", raw=True, options=OPTIONS)
assert "5" in raw.response, raw


def add(a: int, b: int) -> int:
    """Adds two numbers.

    Args:
      a: The first number
      b: The second number
    """
    return a + b


tools = client.chat(model="smollm2", messages=MESSAGES, tools=[add], options=OPTIONS)
assert tools.done, tools
schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
formed = client.chat(model="smollm2", messages=MESSAGES, format=schema, options={**OPTIONS, "num_predict": 100})
assert formed.message.content.lstrip().startswith("{"), formed

vectors = client.embed(model="smollm2", input=["sky", "sea"]).embeddings
assert [len(vector) for vector in vectors] == [576, 576]

assert "smollm2:latest" in [model.model for model in client.list().models]
shown = client.show("smollm2")
assert shown.details.family == "llama" and "completion" in shown.capabilities, shown
assert [model.model for model in client.ps().models] == ["smollm2:latest"]

try:
    client.chat(model="nope", messages=MESSAGES)
    raise SystemExit("a missing model was answered")
except ResponseError as error:
    assert error.status_code == 404 and "not found" in error.error, error
try:
    client.pull("no.such.host/no/model")
    raise SystemExit("a pull from nowhere succeeded")
except ResponseError as error:
    assert error.error, error

print("all good")
