import { Button } from '@mantine/core';
import { useTimeout } from '@mantine/hooks';
import copyText from 'copy-to-clipboard';
import { Check, Copy, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { defineTexts } from '../i18n/texts';

const useCopyTexts = defineTexts('copy', {
  en: { idle: 'Copy', copied: 'Copied', failed: 'Not copied: select the text instead' },
  es: { idle: 'Copiar', copied: 'Copiado', failed: 'No se ha copiado: selecciona el texto' },
});

/** How long the outcome is shown, ms. */
const SHOWN_MS = 2000;
const ICONS = { idle: Copy, copied: Check, failed: TriangleAlert } as const;

interface CopyButtonProps {
  readonly value: string;
  /** What is copied, for those who do not see it: "Copy the key". Without it the button only says "Copy". */
  readonly label?: string;
}

/**
 * Puts a text into the clipboard and says so, also on a page that came over plain HTTP from another machine, where
 * browsers have no clipboard of their own for it.
 */
export function CopyButton({ value, label }: CopyButtonProps) {
  const t = useCopyTexts();
  const [state, setState] = useState<keyof typeof ICONS>('idle');
  const { start } = useTimeout(() => setState('idle'), SHOWN_MS);
  const copy = async (): Promise<void> => {
    setState((await copyText(value)) ? 'copied' : 'failed');
    start();
  };
  const Icon = ICONS[state];
  return (
    <Button
      size="compact-sm"
      variant="default"
      onClick={() => void copy()}
      aria-label={state === 'idle' ? label : t(state)}
      leftSection={<Icon size={14} aria-hidden />}
    >
      {t(state)}
    </Button>
  );
}
