"""The typed helpers of the official openai package: parse, stream, completions, embeddings, responses."""

import sys
from typing import Literal

import openai
from pydantic import BaseModel

client = openai.OpenAI(base_url=f"{sys.argv[1]}/v1", api_key="not-required", max_retries=0)


class Mood(BaseModel):
    mood: Literal["good", "bad"]
    sure: bool


question = [{"role": "user", "content": "I won the lottery! How do I feel?"}]

parsed = client.chat.completions.parse(model="smollm2", messages=question, response_format=Mood, max_tokens=60)
assert isinstance(parsed.choices[0].message.parsed, Mood), parsed

with client.chat.completions.stream(
    model="smollm2", messages=question, response_format=Mood, max_tokens=60
) as stream:
    kinds = [event.type for event in stream]
    final = stream.get_final_completion()
assert "content.delta" in kinds and "content.done" in kinds, kinds
assert isinstance(final.choices[0].message.parsed, Mood), final

tool = {
    "type": "function",
    "function": {
        "name": "set_mood",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"mood": {"enum": ["good", "bad"]}},
            "required": ["mood"],
            "additionalProperties": False,
        },
    },
}
with client.chat.completions.stream(
    model="smollm2", messages=question, tools=[tool], tool_choice="required", max_tokens=60
) as stream:
    for _ in stream:
        pass
    call = stream.get_final_completion().choices[0].message.tool_calls[0]
assert call.id and call.function.name == "set_mood", call
assert call.function.parsed_arguments["mood"] in ("good", "bad"), call

likely = client.chat.completions.create(
    model="smollm2", messages=question, logprobs=True, top_logprobs=3, max_tokens=2, temperature=0
)
assert len(likely.choices[0].logprobs.content[0].top_logprobs) == 3, likely

several = client.chat.completions.create(model="smollm2", messages=question, n=2, max_tokens=4)
assert [choice.index for choice in several.choices] == [0, 1], several

text = client.completions.create(model="smollm2", prompt="One, two, three,", max_tokens=5, temperature=0, logprobs=1)
assert text.choices[0].text and text.choices[0].logprobs.tokens, text
pieces = client.completions.create(model="smollm2", prompt="One, two, three,", max_tokens=5, stream=True)
assert "".join(piece.choices[0].text for piece in pieces)

vectors = client.embeddings.create(model="smollm2", input=["a cat", "a dog"], dimensions=32)
assert [len(item.embedding) for item in vectors.data] == [32, 32], vectors

response = client.responses.create(model="smollm2", input="Say hello.", max_output_tokens=20)
assert response.status in ("completed", "incomplete") and response.output_text, response
assert client.responses.retrieve(response.id).id == response.id

follow = client.responses.create(
    model="smollm2", input="And now goodbye.", previous_response_id=response.id, max_output_tokens=20
)
assert follow.usage.input_tokens > response.usage.input_tokens, (follow.usage, response.usage)

structured = client.responses.parse(model="smollm2", input="I won!", text_format=Mood, max_output_tokens=60)
assert isinstance(structured.output_parsed, Mood), structured

# A form that ends by itself: the package only gives a final response that is complete.
with client.responses.stream(model="smollm2", input="I won!", text_format=Mood, max_output_tokens=60) as stream:
    events = list(stream)
    final = stream.get_final_response()
assert events[0].type == "response.created" and final.output_text, events
assert [event.sequence_number for event in events] == list(range(len(events))), events

client.responses.delete(response.id)
try:
    client.responses.retrieve(response.id)
    raise AssertionError("a deleted response was found")
except openai.NotFoundError:
    pass

print("all good")
