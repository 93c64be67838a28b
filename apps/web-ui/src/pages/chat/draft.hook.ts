import { useChatTexts } from './chat.texts';
import type { ChatSettings, Question } from './chat.types';
import { changeDraft, draftAt, useDrafts } from './draft.store';
import { useAttachments, type Attachments } from './image-attachments.hook';
import { areSendable } from './settings.policy';
import { useSight } from './sight.hook';

/** A question that is being written. */
export interface Draft {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly attachments: Attachments;
  /** Why no image can be sent to the model that is chosen. */
  readonly blind: string | undefined;
  /** What stands in the way of sending, or went wrong with a file. */
  readonly problem: string | undefined;
  /** The question, if it can be sent now. */
  readonly question: Pick<Question, 'text' | 'images'> | undefined;
  readonly clear: () => void;
}

/** What is being written at a place, and whether it can be sent with these settings. */
export function useDraft(place: string, settings: ChatSettings, locked: boolean): Draft {
  const t = useChatTexts();
  const { text } = useDrafts((drafts) => draftAt(drafts, place));
  const setText = (next: string): void => changeDraft(place, () => ({ text: next }));
  const attachments = useAttachments(place);
  const sight = useSight(settings);
  const { images } = attachments;
  const { model } = settings;
  const blind = sight === false ? t('blind', { model }) : undefined;
  const unseen = images.length > 0 ? blind : undefined;
  const form = areSendable(settings) ? undefined : t('badSchema');
  const anything = text.trim() !== '' || images.length > 0;
  return {
    text,
    setText,
    attachments,
    blind,
    problem: unseen ?? attachments.problem ?? form,
    question:
      anything && !locked && unseen === undefined && form === undefined ? { text: text.trim(), images } : undefined,
    clear: () => {
      setText('');
      attachments.clear();
    },
  };
}
