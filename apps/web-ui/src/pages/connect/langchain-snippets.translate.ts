import { lines, quoted, someKey } from './snippet-text.translate';
import type { Place, Snippet } from './snippet.types';

function openai({ origin, key, model, question }: Place): Snippet {
  const code = lines(
    'from langchain_openai import ChatOpenAI',
    '',
    'llm = ChatOpenAI(',
    `    base_url=${quoted(`${origin}/v1`)},`,
    `    api_key=${quoted(someKey(key))},`,
    `    model=${quoted(model)},`,
    ')',
    `print(llm.invoke(${quoted(question)}).content)`,
  );
  const install = 'pip install langchain-openai';
  return { id: 'langchain-openai', title: 'ChatOpenAI', language: 'python', install, code };
}

function embeddings({ origin, key, model, question }: Place): Snippet {
  const code = lines(
    'from langchain_openai import OpenAIEmbeddings',
    '',
    'embeddings = OpenAIEmbeddings(',
    `    base_url=${quoted(`${origin}/v1`)},`,
    `    api_key=${quoted(someKey(key))},`,
    `    model=${quoted(model)},`,
    '    check_embedding_ctx_length=False,',
    ')',
    `print(len(embeddings.embed_query(${quoted(question)})))`,
  );
  return {
    id: 'langchain-embeddings',
    title: 'OpenAIEmbeddings',
    language: 'python',
    install: 'pip install langchain-openai',
    note: 'embeddingsNote',
    code,
  };
}

function ollama({ origin, key, model, question }: Place): Snippet {
  const headers = quoted(`Bearer ${key ?? ''}`);
  const code = lines(
    'from langchain_ollama import ChatOllama',
    '',
    'llm = ChatOllama(',
    `    base_url=${quoted(origin)},`,
    key === undefined ? undefined : `    client_kwargs={"headers": {"Authorization": ${headers}}},`,
    `    model=${quoted(model)},`,
    ')',
    `print(llm.invoke(${quoted(question)}).content)`,
  );
  const install = 'pip install langchain-ollama';
  return { id: 'langchain-ollama', title: 'ChatOllama', language: 'python', install, code };
}

/** Snippets for LangChain in Python. */
export function langchainSnippets(place: Place): Snippet[] {
  return [openai(place), ollama(place), embeddings(place)];
}
