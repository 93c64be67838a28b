import { useCapabilities } from '../../api/chat.api';
import { useModels } from '../../api/models.api';
import type { ChatSettings } from './chat.types';

/** Runtimes that tell whether a model sees; other servers leave it to their refusal. */
const TELLING = new Set(['ollama', 'embedded']);

/** Whether the model that would be asked sees images; undefined where nobody tells. */
export function useSight({ model }: Pick<ChatSettings, 'model'>): boolean | undefined {
  const asked = useModels().data?.data.find(({ id }) => id === model);
  // Who answers for "auto" depends on the question: one with images goes to the tier that takes them.
  const capabilities = useCapabilities(asked?.id);
  if (!asked || !capabilities) return undefined;
  if (capabilities.includes('vision')) return true;
  return TELLING.has(asked.owned_by) ? false : undefined;
}
