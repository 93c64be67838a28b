import { Skeleton, Stack, Text } from '@mantine/core';
import { useModelsTexts } from './models.texts';

/** Stands where the models will be, and says what is waited for. */
export function ModelsPlaceholder() {
  const t = useModelsTexts();
  return (
    <Stack aria-busy="true">
      <Text size="sm">{t('waiting')}</Text>
      <Skeleton height={90} />
      <Skeleton height={140} />
      <Skeleton height={140} />
    </Stack>
  );
}
