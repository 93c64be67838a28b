import { useCapabilities } from '../../api/chat.api';
import { useModels } from '../../api/models.api';
import type { ChatSettings } from './chat.types';

/** Runtimes that tell whether a model sees; other servers leave it to their refusal. */
const TELLING = new Set(['ollama', 'embedded']);

/** Whether the model that would be asked sees images; undefined where nobody tells. */
export function useSight({ model, tier }: Pick<ChatSettings, 'model' | 'tier'>): boolean | undefined {
  // Of "auto" it depends on the question which of the two tiers answers; one with images goes to the one that sees.
  const candidates = model !== 'auto' ? [model] : tier === 'auto' ? ['small', 'main'] : [tier];
  const capabilities = useCapabilities(candidates);
  const models = useModels().data?.data ?? [];
  if (capabilities.some((each) => each?.includes('vision'))) return true;
  const asked = models.filter(({ id }) => model === 'auto' || id === model);
  const told = asked.length > 0 && asked.every(({ owned_by: runtime }) => TELLING.has(runtime));
  return told && capabilities.every((each) => each !== undefined) ? false : undefined;
}
