import { create } from 'zustand';
import { forTab } from '../../storage/browser.storage';
import { newAnswer } from './answer.state';
import { runAnswer } from './answer.runner';
import type { Answer, ChatSettings, Question } from './chat.types';
import { comparisonText, parseComparison, type KeptComparison } from './comparison.parse';
import { randomId } from './random.id';
import { FIRST_SETTINGS } from './settings.policy';

/** Most models side by side: browsers open six connections to a host at once, and a person reads no more. */
export const MOST_COMPARED = 4;

const STORED = 'llm-agent-comparison';

/**
 * `shown`: whether the page compares; else it converses. `settings` are those of all columns; the model is that of each.
 * `answers` are by the model that was asked, in the order of the columns.
 */
type ComparisonState = KeptComparison;

const FIRST: ComparisonState = {
  shown: false,
  models: [],
  prompt: '',
  settings: FIRST_SETTINGS,
  question: undefined,
  answers: {},
};

/** One question to several models. It outlives the view, and a reload of its tab. */
export const useComparison = create<ComparisonState>(
  () => parseComparison(forTab.get(STORED) ?? '', randomId) ?? FIRST,
);

// Answers come in pieces: what is there when the page goes away is enough. Where there is no room, it is as new.
globalThis.addEventListener('pagehide', () => {
  if (get() !== FIRST && !forTab.set(STORED, comparisonText(get()))) forTab.remove(STORED);
});

const { getState: get, setState: set } = useComparison;
const running = new Map<string, AbortController>();

async function write(question: Question, settings: ChatSettings): Promise<void> {
  const { model } = settings;
  running.get(model)?.abort();
  const abort = new AbortController();
  running.set(model, abort);
  const answer = newAnswer(randomId(), settings);
  const onChange = (next: Answer): void =>
    // An answer that was given up says its last word after the next question was asked.
    set(({ answers }) => (answers[model]?.id === next.id ? { answers: { ...answers, [model]: next } } : {}));
  set(({ answers }) => ({ answers: { ...answers, [model]: answer } }));
  await runAnswer({ turns: [question], settings, answer, signal: abort.signal, onChange });
  if (running.get(model) === abort) running.delete(model);
}

/** Asks all chosen models at once. One that fails does not stop the others. */
export function compareNow(): void {
  stopAll();
  const { models, prompt, settings } = get();
  const question: Question = { role: 'user', id: randomId(), text: prompt.trim(), images: [] };
  set({ question, answers: {} });
  for (const model of models) void write(question, { ...settings, model });
}

/** Asks one of them the same again. */
export function compareAgain(model: string): void {
  const { question, settings } = get();
  if (question) void write(question, { ...settings, model });
}

/** Stops the answer of one model; what came stays. */
export function stopOne(model: string): void {
  running.get(model)?.abort();
}

/** Stops all answers. */
export function stopAll(): void {
  for (const abort of running.values()) abort.abort();
}
