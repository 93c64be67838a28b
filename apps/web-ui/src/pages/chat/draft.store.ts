import { create } from 'zustand';
import { forTab } from '../../storage/browser.storage';

/** What is being written and was not sent. Images are data URLs. */
export interface DraftContent {
  readonly text: string;
  readonly images: readonly string[];
}

const STORED = 'llm-agent-draft-';
const NOTHING: DraftContent = { text: '', images: [] };

/** By place: the id of a conversation, or {@link NEW_DRAFT}. */
export const useDrafts = create<Readonly<Record<string, DraftContent>>>(() => ({}));

/** The place of what begins a new conversation. */
export const NEW_DRAFT = 'new';

/** What is being written at a place: also after another view was looked at; its text also after a reload. */
export function draftAt(drafts: Readonly<Record<string, DraftContent>>, place: string): DraftContent {
  return drafts[place] ?? keptDraft(place);
}

const found = new Map<string, DraftContent>();

/** Read once: later it is in the store. */
function keptDraft(place: string): DraftContent {
  const known = found.get(place) ?? { ...NOTHING, text: forTab.get(STORED + place) ?? '' };
  found.set(place, known);
  return known;
}

/** Changes what is being written at a place. */
export function changeDraft(place: string, change: (before: DraftContent) => Partial<DraftContent>): void {
  useDrafts.setState((drafts) => {
    const before = draftAt(drafts, place);
    const after = { ...before, ...change(before) };
    if (after.text === '') forTab.remove(STORED + place);
    else if (after.text !== before.text) forTab.set(STORED + place, after.text);
    return { [place]: after };
  });
}
