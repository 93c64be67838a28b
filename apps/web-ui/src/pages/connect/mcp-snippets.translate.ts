import { lines, quoted } from './snippet-text.translate';
import type { Place, Snippet } from './snippet.types';

function configuration({ origin, key }: Place): Snippet {
  const server = {
    type: 'http',
    url: `${origin}/mcp`,
    ...(key !== undefined && { headers: { Authorization: `Bearer ${key}` } }),
  };
  const code = JSON.stringify({ mcpServers: { 'local-llm': server } }, undefined, 2);
  return { id: 'mcp-configuration', title: 'mcp.json', language: 'json', note: 'mcpNote', code };
}

function javascript({ origin, key, model, question }: Place): Snippet {
  const init =
    key === undefined ? '' : `, {\n  requestInit: { headers: { Authorization: ${quoted(`Bearer ${key}`)} } },\n}`;
  const code = lines(
    "import { Client } from '@modelcontextprotocol/sdk/client/index.js';",
    "import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';",
    '',
    "const client = new Client({ name: 'my-program', version: '1.0.0' });",
    `const transport = new StreamableHTTPClientTransport(new URL(${quoted(`${origin}/mcp`)})${init});`,
    'await client.connect(transport);',
    'const result = await client.callTool({',
    "  name: 'chat',",
    `  arguments: { model: ${quoted(model)}, message: ${quoted(question)} },`,
    '});',
    'console.log(result.content[0].text);',
    'await client.close();',
  );
  const install = 'npm install @modelcontextprotocol/sdk';
  return { id: 'mcp-javascript', title: 'JavaScript', language: 'javascript', install, code };
}

/** Snippets for clients of the Model Context Protocol. */
export function mcpSnippets(place: Place): Snippet[] {
  return [configuration(place), javascript(place)];
}
