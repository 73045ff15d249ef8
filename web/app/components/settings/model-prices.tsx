import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { ModelPricesQuery } from '~/graphql/gql/graphql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { formText } from '~/lib/form-text.ts';
import { Button } from '../ui/button.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Field, Input } from '../ui/field.tsx';
import { MorePages } from '../ui/more-pages.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
import { PageState } from '../ui/page-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { showToast } from '../ui/toast-store.ts';
import { SettingsList, SettingsSection } from './settings-section.tsx';

const ModelPrices_Query = graphql(`
  query ModelPrices($after: String) {
    modelPrices(first: 100, after: $after) {
      nodes {
        id
        model
        validFrom
        inputUsd
        cachedInputUsd
        outputUsd
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const SetModelPrice_Mutation = graphql(`
  mutation SetModelPrice($input: SetModelPriceInput!) {
    setModelPrice(input: $input) {
      __typename
      ... on SetModelPricePayload {
        price {
          id
          inputUsd
          cachedInputUsd
          outputUsd
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const RemoveModelPrice_Mutation = graphql(`
  mutation RemoveModelPrice($input: RemoveModelPriceInput!) {
    removeModelPrice(input: $input) {
      __typename
      ... on RemoveModelPricePayload {
        price {
          id
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

type Prices = NonNullable<ModelPricesQuery['modelPrices']>;

/** What models cost. For administrators. */
export function ModelPrices() {
  const { data, error, refetch } = useLiveQuery(
    ModelPrices_Query,
    { after: null },
    { requestPolicy: 'cache-and-network' },
  );
  return (
    <SettingsSection
      title="Prices of models"
      text="US dollars for a million tokens, from a day of UTC on. They estimate the cost of runs that report tokens and no cost, by the name of the model in the agent's configuration. None come with OvermindOps: without a price such a cost is not known."
    >
      {data?.modelPrices ? (
        <PricesPart prices={data.modelPrices} onChange={refetch} />
      ) : error ? (
        <ErrorState title="The list could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : (
        <SkeletonLines count={2} label="Loading prices" />
      )}
      <AddPrice onDone={refetch} />
    </SettingsSection>
  );
}

function PricesPart({ prices, onChange }: { prices: Prices; onChange(): void }) {
  return (
    <>
      {prices.nodes.length > 0 ? (
        <SettingsList label="Prices">
          {prices.nodes.map((price) => (
            <PriceItem key={price.id} price={price} onChange={onChange} />
          ))}
        </SettingsList>
      ) : (
        <p className="text-dense text-muted">No price is known yet.</p>
      )}
      <MorePages pageInfo={prices.pageInfo} label="Show more prices">
        {(after) => <MorePrices after={after} onChange={onChange} />}
      </MorePages>
    </>
  );
}

function MorePrices({ after, onChange }: { after: string; onChange(): void }) {
  const { data, error, refetch } = useLiveQuery(ModelPrices_Query, { after });
  return data?.modelPrices ? (
    <PricesPart prices={data.modelPrices} onChange={onChange} />
  ) : (
    <PageState hasFailed={error !== undefined} label="Loading prices" onRetry={refetch} />
  );
}

function PriceItem({ price, onChange }: { price: Prices['nodes'][number]; onChange(): void }) {
  const [{ fetching }, removePrice] = useMutation(RemoveModelPrice_Mutation);
  const remove = async (): Promise<void> => {
    const failure = mutationFailure(await removePrice({ input: { priceId: price.id } }));
    if (failure) showToast({ kind: 'error', text: failure });
    onChange();
  };
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="font-mono text-dense wrap-anywhere">{price.model}</p>
        <p className="tabular text-xs text-muted">
          {`$${price.inputUsd} in, $${price.cachedInputUsd} in from the cache, $${price.outputUsd} out; from ${price.validFrom}`}
        </p>
      </div>
      <Button
        size="sm"
        variant="ghost"
        isBusy={fetching}
        aria-label={`Remove the price of ${price.model} from ${price.validFrom}`}
        onClick={() => void remove()}
      >
        Remove
      </Button>
    </li>
  );
}

const AMOUNTS = [
  { name: 'inputUsd', label: 'In' },
  { name: 'cachedInputUsd', label: 'In from the cache' },
  { name: 'outputUsd', label: 'Out' },
] as const;

function AddPrice({ onDone }: { onDone(): void }) {
  const [, setPrice] = useMutation(SetModelPrice_Mutation);
  const submit = async (fields: FormData, form: HTMLFormElement): Promise<string | null> => {
    const refused = mutationFailure(
      await setPrice({
        input: {
          model: formText(fields, 'model'),
          validFrom: formText(fields, 'validFrom'),
          inputUsd: Number(formText(fields, 'inputUsd')),
          cachedInputUsd: Number(formText(fields, 'cachedInputUsd')),
          outputUsd: Number(formText(fields, 'outputUsd')),
        },
      }),
    );
    if (!refused) {
      form.reset();
      onDone();
    }
    return refused;
  };
  return (
    <MutationForm className="mt-4 max-w-xl" onSubmit={submit} submitLabel="Set price">
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Model" hint="As the configuration of agents names it">
          <Input name="model" required maxLength={200} autoComplete="off" className="font-mono" />
        </Field>
        <Field label="From" hint="A day of UTC; the same day again corrects it">
          <Input name="validFrom" type="date" required />
        </Field>
      </div>
      <div className="grid grid-cols-3 gap-3">
        {AMOUNTS.map(({ name, label }) => (
          <Field key={name} label={label}>
            <Input name={name} type="number" min={0} step="any" required />
          </Field>
        ))}
      </div>
    </MutationForm>
  );
}
