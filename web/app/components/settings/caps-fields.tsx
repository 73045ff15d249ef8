import { formText } from '~/lib/form-text.ts';
import { Field, Input } from '../ui/field.tsx';

interface Caps {
  runs: number | null;
  wallSeconds: number | null;
  tokens: number | null;
  costUsd: number | null;
}

const MINUTE_S = 60;
const FIELDS = [
  { name: 'runs', label: 'Runs', min: 1, step: 1 },
  { name: 'minutes', label: 'Minutes', min: 1, step: 'any' },
  { name: 'tokens', label: 'Tokens', min: 1, step: 1 },
  { name: 'costUsd', label: 'US dollars', min: 0.01, step: 'any' },
] as const;

/** Four caps, each of which may be left empty. @param name what stands before the names of its fields */
export function CapsFields({ name: prefix, legend, caps }: { name: string; legend: string; caps: Caps }) {
  const values = { ...caps, minutes: caps.wallSeconds === null ? null : caps.wallSeconds / MINUTE_S };
  return (
    <fieldset>
      <legend className="mb-2 text-dense font-medium">{legend}</legend>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        {FIELDS.map(({ name, label, min, step }) => (
          <Field key={name} label={label}>
            <Input
              name={`${prefix}.${name}`}
              type="number"
              min={min}
              step={step}
              placeholder="No cap"
              defaultValue={values[name] ?? ''}
            />
          </Field>
        ))}
      </div>
    </fieldset>
  );
}

/** What was written into the fields of that name; an empty one is no cap. */
export function capsIn(fields: FormData, prefix: string): Caps {
  const minutes = numberIn(fields, `${prefix}.minutes`);
  return {
    runs: numberIn(fields, `${prefix}.runs`),
    wallSeconds: minutes === null ? null : Math.max(1, Math.round(minutes * MINUTE_S)),
    tokens: numberIn(fields, `${prefix}.tokens`),
    costUsd: numberIn(fields, `${prefix}.costUsd`),
  };
}

/** Null: left empty. */
export function numberIn(fields: FormData, name: string): number | null {
  const text = formText(fields, name);
  return text === '' ? null : Number(text);
}
