import type { EngineModel, TaggedModel } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';
import type { LocalModelsInfo, LocalModelsList } from './localmodels.dto.js';

/** Where things are, for programs that ask. */
const ENDPOINTS = {
  chat: '/chat',
  chat_with_model: '/chat/{model_name}',
  chat_litellm: '/v1/chat/completions',
  embeddings: '/v1/embeddings',
  health: '/health',
  models: '/models',
} as const;

/** A host as it may be echoed. */
const SANE_HOST = /^[\w.:[\]-]{1,255}$/;

/** The address under which the client reached us. */
export function addressOf(host: string | undefined, forwardedProtocol: string | string[] | undefined): string {
  const protocol = forwardedProtocol === 'https' ? 'https' : 'http';
  return `${protocol}://${host !== undefined && SANE_HOST.test(host) ? host : 'localhost'}`;
}

/**
 * What `GET /` says: the models by their own names, with no aliases. The Ollama API is served at our own address, so
 * that its clients pass the same queue as all others.
 */
export function toInfo(models: readonly EngineModel[], catalog: CatalogIndex, address: string): LocalModelsInfo {
  const entries = models.flatMap(({ id, ownedBy }) => {
    const entry = catalog.find(id);
    // An alias.
    if (entry && entry.id !== id) return [];
    const description = entry?.description ?? '';
    return [
      [
        id,
        { name: id, description: description || `${id} model`, provider: ownedBy, litellm_name: `${ownedBy}/${id}` },
      ] as const,
    ];
  });
  return {
    message: 'Multi-Model API with LiteLLM is running',
    default_model: catalog.defaultModel,
    available_models: Object.fromEntries(entries),
    ollama_url: address,
    endpoints: ENDPOINTS,
  };
}

/** What `GET /models` says: the models that are installed. */
export function toLocalModelsList(tags: readonly TaggedModel[]): LocalModelsList {
  return {
    models: tags.map((tag) => ({
      ...tag,
      digest: /^[0-9a-f]{64}$/.test(tag.digest) ? `sha256-${tag.digest}` : tag.digest,
    })),
  };
}
