import { anthropicSnippets } from './anthropic-snippets.translate';
import { langchainSnippets } from './langchain-snippets.translate';
import { mcpSnippets } from './mcp-snippets.translate';
import { ollamaSnippets } from './ollama-snippets.translate';
import { openaiSnippets, responsesSnippets } from './openai-snippets.translate';
import type { Place, SnippetGroup } from './snippet.types';

/** Every snippet, with address, key and model filled in. */
export function snippetGroups(place: Place): SnippetGroup[] {
  return [
    { id: 'openai', title: 'OpenAI', snippets: openaiSnippets(place) },
    { id: 'responses', title: 'Responses', snippets: responsesSnippets(place) },
    { id: 'anthropic', title: 'Anthropic', snippets: anthropicSnippets(place) },
    { id: 'ollama', title: 'Ollama', snippets: ollamaSnippets(place) },
    { id: 'langchain', title: 'LangChain', snippets: langchainSnippets(place) },
    { id: 'mcp', title: 'MCP', snippets: mcpSnippets(place) },
  ];
}

/** The code with its key hidden: enough is left to know it by. */
export function hideKey(code: string, key: string | undefined): string {
  if (key === undefined) return code;
  const known = /^lla_[a-z0-9]+_/.exec(key)?.[0] ?? '';
  return code.replaceAll(key, `${known}••••••••`);
}
