import { Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import classes from './chat.module.css';

const fetchMarkdown = () => import('./markdown');
/** A chunk of its own: the place to write is there before what draws the answers. */
const Markdown = lazy(fetchMarkdown);

/** Fetches what answers are drawn with, before there is one. */
export function prepareAnswers(): void {
  // One that fails is fetched again when it is needed, and its failure shown there.
  void fetchMarkdown().catch(() => undefined);
}

interface AnswerTextProps {
  readonly text: string;
  readonly growing: boolean;
  /** Whether the answer is JSON, which is shown as code. */
  readonly json: boolean;
}

function asCode(text: string): string {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not whole: as it came.
  }
  return `\`\`\`\`json\n${shown}\n\`\`\`\``;
}

/** What a model wrote. */
export function AnswerText({ text, growing, json }: AnswerTextProps) {
  const plain = <Text className={classes['plain']}>{text}</Text>;
  return (
    <Suspense fallback={plain}>
      <Markdown text={json ? asCode(text) : text} growing={growing} />
    </Suspense>
  );
}
