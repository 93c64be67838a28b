import type { Answer, ChatSettings, Conversation, Question, Turn } from './chat.types';

const LONGEST_TITLE = 60;

/** What a conversation is called until somebody renames it: the beginning of its first question. */
export function titleOf(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > LONGEST_TITLE ? `${line.slice(0, LONGEST_TITLE - 1).trimEnd()}…` : line;
}

/** A conversation in which nothing was said. It has no title. */
export function newConversation(id: string, settings: ChatSettings, now: number): Conversation {
  return { id, title: '', createdAt: now, updatedAt: now, settings, turns: [] };
}

/** The conversation with a question and the answer that is asked for. */
export function withQuestion(
  conversation: Conversation,
  turn: { readonly question: Question; readonly answer: Answer },
  now: number,
): Conversation {
  const { turns } = conversation;
  const title = conversation.title === '' ? titleOf(turn.question.text) : conversation.title;
  return { ...conversation, title, updatedAt: now, turns: [...turns, turn.question, turn.answer] };
}

/** The turns before this one; all of them where it is not among them. */
export function turnsBefore({ turns }: Conversation, id: string): readonly Turn[] {
  const index = turns.findIndex((turn) => turn.id === id);
  return index < 0 ? turns : turns.slice(0, index);
}

/** The conversation cut off before a turn, so that it can be said anew. */
export function cutBefore(conversation: Conversation, id: string): Conversation {
  return { ...conversation, turns: turnsBefore(conversation, id) };
}

/** The conversation with the answer in the place of the one of the same id. */
export function withAnswer(conversation: Conversation, answer: Answer): Conversation {
  return { ...conversation, turns: conversation.turns.map((turn) => (turn.id === answer.id ? answer : turn)) };
}

/**
 * The conversation as a page finds it that does not write its answers: those under way have been interrupted.
 * @param left answers as they were when their page was left, where that is known
 */
export function asFound(conversation: Conversation, left: readonly Answer[] = []): Conversation {
  const running = (turn: Turn): turn is Answer => turn.role === 'assistant' && turn.state === 'running';
  if (!conversation.turns.some(running)) return conversation;
  const turns = conversation.turns.map((turn) =>
    running(turn) ? { ...(left.find(({ id }) => id === turn.id) ?? turn), state: 'interrupted' as const } : turn,
  );
  return { ...conversation, turns };
}

/** The conversations in which every word of the search stands, newest first; all of them without one. */
export function search(conversations: readonly Conversation[], words: string): readonly Conversation[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const holds = ({ title, turns }: Conversation): boolean => {
    const text = [title, ...turns.map((turn) => turn.text)].join('\n').toLocaleLowerCase();
    return wanted.every((word) => text.includes(word));
  };
  return conversations.filter(holds).sort((one, other) => other.updatedAt - one.updatedAt);
}
