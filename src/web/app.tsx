import { lazy, Suspense } from 'preact/compat';
import { useEffect } from 'preact/hooks';
import { Problem } from '../client/problem.js';
import { ModelSearch } from './models/model-search.js';
import { NeuronsView } from './neurons/neurons-view.js';
import { Select } from './parts/fields.js';
import { KeyForm } from './parts/key-form.js';
import { Failed, Waiting } from './parts/notices.js';
import type { Keys } from './service/keys.js';
import { ModelContext, usePage } from './state/context.js';
import { useFetched } from './state/fetched.js';
import {
  type Choice,
  fetchChoice,
  listChoices,
  listUnserved,
  type ModelList,
} from './state/models.js';
import type { Theme, ThemeName } from './state/theme.js';
import { StatusStrip } from './status/status-strip.js';

/** The view that needs a service that trains. */
const NEW_MODEL = 'new-model';

/** The views, by their names in the address. Those that are not of a model need none. */
const VIEWS = {
  neurons: { text: 'Neurons', ofModel: true, View: NeuronsView },
  stimulus: {
    text: 'Stimulus',
    ofModel: true,
    View: lazy(() => import('./stimulus/stimulus-view.js').then((m) => m.StimulusView)),
  },
  tuning: {
    text: 'Tuning',
    ofModel: true,
    View: lazy(() => import('./tuning/tuning-view.js').then((m) => m.TuningView)),
  },
  inside: {
    text: 'Interpretation',
    ofModel: true,
    View: lazy(() => import('./interpret/interpret-view.js').then((m) => m.InterpretView)),
  },
  jobs: {
    text: 'Jobs',
    ofModel: false,
    View: lazy(() => import('./jobs/jobs-view.js').then((m) => m.JobsView)),
  },
  [NEW_MODEL]: {
    text: 'New model',
    ofModel: false,
    View: lazy(() => import('./new-model/new-model-view.js').then((m) => m.NewModelView)),
  },
} as const;
type ViewName = keyof typeof VIEWS;

const THEMES: readonly (readonly [ThemeName, string])[] = [
  ['system', 'as the system'],
  ['light', 'light'],
  ['dark', 'dark'],
];
/** Names in a list to choose from; where there are more, the user searches. */
const LISTED = '50';
/** The page waits this long before it sends the request again to a service that is away or still loading. */
const RETRY_MS = 2000;

export function App({ keys, theme }: { readonly keys: Keys; readonly theme: Theme }) {
  const { service, address } = usePage();
  const list = useFetched(`models ${keys.key.value ?? ''}`, async (signal) => {
    const query = { limit: LISTED };
    return (await service.json(service.client.v1.models.$get({ query }, { init: { signal } })))
      .value;
  });
  const status = list.error instanceof Problem ? list.error.status : undefined;
  const comesBack = status === 0 || status === 503;
  useEffect(() => {
    if (!comesBack || list.waiting) return;
    const timer = setTimeout(list.reload, RETRY_MS);
    return () => clearTimeout(timer);
  });
  const choices = list.value ? listChoices(list.value) : [];
  const wanted = address.get('model');
  const listed =
    choices.find(({ id }) => id === wanted) ??
    choices.find(({ name, latest }) => latest && name === wanted);
  const isUnlisted = wanted !== '' && !listed && list.value?.next !== undefined;
  const unlisted = useFetched(isUnlisted ? `model ${wanted}` : null, (signal) =>
    fetchChoice(service, wanted, signal),
  );
  const isFetching = isUnlisted && !unlisted.value && !unlisted.error;
  const chosen = listed ?? unlisted.value ?? (isFetching ? undefined : choices[0]);
  const trains = list.value?.trains ?? false;
  const view = viewIn(address.get('view'), trains);
  const { ofModel } = VIEWS[view];
  return (
    <>
      <a class="skip" href="#view">
        Skip to the view
      </a>
      <header class="top">
        <h1>
          <a class="home" href="./" aria-label="Hypercolumn, start page">
            Hypercolumn
          </a>
        </h1>
        {chosen && (
          <ModelChoice choices={choices} chosen={chosen} isMany={list.value?.next !== undefined} />
        )}
        {(chosen || trains) && (
          <ViewTabs current={view} names={viewNames(chosen !== undefined, trains)} />
        )}
        <div class="theme">
          <Select
            label="Colours"
            value={theme.name.value}
            options={THEMES}
            onValue={theme.choose}
          />
        </div>
      </header>
      <main id="view" tabIndex={-1}>
        {list.error && status === 401 && <KeyForm keys={keys} wrong={keys.key.value !== null} />}
        {list.error && status !== 401 && <Failed error={list.error} retry={list.reload} />}
        {!list.error && (!list.value || isFetching) && <Waiting>Loading the models…</Waiting>}
        {list.value && !chosen && !isFetching && ofModel && <NoModel list={list.value} />}
        {list.value && !ofModel && <ViewOf name={view} />}
        {chosen && ofModel && <ChosenView choice={chosen} view={view} />}
      </main>
      {chosen && <StatusStrip engine={list.value!.engine} digest={chosen.digest} />}
    </>
  );
}

