import { Badge, Group, Stack, Text } from '@mantine/core';
import { hasBegun } from './answer.state';
import { useAnswerTexts } from './answer.texts';
import { AnswerFailureNotice } from './answer-failure';
import { AnswerText } from './answer-text';
import type { Answer } from './chat.types';
import { FiguresLine } from './figures-line';
import { Thoughts } from './thoughts';
import { WaitNotice } from './wait-notice';

interface AnswerBodyProps {
  readonly answer: Answer;
  /** Whether this tab writes it. */
  readonly live: boolean;
  readonly onRetry?: (() => void) | undefined;
  readonly onNew?: (() => void) | undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Why an answer ended as it did, where that needs a word. */
function EndNote({ answer }: { readonly answer: Answer }) {
  const t = useAnswerTexts();
  const { state, finish, asked } = answer;
  const words = (): string | undefined => {
    if (state === 'stopped' || state === 'interrupted') return t(state);
    if (state !== 'done') return undefined;
    if (finish === 'length') return t(asked.form === 'text' ? 'length' : 'lengthJson');
    return hasBegun(answer) ? undefined : t('empty');
  };
  const note = words();
  return note === undefined ? null : (
    <Text size="sm" c="dimmed" fs="italic">
      {note}
    </Text>
  );
}

function JsonBadge({ text }: { readonly text: string }) {
  const t = useAnswerTexts();
  const good = isJson(text);
  return (
    <Group>
      <Badge variant="outline" color={good ? 'green' : 'red'} tt="none" c="var(--mantine-color-text)">
        {good ? t('validJson') : t('brokenJson')}
      </Badge>
    </Group>
  );
}

interface RunningNoteProps {
  readonly answer: Answer;
  readonly live: boolean;
}

/** What an answer that is not whole waits for, until its text shows that it comes. */
function RunningNote({ answer, live }: RunningNoteProps) {
  const t = useAnswerTexts();
  if (!live) return <Text size="sm">{t('elsewhere')}</Text>;
  return hasBegun(answer) ? null : <WaitNotice waiting={answer.waiting} />;
}

/** An answer as far as it came: what it waits for, its thoughts, its text, how it ended, what was measured. */
export function AnswerBody({ answer, live, onRetry, onNew }: AnswerBodyProps) {
  const { state, text, reasoning, asked, failure } = answer;
  const running = state === 'running';
  const json = asked.form !== 'text';
  const begun = hasBegun(answer);
  return (
    <Stack gap="xs">
      {running && <RunningNote answer={answer} live={live} />}
      {reasoning !== '' && <Thoughts text={reasoning} running={running && text === ''} />}
      {text !== '' && <AnswerText text={text} growing={running} json={json} />}
      {json && text !== '' && state === 'done' && <JsonBadge text={text} />}
      <EndNote answer={answer} />
      {state === 'failed' && failure && (
        <AnswerFailureNotice failure={failure} begun={begun} onRetry={onRetry} onNew={onNew} />
      )}
      {!running && begun && <FiguresLine answer={answer} />}
    </Stack>
  );
}
