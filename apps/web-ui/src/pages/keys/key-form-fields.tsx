import { Button, Group, NumberInput, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useLanguage } from '../../i18n/i18n';
import { LIMITS, type KeyFormValues } from './key-form.policy';
import { toLocalTime } from './key-form.translate';
import { useKeysTexts } from './keys.texts';

const DAY_MS = 86_400_000;
/** Days after which a key may end, at a click. */
const SPANS = [30, 90, 365] as const;

/** The state of the form. */
export type KeyForm = UseFormReturnType<KeyFormValues>;

interface FieldsProps {
  readonly form: KeyForm;
}

/** The limits of the key's own. */
export function LimitFields({ form }: FieldsProps) {
  const t = useKeysTexts();
  const [language] = useLanguage();
  const thousands = language === 'es' ? '.' : ',';
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed" id="key-limits-hint">
        {t('limitsHint')}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {LIMITS.map((limit) => (
          <NumberInput
            key={limit}
            label={t(limit)}
            aria-describedby="key-limits-hint"
            thousandSeparator={thousands}
            decimalSeparator={language === 'es' ? ',' : '.'}
            allowDecimal={false}
            allowNegative={false}
            hideControls
            {...form.getInputProps(limit)}
          />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

/** When the key ends. */
export function EndField({ form }: FieldsProps) {
  const t = useKeysTexts();
  const set = (value: string): void => form.setFieldValue('expiresAt', value);
  return (
    <Stack gap={6}>
      <TextInput
        type="datetime-local"
        label={t('expiresAt')}
        description={t('expiresHint')}
        {...form.getInputProps('expiresAt')}
      />
      <Group gap="xs" role="group" aria-label={t('expiresAt')}>
        <Button size="compact-sm" variant="default" onClick={() => set('')}>
          {t('never')}
        </Button>
        {SPANS.map((days) => (
          <Button
            key={days}
            size="compact-sm"
            variant="default"
            onClick={() => set(toLocalTime(new Date(Date.now() + days * DAY_MS)))}
          >
            {days === 365 ? t('inAYear') : t('inDays', { count: days })}
          </Button>
        ))}
      </Group>
    </Stack>
  );
}
