import { useState } from 'react';
import type { AgentPreset } from '~/graphql/gql/graphql.ts';
import { Field, Select } from '../ui/field.tsx';
import { usePresets } from './use-presets.ts';

/** Which of the well-known agents is to be run, and how that one is signed in. */
export function PresetField({ name, label, note }: { name: string; label: string; note?: string }) {
  const [chosen, setChosen] = useState<AgentPreset>('DEMO');
  const presets = usePresets();
  const signIn = presets.find(({ preset }) => preset === chosen)?.signIn;
  return (
    <Field label={label} hint={[signIn, note].filter(Boolean).join(' ')}>
      <Select name={name} value={chosen} onChange={(event) => setChosen(event.target.value as AgentPreset)}>
        {presets.map(({ preset, title }) => (
          <option key={preset} value={preset}>
            {title}
          </option>
        ))}
      </Select>
    </Field>
  );
}
