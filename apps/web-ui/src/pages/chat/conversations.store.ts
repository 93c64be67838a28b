import { create } from 'zustand';
import { forTab } from '../../storage/browser.storage';
import { newAnswer } from './answer.state';
import { runAnswer } from './answer.runner';
import type { Answer, ChatSettings, Conversation, Question, Turn } from './chat.types';
import {
  asFound,
  cutBefore,
  newConversation,
  search,
  turnsBefore,
  withAnswer,
  withQuestion,
} from './conversation.state';
import {
  deleteConversation,
  keepLeft,
  loadConversations,
  onConversationNews,
  saveConversation,
  takeLeft,
  type ConversationNews,
} from './conversation.storage';
import { randomId } from './random.id';
import { FIRST_SETTINGS } from './settings.policy';

/** How often an answer is kept while it grows, ms. */
const KEEP_MS = 1000;
/** A page that is still there after this time was not left, ms. */
const LEAVING_MS = 2000;
/** Where the tab remembers what was open. */
const OPEN = 'llm-agent-open-conversation';

interface ConversationsState {
  /** By id. An answer that is being written stands here as it was last kept; `live` has it as it is. */
  readonly conversations: Readonly<Record<string, Conversation>>;
  /** Answers that this tab writes, by id, as far as they are. */
  readonly live: Readonly<Record<string, Answer>>;
  /** The conversation that is shown. */
  readonly open: string;
  /** False until the browser gave what it kept. */
  readonly loaded: boolean;
  /** Why the browser keeps nothing. */
  readonly unkept: string | undefined;
}

function withConversation(state: ConversationsState, conversation: Conversation): Partial<ConversationsState> {
  return { conversations: { ...state.conversations, [conversation.id]: conversation } };
}

function firstState(): ConversationsState {
  const first = newConversation(randomId(), FIRST_SETTINGS, Date.now());
  return {
    conversations: { [first.id]: first },
    live: {},
    open: first.id,
    loaded: false,
    unkept: undefined,
  };
}

/** The conversations of this browser, and the answers that are coming. It outlives the view, and so do its answers. */
export const useConversations = create<ConversationsState>(firstState);

const { getState: get, setState: set } = useConversations;
/** Of answers that this tab writes, by the id of the answer. */
const running = new Map<string, AbortController>();
/** The page may be about to go away. */
let leaving = false;

function refused(error: unknown): void {
  set({ unkept: error instanceof Error ? error.message : String(error) });
}

/** Shows a conversation, and keeps it if anything was said in it. */
function put(conversation: Conversation): void {
  set((state) => withConversation(state, conversation));
  if (conversation.turns.length > 0) saveConversation(conversation).catch(refused);
}

/** The conversation that is shown. */
export function openConversation({ conversations, open }: ConversationsState): Conversation {
  const conversation = conversations[open];
  if (!conversation) throw new Error('No conversation is open.');
  return conversation;
}

/** Whether an answer of this conversation is being written by this tab. */
export function runningAnswer({ conversations, live }: ConversationsState, id: string): string | undefined {
  return conversations[id]?.turns.find((turn) => turn.id in live)?.id;
}

function hear(news: ConversationNews): void {
  if (news.kind === 'deleted') remove(news.id);
  // Of what this tab writes itself it knows more.
  else if (runningAnswer(get(), news.conversation.id) === undefined)
    set((state) => withConversation(state, news.conversation));
}

/** Opens what was open before a reload; a new conversation begins with the model that was asked last. */
function goOn(found: readonly Conversation[]): void {
  const state = get();
  if (openConversation(state).turns.length > 0) return;
  const before = state.conversations[forTab.get(OPEN) ?? ''];
  if (before) open(before.id);
  else {
    const [last] = search(found, '');
    if (last) changeSettings({ model: last.settings.model, tier: last.settings.tier });
  }
}

let loading: Promise<void> | undefined;
/** Fetches what the browser has kept, once. */
export function loadOnce(): Promise<void> {
  return (loading ??= loadConversations()
    .then((kept) => {
      onConversationNews(hear);
      const left = takeLeft();
      const found = Object.fromEntries(kept.map((conversation) => [conversation.id, asFound(conversation, left)]));
      // They are in no other place now.
      for (const { id, turns } of kept)
        if (found[id] && turns.some((turn) => left.some((answer) => answer.id === turn.id)))
          saveConversation(found[id]).catch(refused);
      set((state) => ({ conversations: { ...found, ...state.conversations }, loaded: true }));
      goOn(Object.values(found));
    })
    .catch((error: unknown) => {
      refused(error);
      set({ loaded: true });
    }));
}

/** Opens a conversation. */
export function open(id: string): void {
  forTab.set(OPEN, id);
  set({ open: id });
}

