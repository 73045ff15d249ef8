import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { spendText } from '~/lib/spend-text.ts';
import { SpendFigures_SpendFragment } from '../spend/spend-figures.ts';
import { MutationForm } from '../ui/mutation-form.tsx';
import { CapsFields, capsIn } from './caps-fields.tsx';

export const AgentCaps_AgentFragment = graphql(`
  fragment AgentCaps_Agent on Agent {
    id
    revision
    caps {
      perDay {
        runs
        wallSeconds
        tokens
        costUsd
      }
    }
    spend {
      ...SpendFigures_Spend
    }
  }
`);

/** What an agent has used in the last seven days. */
export function AgentSpend({ agent: masked }: { agent: FragmentType<typeof AgentCaps_AgentFragment> }) {
  const spend = readFragment(SpendFigures_SpendFragment, readFragment(AgentCaps_AgentFragment, masked).spend);
  return (
    <p className="tabular text-xs text-muted">
      {spend.runs === 0 ? 'Nothing was spent in the last 7 days.' : `Last 7 days: ${spendText(spend)}`}
    </p>
  );
}

/** What an agent may use on a day. */
export function AgentCapsForm({
  agent: masked,
  refusal,
  onCancel,
  onSave,
}: {
  agent: FragmentType<typeof AgentCaps_AgentFragment>;
  refusal: string | undefined;
  onCancel(): void;
  onSave(caps: { perDay: ReturnType<typeof capsIn> }): Promise<string | null>;
}) {
  const { caps } = readFragment(AgentCaps_AgentFragment, masked);
  return (
    <MutationForm
      onSubmit={(fields) => onSave({ perDay: capsIn(fields, 'perDay') })}
      submitLabel="Save"
      refusal={refusal}
      cancel={{ label: 'Cancel', onClick: onCancel }}
    >
      <CapsFields name="perDay" legend="On a day of UTC" caps={caps.perDay} />
    </MutationForm>
  );
}
