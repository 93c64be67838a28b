"""langchain-openai against a gateway: invoke, stream, batch, structured output, tools, embeddings."""

import sys

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, Field

address = f"{sys.argv[1]}/v1"
llm = ChatOpenAI(base_url=address, api_key="not-required", model="smollm2", temperature=0, max_tokens=60, max_retries=0)

answer = llm.invoke([("system", "You are a helpful assistant."), ("human", "What is the capital of France?")])
assert "Paris" in answer.content, answer
assert answer.usage_metadata["total_tokens"] > 0, answer.usage_metadata

pieces = [chunk.content for chunk in llm.stream("Say hello to me.")]
assert len(pieces) > 2 and "".join(pieces), pieces

answers = llm.batch(["Say one.", "Say two."])
assert len(answers) == 2 and all(each.content for each in answers), answers


class Mood(BaseModel):
    """How somebody feels."""

    happy: bool = Field(description="Whether the person is happy")
    colour: str = Field(description="A colour that fits", max_length=12)


mood = llm.with_structured_output(Mood, method="json_schema").invoke("I won the lottery and everything is golden!")
assert isinstance(mood, Mood), mood


@tool
def multiply(first: int, second: int) -> int:
    """Multiplies two numbers."""
    return first * second


called = llm.bind_tools([multiply], tool_choice="multiply").invoke("What is 6 times 7?")
assert called.tool_calls and called.tool_calls[0]["name"] == "multiply", called
assert set(called.tool_calls[0]["args"]) == {"first", "second"}, called.tool_calls

embeddings = OpenAIEmbeddings(
    base_url=address, api_key="not-required", model="smollm2", check_embedding_ctx_length=False, max_retries=0
)
vectors = embeddings.embed_documents(["a cat", "a dog"])
assert len(vectors) == 2 and len(vectors[0]) == len(vectors[1]) > 100, [len(vector) for vector in vectors]
assert len(embeddings.embed_query("a cat")) == len(vectors[0])

print("all good")
