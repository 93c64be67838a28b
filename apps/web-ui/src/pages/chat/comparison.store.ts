import { create } from 'zustand';
import { newAnswer } from './answer.state';
import { runAnswer } from './answer.runner';
import type { Answer, ChatSettings, Question } from './chat.types';
import { randomId } from './random.id';
import { FIRST_SETTINGS } from './settings.policy';

/** Most models side by side: browsers open six connections to a host at once, and a person reads no more. */
export const MOST_COMPARED = 4;

interface ComparisonState {
  /** Whether the page compares; else it converses. */
  readonly shown: boolean;
  readonly models: readonly string[];
  readonly prompt: string;
  /** Of all columns; the model is that of each. */
  readonly settings: ChatSettings;
  /** What was asked last. */
  readonly question: Question | undefined;
  /** By the model that was asked, in the order of the columns. */
  readonly answers: Readonly<Record<string, Answer>>;
}

const FIRST: ComparisonState = {
  shown: false,
  models: [],
  prompt: '',
  settings: FIRST_SETTINGS,
  question: undefined,
  answers: {},
};

/** One question to several models. It outlives the view, not the page. */
export const useComparison = create<ComparisonState>(() => FIRST);

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
