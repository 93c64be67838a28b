import { Skeleton, Stack, Tabs } from '@mantine/core';
import { useState } from 'react';
import { ApiFailure } from '../../api/http.client';
import { useModels } from '../../api/models.api';
import { useAppTexts } from '../../app.texts';
import { FailureNotice } from '../../components/failure-notice';
import { ViewTitle } from '../../components/view-title';
import { useKey } from '../../session/key.store';
import { ConnectSettings, type KeySource } from './connect-settings';
import { useConnectTexts } from './connect.texts';
import { firstModel } from './models.policy';
import { SnippetBlock } from './snippet-block';
import { snippetGroups } from './snippets.translate';

/** Stands where a key belongs that this page does not know. */
const PLACEHOLDER = 'YOUR_KEY';

function sourceOf(key: string, error: Error | null): KeySource {
  if (error instanceof ApiFailure && error.status === 401) return 'placeholder';
  return key === '' ? 'none' : 'own';
}

function Snippets({ models, error }: { readonly models: readonly string[]; readonly error: Error | null }) {
  const t = useConnectTexts();
  const own = useKey(({ key }) => key);
  const [chosen, setChosen] = useState<string>();
  const [shown, setShown] = useState(false);
  const source = sourceOf(own, error);
  const key = { none: undefined, placeholder: PLACEHOLDER, own }[source];
  const model = chosen !== undefined && models.includes(chosen) ? chosen : firstModel(models);
  const { origin } = window.location;
  const groups = snippetGroups({ origin, key, model, question: t('question') });
  const settings = { origin, models: models.length > 0 ? models : [model], model, source, shown };
  return (
    <Stack>
      {error && <FailureNotice error={error} />}
      <ConnectSettings {...settings} setModel={setChosen} setShown={setShown} placeholder={PLACEHOLDER} />
      <Tabs defaultValue="openai" keepMounted={false}>
        <Tabs.List aria-label={t('clients')} mb="md">
          {groups.map(({ id, title }) => (
            <Tabs.Tab key={id} value={id}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {groups.map(({ id, title, snippets }) => (
          <Tabs.Panel key={id} value={id}>
            <Stack>
              {snippets.map((snippet) => (
                <SnippetBlock
                  key={snippet.id}
                  snippet={snippet}
                  group={title}
                  hidden={source === 'own' && !shown ? own : undefined}
                />
              ))}
            </Stack>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}

/** Snippets that connect a program with this gateway. */
export default function ConnectPage() {
  const app = useAppTexts();
  const t = useConnectTexts();
  const { data, error } = useModels();
  return (
    <>
      <ViewTitle title={app('connect')} about={t('about')} />
      {data || error ? (
        <Snippets models={data?.data.map(({ id }) => id) ?? []} error={error} />
      ) : (
        <Stack aria-busy="true" aria-label={t('loadingModels')} role="status">
          <Skeleton height={110} />
          <Skeleton height={280} />
        </Stack>
      )}
    </>
  );
}
