"""The official mcp package against a gateway, by its bare address: probe, tools, progress, errors, cancellation."""

import asyncio
import sys

from mcp import Client

CATEGORIES = ["bug", "feature", "question"]


async def main(url: str) -> None:
    async with Client(url) as client:
        tools = await client.list_tools()
        assert [tool.name for tool in tools.tools] == ["classify", "extract", "summarize", "rewrite", "chat"], tools

        steps = []

        async def on_progress(progress, total, message):
            steps.append((progress, total))

        result = await client.call_tool(
            "classify", {"text": "The login form crashes.", "categories": CATEGORIES}, progress_callback=on_progress
        )
        assert not result.is_error, result
        found = result.structured_content
        assert found["category"] in CATEGORIES and 0 < found["confidence"] < 1, found
        assert abs(sum(entry["probability"] for entry in found["probabilities"]) - 1) < 1e-6, found
        assert steps[-1] == (3, 3), steps

        refused = await client.call_tool("classify", {"text": "x", "categories": ["one", 2]})
        assert refused.is_error and refused.content[0].text == "categories[1] must be a string.", refused

        long = client.call_tool("chat", {"message": "Write a very long story about a ship. Do not stop.", "max_tokens": 900})
        try:
            await asyncio.wait_for(long, 0.3)
            raise AssertionError("it was not cancelled")
        except asyncio.TimeoutError:
            pass
        short = await client.call_tool("chat", {"message": "hi", "max_tokens": 4})
        assert not short.is_error, short


asyncio.run(main(sys.argv[1]))
print("all good")