function ModelChoice({
  choices,
  chosen,
  isMany,
}: {
  readonly choices: readonly Choice[];
  readonly chosen: Choice;
  /** Whether there are more than the choices. */
  readonly isMany: boolean;
}) {
  const { address } = usePage();
  const choose = (id: string) => address.set({ model: id, neurons: '' }, true);
  if (isMany) return <ModelSearch label="Model" shown={chosen.id} onChoose={choose} />;
  return (
    <Select
      label="Model"
      value={chosen.id}
      options={choices.map(({ id }) => [id, id] as const)}
      onValue={choose}
    />
  );
}

function ViewTabs({
  current,
  names,
}: {
  readonly current: ViewName;
  readonly names: readonly ViewName[];
}) {
  const { address } = usePage();
  return (
    <nav class="tabs" aria-label="Views">
      {names.map((name) => (
        <a
          key={name}
          class="tab"
          href={`?${withView(address.values.value, name)}`}
          aria-current={name === current ? 'page' : undefined}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            address.set({ view: name }, true);
          }}
        >
          {VIEWS[name].text}
        </a>
      ))}
    </nav>
  );
}

function ChosenView({ choice, view }: { readonly choice: Choice; readonly view: ViewName }) {
  const { service } = usePage();
  const { name, version } = choice;
  const param = { model: name, version: String(version) };
  const card = useFetched(`card ${choice.id}`, async (signal) => {
    const route = service.client.v1.models[':model'].versions[':version'];
    return (await service.json(route.$get({ param }, { init: { signal } }))).value;
  });
  if (card.error) return <Failed error={card.error} retry={card.reload} />;
  if (!card.value || card.value.name !== name || card.value.version !== version) {
    return <Waiting>Loading the card of {choice.id}…</Waiting>;
  }
  return (
    <ModelContext.Provider
      value={{ name, version, card: card.value, param }}
      key={card.value.digest}
    >
      <ViewOf name={view} />
    </ModelContext.Provider>
  );
}

function ViewOf({ name }: { readonly name: ViewName }) {
  const { View } = VIEWS[name];
  return (
    <Suspense fallback={<Waiting>Loading the view…</Waiting>}>
      <View />
    </Suspense>
  );
}

function NoModel({ list }: { readonly list: ModelList }) {
  const unserved = listUnserved(list);
  return (
    <div class="notice warn">
      {list.trains ? (
        <p>
          No model is served yet. <a href={`?view=${NEW_MODEL}`}>Make one of a recording.</a>
        </p>
      ) : (
        <p>
          No model is served yet. Train one on your recording with <code>npm run train</code> (see
          the README). Then restart the service, or send it the signal HUP.
        </p>
      )}
      {unserved.map(({ id, reason }) => (
        <p key={id}>
          {id} is not served: {reason}
        </p>
      ))}
    </div>
  );
}

/** The views that can be shown, in order. */
function viewNames(hasModel: boolean, trains: boolean): ViewName[] {
  const names = Object.keys(VIEWS) as ViewName[];
  return names.filter((name) => (name === NEW_MODEL ? trains : hasModel || !VIEWS[name].ofModel));
}

function viewIn(name: string, trains: boolean): ViewName {
  return viewNames(true, trains).find((each) => each === name) ?? 'neurons';
}

function withView(values: URLSearchParams, view: string): URLSearchParams {
  const next = new URLSearchParams(values);
  next.set('view', view);
  return next;
}
