import { VisuallyHidden } from '@mantine/core';
import { useAnswerTexts } from './answer.texts';
import { hasBegun } from './answer.state';
import type { Answer } from './chat.types';
import { waitWords } from './wait-notice';

interface AnnouncerProps {
  /** The answer that came last, as far as it is. */
  readonly answer: Answer | undefined;
}

/**
 * Tells those who do not see the page where an answer waits, and the answer once it is whole: not each token, and not
 * each second. Errors speak for themselves.
 */
export function Announcer({ answer }: AnnouncerProps) {
  const t = useAnswerTexts();
  const words = (): string => {
    if (!answer) return '';
    const { state, text, waiting, served, asked } = answer;
    if (state === 'running') return hasBegun(answer) ? '' : waitWords(waiting, t, true);
    return state === 'done' ? `${t('answerOf', { model: served.model ?? asked.model })}: ${text}` : '';
  };
  return (
    <VisuallyHidden>
      <div aria-live="polite">{words()}</div>
    </VisuallyHidden>
  );
}
