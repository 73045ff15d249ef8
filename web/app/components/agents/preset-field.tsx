import { useState } from 'react';
import type { AgentPreset } from '~/graphql/gql/graphql.ts';
import { Field, Select } from '../ui/field.tsx';
import { presetLabel, usePresets } from './use-presets.ts';

/** Which of the well-known agents is to be run, and how that one is signed in. */
export function PresetField({
  projectId,
  name,
  label,
  note,
}: {
  /** Whose runners are to have it; null: any. */
  projectId: string | null;
  name: string;
  label: string;
  note?: string;
}) {
  const [chosen, setChosen] = useState<AgentPreset>('DEMO');
  const presets = usePresets(projectId);
  const signIn = presets.find(({ preset }) => preset === chosen)?.signIn;
  return (
    <Field label={label} hint={[signIn, note].filter(Boolean).join(' ')}>
      <Select name={name} value={chosen} onChange={(event) => setChosen(event.target.value as AgentPreset)}>
        {presets.map((preset) => (
          <option key={preset.preset} value={preset.preset}>
            {presetLabel(preset)}
          </option>
        ))}
      </Select>
    </Field>
  );
}
