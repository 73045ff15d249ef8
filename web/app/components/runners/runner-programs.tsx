import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { SettingsList, SettingsSection } from '../settings/settings-section.tsx';

const RunnerPrograms_RunnerFragment = graphql(`
  fragment RunnerPrograms_Runner on Runner {
    id
    revision
    programs {
      program
      title
      isInstalled
      version
      isSignedIn
      path
      problem
    }
  }
`);

/** Which agents this machine can run, as its runner has told at its start or when it last looked around. */
export function RunnerPrograms({ runner: masked }: { runner: FragmentType<typeof RunnerPrograms_RunnerFragment> }) {
  const { programs } = readFragment(RunnerPrograms_RunnerFragment, masked);
  if (programs === null) return null;
  return (
    <SettingsSection
      title="Agents"
      text="Programs that it can run as the user it runs as. Whether a log-in or a key still holds, a run tells."
    >
      <SettingsList label="Agents on this machine">
        {programs.map(({ program, title, isInstalled, version, isSignedIn, path, problem }) => (
          <li key={program} className="px-4 py-3">
            <p className={isInstalled ? 'font-medium' : 'text-muted'}>
              {isInstalled
                ? `${[title, version].filter(Boolean).join(' ')}, ${isSignedIn ? 'signed in' : 'no sign-in found'}`
                : `${title}, not installed`}
            </p>
            <p className="text-xs break-words text-muted">{path ?? problem}</p>
          </li>
        ))}
      </SettingsList>
    </SettingsSection>
  );
}
