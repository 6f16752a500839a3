import { useId, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { ExpectedSeconds } from '../../datasets/expected-times.js';
import type { TrainRequest } from '../../datasets/train-request.js';
import { CheckField, NumberField, Segments, TextField } from '../parts/fields.js';
import { Failed, FetchedView } from '../parts/notices.js';
import { usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { modelName, type RecipeRow, recipeRows } from './recipe-rows.js';

type TrainBody = z.input<typeof TrainRequest>;
type Select = NonNullable<TrainBody['select']>;

const SELECT: readonly (readonly [Select, string])[] = [
  ['validation', 'the validation images'],
  ['heldout', 'images held out of training'],
];
const ABOUT_SELECT: Readonly<Record<Select, string>> = {
  validation:
    'All training images are trained on. CORR is measured on the images that the epoch is chosen on, so it is a little too high.',
  heldout:
    'Some training images are not trained on, and the epoch is chosen on them. CORR on the validation images is then not too high.',
};
const ALLOW = [
  ['allowFew', 'Too few images for a meaningful CORR'],
  ['allowShared', 'Validation images that are training images too'],
  ['allowBrightness', 'Training and validation images of unlike mean gray'],
  ['allowBlank', 'Images of one gray all over'],
] as const;

interface TrainFormProps {
  /** The digest of the dataset. */
  readonly dataset: string;
  /** Its name. */
  readonly name: string;
  /** Of each recipe; null where the times are not known. */
  readonly expectedSeconds: Readonly<ExpectedSeconds> | null;
}

/** Chooses a recipe and starts a training. */
export function TrainForm({ dataset, name: datasetName, expectedSeconds }: TrainFormProps) {
  const { service, address } = usePage();
  const [name, setName] = useState(modelName(datasetName));
  const [recipe, setRecipe] = useState('');
  const [epochs, setEpochs] = useState<number | null>(null);
  const [members, setMembers] = useState<number | null>(null);
  const [select, setSelect] = useState<Select>('validation');
  const [allowed, setAllowed] = useState<Partial<Record<(typeof ALLOW)[number][0], boolean>>>({});
  const [state, setState] = useState<{ readonly busy: boolean; readonly error?: Error }>({
    busy: false,
  });
  const recipes = useFetched('recipes', async (signal) => {
    const pending = service.client.v1.recipes.$get({}, { init: { signal } });
    return (await service.json(pending)).value.recipes;
  });
  const rows = recipeRows(recipes.value ?? [], expectedSeconds, epochs, members ?? 1);
  const chosen = rows.find((row) => row.name === recipe && row.fits) ?? rows.find(isFitting);
  const start = async (event: Event) => {
    event.preventDefault();
    if (chosen === undefined) return;
    setState({ busy: true });
    try {
      const route = service.client.v1.datasets[':digest'].train;
      const numbers = { ...(epochs !== null && { epochs }), ...(members !== null && { members }) };
      const json = { name, select, ...allowed, ...numbers, recipe: chosen.name };
      const pending = route.$post({ param: { digest: dataset }, json });
      address.set({ train: (await service.json(pending)).value.id }, true);
      setState({ busy: false });
    } catch (error) {
      setState({ busy: false, error: error as Error });
    }
  };
  return (
    <form class="train-form" onSubmit={(event) => void start(event)}>
      <FetchedView fetched={recipes} waiting="Loading the recipes…">
        {() => <Recipes rows={rows} chosen={chosen?.name ?? ''} onChoose={setRecipe} />}
      </FetchedView>
      {rows.length > 0 && chosen === undefined && (
        <p class="notice warn">
          No recipe takes these images. They must be gray, and have at least 24 x 24 pixels. Open
          "Correct it" to change them.
        </p>
      )}
      <div class="row fields">
        <div>
          <TextField label="Name of the model" value={name} onValue={setName} />
          <NextVersion name={name} />
        </div>
        <NumberField
          label="Epochs"
          value={epochs}
          step={1}
          min={1}
          placeholder="as the recipe"
          onValue={setEpochs}
        />
        <NumberField
          label="Members"
          value={members}
          step={1}
          min={2}
          max={32}
          placeholder="one model"
          onValue={setMembers}
        />
      </div>
      <div>
        <span class="quiet">Each neuron keeps its best epoch, on </span>
        <Segments
          label="The images on which the best epoch is chosen"
          value={select}
          options={SELECT}
          onValue={setSelect}
        />
        <p class="quiet about">{ABOUT_SELECT[select]}</p>
      </div>
      {members !== null && (
        <p class="quiet about">
          The members are trained one after another and become one model, whose response is their
          mean.
          {select === 'heldout' && ' Its card says how far responses lie from predictions.'}
        </p>
      )}
      <details>
        <summary>Train nevertheless with</summary>
        {ALLOW.map(([each, label]) => (
          <CheckField
            key={each}
            label={label}
            value={allowed[each] ?? false}
            onValue={(on) => setAllowed({ ...allowed, [each]: on })}
          />
        ))}
      </details>
      <div class="row">
        <button type="submit" class="primary" disabled={state.busy || chosen === undefined}>
          Train
        </button>
      </div>
      {state.error && <Failed error={state.error} />}
    </form>
  );
}

function isFitting({ fits }: RecipeRow): boolean {
  return fits;
}

interface RecipesProps {
  readonly rows: readonly RecipeRow[];
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}

function Recipes({ rows, chosen, onChoose }: RecipesProps) {
  const group = useId();
  return (
    <fieldset class="recipes">
      <legend>Recipe: what predicts each neuron, and how long it trains on this machine</legend>
      {rows.map(({ name, text, time, fits }) => (
        <label key={name} class="recipe">
          <input
            type="radio"
            name={group}
            value={name}
            checked={name === chosen}
            disabled={!fits}
            onChange={() => onChoose(name)}
          />
          <span>
            <code>{name}</code> {text}
          </span>
          <span class={fits ? 'time' : 'time quiet'}>{time}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Says which version of its name the model becomes. */
function NextVersion({ name }: { readonly name: string }) {
  const { service } = usePage();
  const found = useFetched(name === '' ? null : `versions of ${name}`, async (signal) => {
    const query = { search: name };
    const pending = service.client.v1.models.$get({ query }, { init: { signal } });
    const { models } = (await service.json(pending)).value;
    return models.find((model) => model.name === name)?.versions ?? [];
  });
  const next = 1 + Math.max(0, ...(found.value ?? []).map(({ version }) => version));
  return (
    <span class="quiet about">
      Letters, digits, ".", "_" and "-". {found.value && `It becomes version ${next}.`}
    </span>
  );
}
