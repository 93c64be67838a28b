import { Group, Text, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { formatDuration, formatNumber } from '../../i18n/format';
import { useLanguage } from '../../i18n/i18n';
import { shownFigures } from './answer.state';
import { useAnswerTexts } from './answer.texts';
import type { Answer } from './chat.types';

interface FigureProps {
  readonly children: ReactNode;
}

function Figure({ children }: FigureProps) {
  return (
    <Text span size="xs" c="dimmed">
      {children}
    </Text>
  );
}

interface FiguresLineProps {
  readonly answer: Answer;
}

/** Who answered, and how fast. */
export function FiguresLine({ answer }: FiguresLineProps) {
  const t = useAnswerTexts();
  const [language] = useLanguage();
  const { served } = answer;
  const { firstTokenMs, tokens, tokensPerSecond, exact } = shownFigures(answer);
  const aboutOr = (figure: string): string => (exact ? figure : t('about', { figure }));
  return (
    <Group gap="0 12px" data-testid="figures">
      {served.model !== undefined && (
        <Text span size="xs" fw={600}>
          {served.model}
        </Text>
      )}
      {served.fallbackFrom !== undefined && (
        <Tooltip
          label={t('insteadWhy', { model: served.fallbackFrom, other: served.model ?? '' })}
          events={{ hover: true, focus: true, touch: true }}
          multiline
          maw={320}
        >
          <Text span size="xs" c="dimmed" tabIndex={0} td="underline dotted">
            {t('insteadOf', { model: served.fallbackFrom })}
          </Text>
        </Tooltip>
      )}
      {served.tier !== undefined && <Figure>{t('tier', { tier: served.tier })}</Figure>}
      {firstTokenMs !== undefined && (
        <Figure>{t('firstToken', { time: formatDuration(firstTokenMs, language) })}</Figure>
      )}
      {tokensPerSecond !== undefined && (
        <Figure>{aboutOr(t('speed', { speed: formatNumber(tokensPerSecond, language, 1) }))}</Figure>
      )}
      {tokens !== undefined && <Figure>{aboutOr(t('tokens', { count: tokens }))}</Figure>}
    </Group>
  );
}
