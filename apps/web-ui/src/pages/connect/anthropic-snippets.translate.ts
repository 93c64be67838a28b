import { lines, quoted, shellQuoted, someKey } from './snippet-text.translate';
import type { Place, Snippet } from './snippet.types';

function python({ origin, key, model, question }: Place): Snippet {
  const code = lines(
    'from anthropic import Anthropic',
    '',
    `client = Anthropic(base_url=${quoted(origin)}, api_key=${quoted(someKey(key))})`,
    '',
    'message = client.messages.create(',
    `    model=${quoted(model)},`,
    '    max_tokens=256,',
    `    messages=[{"role": "user", "content": ${quoted(question)}}],`,
    ')',
    'print(message.content[0].text)',
  );
  return { id: 'anthropic-python', title: 'Python', language: 'python', install: 'pip install anthropic', code };
}

function javascript({ origin, key, model, question }: Place): Snippet {
  const code = lines(
    "import Anthropic from '@anthropic-ai/sdk';",
    '',
    `const client = new Anthropic({ baseURL: ${quoted(origin)}, apiKey: ${quoted(someKey(key))} });`,
    '',
    'const stream = client.messages.stream({',
    `  model: ${quoted(model)},`,
    '  max_tokens: 256,',
    `  messages: [{ role: 'user', content: ${quoted(question)} }],`,
    '});',
    "stream.on('text', (text) => process.stdout.write(text));",
    'await stream.finalMessage();',
  );
  const install = 'npm install @anthropic-ai/sdk';
  return { id: 'anthropic-javascript', title: 'JavaScript', language: 'javascript', install, code };
}

/** The variables of Claude Code (https://code.claude.com/docs/en/env-vars); a key of Anthropic's would win over the token. */
function claudeCode({ origin, key, model }: Place): Snippet {
  const code = lines(
    'unset ANTHROPIC_API_KEY',
    `export ANTHROPIC_BASE_URL=${shellQuoted(origin)}`,
    `export ANTHROPIC_AUTH_TOKEN=${shellQuoted(someKey(key))}`,
    `export ANTHROPIC_MODEL=${shellQuoted(model)}`,
    `export ANTHROPIC_DEFAULT_OPUS_MODEL=${shellQuoted(model)}`,
    `export ANTHROPIC_DEFAULT_SONNET_MODEL=${shellQuoted(model)}`,
    `export ANTHROPIC_DEFAULT_HAIKU_MODEL=${shellQuoted(model)}`,
    'claude',
  );
  return { id: 'claude-code', title: 'Claude Code', language: 'bash', note: 'claudeCodeNote', code };
}

/**
 * The settings of opencode in a variable (https://opencode.ai/docs/config). In this dialect it is told when a prompt
 * cannot be made to fit; in that of chats it would try again without end.
 */
function opencode({ origin, key, model }: Place): Snippet {
  const settings = {
    model: `local/${model}`,
    small_model: `local/${model}`,
    provider: {
      local: {
        npm: '@ai-sdk/anthropic',
        name: 'Local LLM',
        options: { baseURL: `${origin}/v1`, apiKey: someKey(key) },
        models: { [model]: { name: model } },
      },
    },
  };
  const code = lines(
    `export OPENCODE_CONFIG_CONTENT=${shellQuoted(JSON.stringify(settings, undefined, 2))}`,
    'opencode',
  );
  const install = 'npm install -g opencode-ai';
  return { id: 'opencode', title: 'opencode', language: 'bash', install, note: 'opencodeNote', code };
}

/** Snippets for Anthropic's packages, Claude Code and opencode. */
export function anthropicSnippets(place: Place): Snippet[] {
  return [python(place), javascript(place), claudeCode(place), opencode(place)];
}
