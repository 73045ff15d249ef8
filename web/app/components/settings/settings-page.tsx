import { graphql } from '~/graphql/gql/gql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import type { Preferences } from '~/lib/preferences.ts';
import { useDocumentTitle } from '~/lib/use-document-title.ts';
import { usePreferences } from '~/lib/use-preferences.tsx';
import { PageBody, PageHeader } from '../frame/page-header.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { ChangePassword } from './change-password.tsx';
import { Deletions } from './deletions.tsx';
import { ModelPrices } from './model-prices.tsx';
import { People } from './people.tsx';
import { SettingsSection } from './settings-section.tsx';

export const Settings_Query = graphql(`
  query Settings {
    viewer {
      id
      email
      isAdmin
    }
  }
`);

export function SettingsPage() {
  useDocumentTitle('Settings');
  const { data, error, refetch } = useLiveQuery(Settings_Query, {});
  const { preferences, setPreferences } = usePreferences();
  const viewer = data?.viewer;
  return (
    <PageBody isNarrow>
      <PageHeader title="Settings" />
      {viewer ? (
        <>
          <SettingsSection title="Appearance" text="Remembered in this browser.">
            <Segmented<Preferences['theme']>
              label="Theme"
              value={preferences.theme}
              onChange={(theme) => setPreferences({ theme })}
              options={[
                { value: 'system', label: 'As the system' },
                { value: 'dark', label: 'Dark' },
                { value: 'light', label: 'Light' },
              ]}
            />
          </SettingsSection>
          <SettingsSection title="Account" text={`Signed in as ${viewer.email}.`}>
            <ChangePassword />
          </SettingsSection>
          {viewer.isAdmin ? (
            <>
              <People viewerId={viewer.id} />
              <ModelPrices />
              <Deletions projectId={null} />
            </>
          ) : null}
        </>
      ) : error ? (
        <ErrorState title="The settings could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : (
        <SkeletonLines count={8} label="Loading settings" />
      )}
    </PageBody>
  );
}
