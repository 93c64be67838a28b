import { lines, quoted, shellQuoted, someKey, spacedJson } from './snippet-text.translate';
import type { Place, Snippet } from './snippet.types';

function python({ origin, key, model, question }: Place): Snippet {
  const code = lines(
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${quoted(`${origin}/v1`)}, api_key=${quoted(someKey(key))})`,
    '',
    'answer = client.chat.completions.create(',
    `    model=${quoted(model)},`,
    `    messages=[{"role": "user", "content": ${quoted(question)}}],`,
    ')',
    'print(answer.choices[0].message.content)',
  );
  return { id: 'openai-python', title: 'Python', language: 'python', install: 'pip install openai', code };
}

function javascript({ origin, key, model, question }: Place): Snippet {
  const code = lines(
    "import OpenAI from 'openai';",
    '',
    `const client = new OpenAI({ baseURL: ${quoted(`${origin}/v1`)}, apiKey: ${quoted(someKey(key))} });`,
    '',
    'const stream = await client.chat.completions.create({',
    `  model: ${quoted(model)},`,
    `  messages: [{ role: 'user', content: ${quoted(question)} }],`,
    '  stream: true,',
    '});',
    'for await (const chunk of stream) {',
    "  process.stdout.write(chunk.choices[0]?.delta?.content ?? '');",
    '}',
  );
  return { id: 'openai-javascript', title: 'JavaScript', language: 'javascript', install: 'npm install openai', code };
}

function curl({ origin, key, model, question }: Place): Snippet {
  const body = spacedJson({ model, messages: [{ role: 'user', content: question }] });
  const code = lines(
    `curl ${shellQuoted(`${origin}/v1/chat/completions`)} \\`,
    key === undefined ? undefined : `  -H ${shellQuoted(`Authorization: Bearer ${key}`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d ${shellQuoted(body)}`,
  );
  return { id: 'openai-curl', title: 'curl', language: 'bash', code };
}

function environment({ origin, key }: Place): Snippet {
  const code = lines(
    `export OPENAI_BASE_URL=${shellQuoted(`${origin}/v1`)}`,
    `export OPENAI_API_KEY=${shellQuoted(someKey(key))}`,
  );
  return { id: 'openai-environment', title: 'OPENAI_BASE_URL', language: 'bash', note: 'anyProgramNote', code };
}

function responsesPython({ origin, key, model, question }: Place): Snippet {
  const code = lines(
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${quoted(`${origin}/v1`)}, api_key=${quoted(someKey(key))})`,
    '',
    `response = client.responses.create(model=${quoted(model)}, input=${quoted(question)})`,
    'print(response.output_text)',
  );
  const install = 'pip install openai';
  return { id: 'responses-python', title: 'Python', language: 'python', install, note: 'responsesNote', code };
}

function responsesJavascript({ origin, key, model, question }: Place): Snippet {
  const code = lines(
    "import OpenAI from 'openai';",
    '',
    `const client = new OpenAI({ baseURL: ${quoted(`${origin}/v1`)}, apiKey: ${quoted(someKey(key))} });`,
    '',
    `const response = await client.responses.create({ model: ${quoted(model)}, input: ${quoted(question)} });`,
    'console.log(response.output_text);',
  );
  return {
    id: 'responses-javascript',
    title: 'JavaScript',
    language: 'javascript',
    install: 'npm install openai',
    code,
  };
}

/**
 * Codex by options alone, so that its own settings stay as they are
 * (https://developers.openai.com/codex/config-reference). Texts of TOML are quoted as those of JSON.
 */
function codex({ origin, key, model }: Place): Snippet {
  const provider = [
    `name = ${quoted('Local LLM')}`,
    `base_url = ${quoted(`${origin}/v1`)}`,
    `wire_api = ${quoted('responses')}`,
    `env_key = ${quoted('LOCAL_LLM_KEY')}`,
  ].join(', ');
  const code = lines(
    `export LOCAL_LLM_KEY=${shellQuoted(someKey(key))}`,
    `codex -m ${shellQuoted(model)} \\`,
    `  -c ${shellQuoted(`model_provider=${quoted('local')}`)} \\`,
    `  -c ${shellQuoted(`model_providers.local={ ${provider} }`)} \\`,
    `  -c ${shellQuoted(`web_search=${quoted('disabled')}`)}`,
  );
  const install = 'npm install -g @openai/codex';
  return { id: 'codex', title: 'Codex', language: 'bash', install, note: 'codexNote', code };
}

/** Snippets for chat with OpenAI's packages, curl, and programs that read OpenAI's variables. */
export function openaiSnippets(place: Place): Snippet[] {
  return [python(place), javascript(place), curl(place), environment(place)];
}

/** Snippets for the Responses API, and Codex, which talks it. */
export function responsesSnippets(place: Place): Snippet[] {
  return [responsesPython(place), responsesJavascript(place), codex(place)];
}