/** Opens an empty conversation with the model of the one that was open. */
export function startNew(): void {
  const { conversations } = get();
  const { model, tier } = openConversation(get()).settings;
  const empty = Object.values(conversations).find(({ turns }) => turns.length === 0);
  const settings = { ...FIRST_SETTINGS, model, tier };
  const conversation = newConversation(empty?.id ?? randomId(), settings, Date.now());
  set((state) => withConversation(state, conversation));
  open(conversation.id);
}

/** Changes some settings of the open conversation. */
export function changeSettings(changes: Partial<ChatSettings>): void {
  const conversation = openConversation(get());
  put({ ...conversation, settings: { ...conversation.settings, ...changes } });
}

/** Gives a conversation another title. */
export function rename(id: string, title: string): void {
  const conversation = get().conversations[id];
  if (conversation) put({ ...conversation, title });
}

/** Takes a conversation out of the list, and stops what is being written in it. */
function remove(id: string): void {
  const state = get();
  const answer = runningAnswer(state, id);
  if (answer !== undefined) stop(answer);
  if (state.open === id) startNew();
  set(({ conversations }) => {
    const { [id]: _gone, ...rest } = conversations;
    return { conversations: rest };
  });
}

/** Forgets a conversation for good. */
export function forget(id: string): void {
  remove(id);
  deleteConversation(id).catch(refused);
}

/** Adds conversations of a file; gives how many were there already. One that has changed since comes as a copy. */
export function addImported(imported: readonly Conversation[]): number {
  const fresh = imported.filter(({ id, updatedAt }) => get().conversations[id]?.updatedAt !== updatedAt);
  for (const conversation of fresh)
    put(conversation.id in get().conversations ? { ...conversation, id: randomId() } : conversation);
  return imported.length - fresh.length;
}

/** Stops an answer; what came of it stays. */
export function stop(answerId: string): void {
  running.get(answerId)?.abort();
}

function grow(conversationId: string, answer: Answer, keep: boolean): void {
  set((state) => {
    const { [answer.id]: _before, ...others } = state.live;
    const done = answer.state !== 'running';
    const conversation = state.conversations[conversationId];
    return {
      live: done ? others : { ...others, [answer.id]: answer },
      ...(conversation && done && withConversation(state, withAnswer(conversation, answer))),
    };
  });
  const conversation = get().conversations[conversationId];
  if (conversation && keep) saveConversation(withAnswer(conversation, answer)).catch(refused);
}

async function write(conversation: Conversation, answer: Answer): Promise<void> {
  const abort = new AbortController();
  running.set(answer.id, abort);
  let keptAt = performance.now();
  await runAnswer({
    turns: turnsBefore(conversation, answer.id),
    settings: conversation.settings,
    answer,
    signal: abort.signal,
    onChange: (next) => {
      // A page that goes away loses its connections first: that is no failure of the answer, unless the page stays.
      if (leaving && next.state === 'failed') {
        setTimeout(() => grow(conversation.id, next, true), LEAVING_MS);
        return;
      }
      const due = next.state !== 'running' || performance.now() - keptAt > KEEP_MS;
      if (due) keptAt = performance.now();
      grow(conversation.id, next, due);
    },
  });
  running.delete(answer.id);
}

function begin(conversation: Conversation, answer: Answer): void {
  set((state) => ({ live: { ...state.live, [answer.id]: answer } }));
  put(conversation);
  open(conversation.id);
  void write(conversation, answer);
}

/** Asks a question in the open conversation; in the place of `instead` and all that follows it where that is given. */
export function ask(asked: Pick<Question, 'text' | 'images'>, instead?: string): void {
  const now = openConversation(get());
  const before = instead === undefined ? now : cutBefore(now, instead);
  const question: Question = { role: 'user', id: randomId(), ...asked };
  const answer = newAnswer(randomId(), now.settings);
  begin(withQuestion(before, { question, answer }, Date.now()), answer);
}

/** Has an answer of the open conversation written anew, by the settings of now. */
export function answerAgain(answerId: string): void {
  const before = cutBefore(openConversation(get()), answerId);
  const answer = newAnswer(randomId(), before.settings);
  const turns: readonly Turn[] = [...before.turns, answer];
  begin({ ...before, turns, updatedAt: Date.now() }, answer);
}

/** A page that goes away keeps what came until now. */
function keepRunning(): void {
  const { conversations, live } = get();
  for (const conversation of Object.values(conversations)) {
    const answer = conversation.turns.map(({ id }) => live[id]).find((each) => each !== undefined);
    if (answer) keepLeft(answer);
  }
}

globalThis.addEventListener('pagehide', keepRunning);
globalThis.addEventListener('beforeunload', () => {
  leaving = true;
  setTimeout(() => (leaving = false), LEAVING_MS);
});
