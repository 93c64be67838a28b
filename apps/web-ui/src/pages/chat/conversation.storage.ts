import { createStore, del, set, values, type UseStore } from 'idb-keyval';
import { forBrowser } from '../../storage/browser.storage';
import type { Answer, Conversation } from './chat.types';

/** News from another tab of the same browser. */
export type ConversationNews =
  { readonly kind: 'saved'; readonly conversation: Conversation } | { readonly kind: 'deleted'; readonly id: string };

const NAME = 'llm-agent-conversations';
const LEFT = 'llm-agent-left-answer-';

let opened: UseStore | undefined;
/** Made when it is first needed: a browser may refuse, and the page works without. */
function store(): UseStore {
  return (opened ??= createStore(NAME, 'conversations'));
}

const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(NAME) : undefined;

/** All conversations of this browser. Rejects where the browser keeps nothing, such as in some private windows. */
export async function loadConversations(): Promise<Conversation[]> {
  // Firefox throws where Chromium rejects.
  return values<Conversation>(store());
}

/** Keeps a conversation and tells the other tabs. */
export async function saveConversation(conversation: Conversation): Promise<void> {
  await set(conversation.id, conversation, store());
  channel?.postMessage({ kind: 'saved', conversation } satisfies ConversationNews);
}

/** Forgets a conversation and tells the other tabs. */
export async function deleteConversation(id: string): Promise<void> {
  await del(id, store());
  channel?.postMessage({ kind: 'deleted', id } satisfies ConversationNews);
}

/**
 * Keeps an answer while the page goes away: IndexedDB would not be done in time. Where there is no room, the answer is as
 * it was kept last.
 */
export function keepLeft(answer: Answer): void {
  forBrowser.set(`${LEFT}${answer.id}`, JSON.stringify(answer));
}

/** The answers that were kept so, which are then given up. */
export function takeLeft(): readonly Answer[] {
  const names = forBrowser.names(LEFT);
  const found = names.map((name) => JSON.parse(forBrowser.get(name) ?? 'null') as Answer | null);
  for (const name of names) forBrowser.remove(name);
  return found.filter((answer) => answer !== null);
}

/** Hears what other tabs keep and forget, for as long as the page lives. */
export function onConversationNews(heard: (news: ConversationNews) => void): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<ConversationNews>) => heard(data));
}
