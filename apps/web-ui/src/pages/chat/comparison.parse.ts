import type { Answer, ChatSettings, Conversation, Question, Turn } from './chat.types';
import { parseExport, toExport } from './conversation.parse';

/** What is kept of a comparison. */
export interface KeptComparison {
  readonly shown: boolean;
  readonly models: readonly string[];
  readonly prompt: string;
  readonly settings: ChatSettings;
  readonly question: Question | undefined;
  readonly answers: Readonly<Record<string, Answer>>;
}

const MOST_MODELS = 4;

function asConversation(settings: ChatSettings, turns: readonly Turn[]): Conversation {
  return { id: '', title: '', createdAt: 0, updatedAt: 0, settings, turns };
}

/** The text of a comparison as it is kept: its question and its answers each as a conversation of their own. */
export function comparisonText({ shown, models, prompt, settings, question, answers }: KeptComparison): string {
  const columns = Object.entries(answers).map(([model, answer]) => asConversation({ ...settings, model }, [answer]));
  const file = toExport([asConversation(settings, question ? [question] : []), ...columns]);
  return JSON.stringify({ shown, models, prompt, file });
}

/**
 * A comparison as a page finds it: answers that were under way have been interrupted. Undefined for a text that holds none
 * of ours.
 */
export function parseComparison(text: string, nextId: () => string): KeptComparison | undefined {
  let kept: Readonly<Record<string, unknown>>;
  try {
    kept = Object(JSON.parse(text)) as typeof kept;
  } catch {
    return undefined;
  }
  const { shown, models, prompt, file } = kept;
  const read = parseExport(typeof file === 'string' ? file : '', nextId);
  if ('problem' in read || read.broken.length > 0) return undefined;
  const [head, ...columns] = read.conversations;
  if (!head) return undefined;
  const question = head.turns.find((turn) => turn.role === 'user');
  const answers = columns.flatMap(({ settings, turns }) =>
    turns.flatMap((turn) => (turn.role === 'assistant' ? [[settings.model, turn] as const] : [])),
  );
  return {
    shown: shown === true,
    models: Array.isArray(models) ? models.filter((name) => typeof name === 'string').slice(0, MOST_MODELS) : [],
    prompt: typeof prompt === 'string' ? prompt : '',
    settings: head.settings,
    question,
    answers: question ? Object.fromEntries(answers) : {},
  };
}
