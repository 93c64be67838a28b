import { Button, CopyButton as Copier } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import { defineTexts } from '../i18n/texts';

const useCopyTexts = defineTexts('copy', {
  en: { copy: 'Copy', copied: 'Copied' },
  es: { copy: 'Copiar', copied: 'Copiado' },
});

interface CopyButtonProps {
  readonly value: string;
  /** What is copied, for those who do not see it: "Copy the key". Without it the button only says "Copy". */
  readonly label?: string;
}

/** Puts a text into the clipboard and says so. */
export function CopyButton({ value, label }: CopyButtonProps) {
  const t = useCopyTexts();
  return (
    <Copier value={value} timeout={2000}>
      {({ copied, copy }) => (
        <Button
          size="compact-sm"
          variant="default"
          onClick={copy}
          aria-label={copied ? t('copied') : label}
          leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        >
          {copied ? t('copied') : t('copy')}
        </Button>
      )}
    </Copier>
  );
}
