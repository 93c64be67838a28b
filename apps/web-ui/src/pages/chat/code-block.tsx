import { Group, Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { CopyButton } from '../../components/copy-button';
import { defineTexts } from '../../i18n/texts';
import classes from './markdown.module.css';

const useCodeTexts = defineTexts('code', {
  en: { code: 'Code', copy: 'Copy the code' },
  es: { code: 'Código', copy: 'Copiar el código' },
});

interface CodeBlockProps {
  /** As the fence names it; undefined without a name. */
  readonly language: string | undefined;
  /** The code as it is copied. */
  readonly text: string;
  readonly children: ReactNode;
}

/** Code in an answer, with a button that copies it. It scrolls by itself where it is too wide. */
export function CodeBlock({ language, text, children }: CodeBlockProps) {
  const t = useCodeTexts();
  return (
    <Paper withBorder my="sm" className={classes['block']}>
      <Group justify="space-between" px="sm" py={4} wrap="nowrap">
        <Text span size="xs" c="dimmed">
          {language ?? t('code')}
        </Text>
        <CopyButton value={text} label={t('copy')} />
      </Group>
      <pre className={classes['pre']} tabIndex={0} role="region" aria-label={language ?? t('code')}>
        {children}
      </pre>
    </Paper>
  );
}
