"""A LocalModels client written with requests: questions, models, a comparison and a stream."""

import json
import sys

import requests

URL = sys.argv[1]


class Client:
    def ask(self, message, model="gpt-oss:20b", **options):
        response = requests.post(f"{URL}/chat", json={"message": message, "model": model, **options}, timeout=60)
        if response.status_code != 200:
            raise RuntimeError(response.json()["detail"])
        return response.json()["response"]

    def models(self):
        return requests.get(f"{URL}/models", timeout=60).json()["models"]


def compare(client, question, models):
    results = {}
    for model in models:
        try:
            results[model] = {"status": "success", "response": client.ask(question, model=model, max_tokens=20)}
        except RuntimeError as error:
            results[model] = {"status": "error", "error": str(error)}
    return results


client = Client()
assert client.ask("What is an algorithm?", max_tokens=20), "no answer"
assert any(model["name"].startswith("smollm2") for model in client.models()), client.models()

results = compare(client, "What is an algorithm?", ["gpt-oss:20b", "devstral", "gemma3", "none"])
assert [result["status"] for result in results.values()] == ["success"] * 3 + ["error"], results
assert "none" in results["none"]["error"], results

text = ""
options = {"model": "smollm2", "temperature": 0, "max_tokens": 20}
body = {"message": "What is the capital of France?", "stream": True, **options}
with requests.post(f"{URL}/chat", json=body, stream=True, timeout=60) as response:
    for line in response.iter_lines():
        text += json.loads(line)["response"]
assert text == client.ask(body["message"], **options), text

print("all good")
