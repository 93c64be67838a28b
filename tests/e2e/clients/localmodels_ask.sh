#!/bin/bash
# Asks one model after the other. Usage: localmodels_ask.sh URL NODE
set -euo pipefail

for model in gpt-oss:20b devstral gemma3; do
  echo "Asking $model"
  curl --silent --show-error --fail --max-time 60 "$1/chat" \
    --header 'Content-Type: application/json' \
    --data "{\"message\": \"Hello, I am $model\", \"model\": \"$model\", \"max_tokens\": 8}" |
    "$2" -e 'console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0)).response))'
  echo "---"
done
