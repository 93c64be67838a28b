import { lines, quoted, shellQuoted } from './snippet-text.translate';
import type { Place, Snippet } from './snippet.types';

/** Where the proxy of a snippet listens: beside the port of Ollama itself. */
const PROXY_PORT = 11_435;

/** The command of Ollama has no option for a key: a few lines of Node in between add it. */
function proxy({ origin }: Place, key: string): Snippet {
  const { protocol, host } = new URL(origin);
  const code = lines(
    `import { request } from 'node:${protocol.slice(0, -1)}';`,
    "import { createServer } from 'node:http';",
    '',
    `const own = { host: ${quoted(host)}, authorization: ${quoted(`Bearer ${key}`)} };`,
    'createServer((asked, answer) => {',
    '  const { method, url, headers } = asked;',
    `  const passed = request(new URL(url, ${quoted(origin)}), { method, headers: { ...headers, ...own } }, (got) => {`,
    '    answer.writeHead(got.statusCode, got.headers);',
    '    got.pipe(answer);',
    '  });',
    "  passed.on('error', (error) => answer.destroy(error));",
    "  answer.on('close', () => passed.destroy());",
    '  asked.pipe(passed);',
    `}).listen(${PROXY_PORT}, '127.0.0.1');`,
  );
  return { id: 'ollama-proxy', title: 'proxy.mjs', language: 'javascript', note: 'ollamaProxyNote', code };
}

function command({ origin, key, model, question }: Place): Snippet {
  const address = key === undefined ? origin : `http://127.0.0.1:${PROXY_PORT}`;
  const code = `OLLAMA_HOST=${shellQuoted(address)} ollama run ${shellQuoted(model)} ${shellQuoted(question)}`;
  return { id: 'ollama-command', title: 'ollama', language: 'bash', note: 'ollamaNote', code };
}

function python({ origin, key, model, question }: Place): Snippet {
  const headers = key === undefined ? '' : `, headers={"Authorization": ${quoted(`Bearer ${key}`)}}`;
  const code = lines(
    'from ollama import Client',
    '',
    `client = Client(host=${quoted(origin)}${headers})`,
    '',
    'answer = client.chat(',
    `    model=${quoted(model)},`,
    `    messages=[{"role": "user", "content": ${quoted(question)}}],`,
    ')',
    'print(answer.message.content)',
  );
  return { id: 'ollama-python', title: 'Python', language: 'python', install: 'pip install ollama', code };
}

function javascript({ origin, key, model, question }: Place): Snippet {
  const headers = key === undefined ? '' : `, headers: { Authorization: ${quoted(`Bearer ${key}`)} }`;
  const code = lines(
    "import { Ollama } from 'ollama';",
    '',
    `const client = new Ollama({ host: ${quoted(origin)}${headers} });`,
    '',
    'const answer = await client.chat({',
    `  model: ${quoted(model)},`,
    `  messages: [{ role: 'user', content: ${quoted(question)} }],`,
    '});',
    'console.log(answer.message.content);',
  );
  return { id: 'ollama-javascript', title: 'JavaScript', language: 'javascript', install: 'npm install ollama', code };
}

/** Snippets for the `ollama` command and Ollama's packages. */
export function ollamaSnippets(place: Place): Snippet[] {
  const before = place.key === undefined ? [] : [proxy(place, place.key)];
  return [...before, command(place), python(place), javascript(place)];
}
